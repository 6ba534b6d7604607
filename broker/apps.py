"""Django's name for this floor. After every migrate the claims' functions are put up again; at start every
text field learns what it refuses."""

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate

from broker import turned_text
from broker.walls import lease_functions


def put_up_claims(*, using: str, **_signal: object) -> None:
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if {"broker_job", "broker_upload"} <= set(connection.introspection.table_names(cursor)):
            for one in lease_functions.ALL:
                cursor.execute(one)


class BrokerConfig(AppConfig):
    name = "broker"

    def ready(self) -> None:
        # Sent once for each app, and only after all migrations of all apps: once is enough.
        post_migrate.connect(put_up_claims, sender=self, dispatch_uid="broker: the claims")
        turned_text.refuse_everywhere()
