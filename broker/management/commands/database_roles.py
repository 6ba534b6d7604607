"""manage.py database_roles: the logins of each process into PostgreSQL, and the walls between them."""

import argparse
import os
import re
from typing import Any

from django.core.management.base import CommandError
from django.db import Error, connection, transaction

from broker.management.operator import OperatorCommand
from broker.walls import building
from broker.walls.building import Names
from broker.walls.tables import POLICED, TABLES, Login

PASSWORD = "DATABASE_PASSWORD_"  # noqa: S105 - how the variables begin: DATABASE_PASSWORD_WEB ...


class Command(OperatorCommand):
    help = (
        "Put up the walls in PostgreSQL: a login each for web, worker, sequencer, auditor and keeper, what "
        "each may do, and row-level security. Run it as the owner of the tables, after every migrate."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--prefix", default="tali", help="how the roles' names begin (default: tali)")
        parser.add_argument("--show", action="store_true", help="print the SQL, and change nothing")
        parser.add_argument(
            "--down",
            action="store_true",
            help="let the owner see behind the walls, for a migration; without this they stand again",
        )

    def handle(self, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(
                "Only PostgreSQL has logins and row-level security; this house keeps its rows in "
                f"{connection.display_name}. Nothing was done."
            )
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", options["prefix"]):
            raise CommandError(
                "A prefix is made of a-z, 0-9 and _, and begins with a letter. Nothing was done."
            )
        names = Names(options["prefix"])
        statements = list(building.down() if options["down"] else self._up(names))
        if options["show"]:
            for one in statements:
                self.stdout.write(f"{one};")
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for one in statements:
                    cursor.execute(one)
                told = [] if options["down"] else self._passwords(cursor, names)
        except Error as trouble:
            raise CommandError(
                f"The database refused ({str(trouble).strip()}). Nothing was changed; log in as the owner of "
                "the tables with CREATEROLE, or the first time as a superuser."
            ) from None
        if options["down"]:
            self.stdout.write(
                "The owner sees behind the walls. Run this again without --down after migrating."
            )
            return
        self.stdout.write(f"The walls stand: rights on {len(TABLES)} tables, rows of {len(POLICED)} policed.")
        for line in told:
            self.stdout.write(line)

    def _up(self, names: Names) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_database(), current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            database, user, is_superuser = cursor.fetchone()
            # A superuser is stopped by no wall, so it keeps no table.
            owner = names.owner if is_superuser else f'"{user}"'
            tables = connection.introspection.table_names(cursor)
        return list(building.up(names, database=database, owner=owner, tables=tables))

    def _passwords(self, cursor: Any, names: Names) -> list[str]:
        told = [self._password(cursor, names.of(login), login) for login in Login]
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [building.bare(names.owner)])
        if cursor.fetchone():
            told.append(self._password(cursor, names.owner, "owner"))
        return told

    def _password(self, cursor: Any, role: str, whose: str) -> str:
        """Set it from the environment. What is sent is a verifier, so that no log of the server holds it."""
        variable = f"{PASSWORD}{whose.upper()}"
        given = os.environ.get(variable, "")
        if not given:
            return f"{role}: {variable} is not set, so its password is as it was"
        server = cursor.connection.pgconn
        name = building.bare(role).encode()
        verifier = server.encrypt_password(given.encode(), name, b"scram-sha-256").decode()
        cursor.execute(f"ALTER ROLE {role} PASSWORD '{verifier}'")
        return f"{role}: its password is that of {variable}"
