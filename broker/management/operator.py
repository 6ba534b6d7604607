"""What every command of an operator is: it works on a house whose database answers and has all its tables.

Commands that make the tables themselves (up, demo), or that need no house, are plain commands of Django.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor


class OperatorCommand(BaseCommand):
    """A command for whoever runs the house. Ends with a sentence and exit code 1 where it cannot begin."""

    allowed = "operator"

    def execute(self, *args: Any, **options: Any) -> str | None:
        require_tables()
        return super().execute(*args, **options)


def require_tables() -> None:
    """Raise CommandError unless the database answers and is as this version of the house needs it."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as trouble:
        raise CommandError(
            f"The database does not answer ({str(trouble).strip()}). Nothing was done; see that it runs and "
            "that DATABASE_URL names it, and try again."
        ) from None
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} steps of this version of the house. Nothing was done; make a "
            "backup, run `manage.py migrate`, and try again."
        )
