"""Django's name for this floor. After every migrate the fence around append-only tables is put up again."""

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate

from consent.triggers import brick_up


def append_only_tables() -> dict[str, str]:
    """The tables of every append-only model of any installed app, and which of their rows are an erased
    person's (AppendOnly.erasable)."""
    models = apps.get_models(include_auto_created=True)
    kept = (m for m in models if getattr(m, "append_only", False) and m._meta.managed)
    return {m._meta.db_table: getattr(m, "erasable", "") for m in kept}


def put_up_fence(*, using: str, **_signal: object) -> None:
    brick_up(connections[using], append_only_tables())


class ConsentConfig(AppConfig):
    name = "consent"

    def ready(self) -> None:
        # Sent once for each app, and only after all migrations of all apps: once is enough.
        post_migrate.connect(put_up_fence, sender=self, dispatch_uid="consent: the fence")
