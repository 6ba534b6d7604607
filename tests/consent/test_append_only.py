"""Append-only tables: refused by the model, and by the database to whoever comes past the model."""

import hashlib
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from consent.append_only import AppendOnly, AppendOnlyQuerySet, brick_up, guards
from consent.apps import append_only_tables
from consent.errors import KeptForever
from consent.models import LedgerCheckpoint, LedgerEvent, LedgerOpening
from tests.unsafe import standing_triggers, unsafe_drop_triggers

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
EVENTS = LedgerEvent._meta.db_table


def written() -> LedgerEvent:
    return LedgerEvent.objects.create(
        kind="test:row:written", at=AT, commitment=hashlib.sha256(b"x").digest()
    )


def resave(event):
    event.kind = "test:row:changed"
    event.save()


def save_as_new_under_the_same_key(event):
    LedgerEvent(id=event.id, kind="test:row:changed", at=AT, commitment=b"").save()


ATTEMPTS = {
    "save": resave,
    "save some fields": lambda e: e.save(update_fields=["kind"]),
    "save, forced": lambda e: e.save(force_update=True),
    "save_base": lambda e: e.save_base(raw=True),
    "delete": lambda e: e.delete(),
    "queryset update": lambda e: LedgerEvent.objects.filter(id=e.id).update(kind="a"),
    "queryset delete": lambda e: LedgerEvent.objects.all().delete(),
    "erase, where nobody's rows go": lambda e: LedgerEvent.objects.filter(id=e.id).erase(),
    "raw delete": lambda e: LedgerEvent.objects.all()._raw_delete(using=None),
    "inner update": lambda e: LedgerEvent.objects.all()._update([]),
    "base manager": lambda e: LedgerEvent._base_manager.filter(id=e.id).update(kind="a"),
    "related manager": lambda e: type(e).objects.filter(opening=None).update(kind="a"),
    "bulk_update": lambda e: LedgerEvent.objects.bulk_update([e], ["kind"]),
    "update_or_create": lambda e: LedgerEvent.objects.update_or_create(id=e.id, defaults={"kind": "a"}),
    "bulk_create, changing": lambda e: LedgerEvent.objects.bulk_create(
        [e], update_conflicts=True, update_fields=["kind"], unique_fields=["id"]
    ),
    "bulk_create, skipping": lambda e: LedgerEvent.objects.bulk_create([e], ignore_conflicts=True),
}


@pytest.mark.django_db
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_the_model_refuses_to_change_or_remove_a_row(attempt):
    event = written()
    with pytest.raises(KeptForever, match="keeps what was written"), transaction.atomic():
        attempt(event)
    assert LedgerEvent.objects.get().kind == "test:row:written"


@pytest.mark.django_db
def test_a_row_under_a_key_that_is_taken_is_refused_and_replaces_nothing():
    event = written()
    with pytest.raises(IntegrityError), transaction.atomic():
        save_as_new_under_the_same_key(event)
    assert LedgerEvent.objects.get().kind == "test:row:written"


@pytest.mark.django_db
def test_the_async_spellings_are_refused_too():
    rows = LedgerEvent.objects.all()
    for verb, given in (
        (rows.aupdate, {"kind": "a"}),
        (rows.adelete, {}),
        (rows.aupdate_or_create, {"id": 1}),
    ):
        with pytest.raises(KeptForever):
            async_to_sync(verb)(**given)


@pytest.mark.django_db
def test_new_rows_come_in_by_every_ordinary_way():
    LedgerEvent(kind="a:b:c", at=AT, commitment=b"").save()
    LedgerEvent.objects.bulk_create([LedgerEvent(kind="a:b:c", at=AT, commitment=b"") for _ in range(3)])
    LedgerEvent.objects.get_or_create(kind="a:b:d", defaults={"at": AT, "commitment": b""})
    LedgerCheckpoint(size=1, root=b"", frontier=b"", note="", at=AT).save()  # a key given beforehand
    assert (LedgerEvent.objects.count(), LedgerCheckpoint.objects.count()) == (5, 1)


@pytest.mark.django_db
def test_a_dump_can_be_loaded_into_an_empty_table_but_not_over_a_row():
    event = LedgerEvent(id=77, kind="a:b:c", at=AT, commitment=b"")
    for loaded in serializers.deserialize("json", serializers.serialize("json", [event])):
        loaded.save()
    assert LedgerEvent.objects.get().id == 77
    for loaded in serializers.deserialize("json", serializers.serialize("json", [event])):
        with pytest.raises(IntegrityError), transaction.atomic():
            loaded.save()


COLUMNS = "(id, uid, kind, at, commitment)"
STATEMENTS = {
    "update": "UPDATE {t} SET kind = 'x'",
    "update to the same": "UPDATE {t} SET kind = kind",
    "delete": "DELETE FROM {t}",
    "upsert": "INSERT INTO {t} {c} SELECT * FROM {t} WHERE true ON CONFLICT (id) DO UPDATE SET kind = 'x'",
    "replace the key": "INSERT OR REPLACE INTO {t} {c} SELECT id, 'f', 'x', at, commitment FROM {t}",
    "replace what is unique": "INSERT OR REPLACE INTO {t} {c} SELECT 99, uid, 'x', at, commitment FROM {t}",
    "replace into": "REPLACE INTO {t} {c} SELECT id, uid, 'x', at, commitment FROM {t}",
    "truncate": "TRUNCATE {t} CASCADE",
    "merge": "MERGE INTO {t} USING (SELECT 1) AS one ON true WHEN MATCHED THEN UPDATE SET kind = 'x'",
    "replica": "SET LOCAL session_replication_role = replica; DELETE FROM {t}",
}
STATEMENTS = {name: sql.format(t=EVENTS, c=COLUMNS) for name, sql in STATEMENTS.items()}
SPEAKS_ONLY = {
    "sqlite": {"replace the key", "replace what is unique", "replace into"},
    "postgresql": {"truncate", "merge", "replica"},
}


def skip_other_dialects(name: str) -> None:
    for vendor, names in SPEAKS_ONLY.items():
        if name in names and vendor != connection.vendor:
            pytest.skip(f"only {vendor} knows this statement")


@pytest.mark.server
@pytest.mark.django_db
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_database_refuses_to_change_or_remove_a_row(name):
    skip_other_dialects(name)
    event = written()
    with pytest.raises(DatabaseError, match="keeps what was written"), transaction.atomic():  # noqa: SIM117
        with connection.cursor() as cursor:
            cursor.execute(STATEMENTS[name])
    event.refresh_from_db()
    assert (event.kind, LedgerEvent.objects.count()) == ("test:row:written", 1)


@pytest.mark.server
@pytest.mark.django_db
@pytest.mark.parametrize("name", STATEMENTS)
def test_without_the_fence_the_same_statement_does_its_harm(name):
    """The test above has teeth: it is the trigger that refuses, not the statement that is wrong."""
    skip_other_dialects(name)
    before = written()
    unsafe_drop_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[name])
    harmed = name != "update to the same"
    assert LedgerEvent.objects.filter(id=before.id, kind=before.kind).exists() is not harmed


def test_every_append_only_model_is_known_and_bears_the_mark():
    tables = {m._meta.db_table for m in apps.get_models() if issubclass(m, AppendOnly)}
    assert tables == set(append_only_tables())
    assert {LedgerEvent._meta.db_table, LedgerOpening._meta.db_table, "consent_statement"} <= tables


@pytest.mark.server
@pytest.mark.django_db
def test_the_fence_stands_around_every_append_only_table():
    for table in append_only_tables():
        names = standing_triggers(connection, table)
        assert {f"{table}_refuses_update", f"{table}_refuses_delete"} <= names, (
            f"Nothing in the database keeps the rows of {table}: run `manage.py migrate`."
        )


@pytest.mark.server
@pytest.mark.django_db
def test_bricking_up_twice_changes_nothing_and_mends_what_was_weakened():
    before = {table: standing_triggers(connection, table) for table in append_only_tables()}
    brick_up(connection, append_only_tables())
    assert {table: standing_triggers(connection, table) for table in append_only_tables()} == before
    weakened = {
        "sqlite": (
            f'DROP TRIGGER "{EVENTS}_refuses_delete"',
            f'CREATE TRIGGER "{EVENTS}_refuses_delete" BEFORE DELETE ON {EVENTS} WHEN 0 BEGIN SELECT 1; END',
        ),
        "postgresql": (f'ALTER TABLE {EVENTS} DISABLE TRIGGER "{EVENTS}_refuses_delete"',),
    }
    with connection.cursor() as cursor:
        for sql in weakened[connection.vendor]:
            cursor.execute(sql)
    brick_up(connection, append_only_tables())
    written()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STATEMENTS["delete"])


@pytest.mark.django_db
def test_a_table_that_is_not_there_yet_is_passed_over():
    brick_up(connection, {"consent_not_there_yet": ""})
    assert standing_triggers(connection, "consent_not_there_yet") == set()


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_the_fence_stands_again_after_a_table_was_rebuilt():
    before = standing_triggers(connection, EVENTS)
    narrow = LedgerEvent._meta.get_field("kind")
    wide = models.CharField(max_length=120)
    wide.set_attributes_from_name("kind")
    wide.model = LedgerEvent
    try:
        with connection.schema_editor() as editor:
            editor.alter_field(LedgerEvent, narrow, wide, strict=True)
            editor.remove_index(LedgerEvent, LedgerEvent._meta.indexes[0])
            editor.add_index(LedgerEvent, LedgerEvent._meta.indexes[0])
            if connection.vendor == "sqlite":
                editor._remake_table(LedgerEvent)
        if connection.vendor == "sqlite":
            assert standing_triggers(connection, EVENTS) == set(), "this test has lost its point"
    finally:
        call_command("migrate", verbosity=0, run_syncdb=True)
    assert standing_triggers(connection, EVENTS) == before
    with connection.schema_editor() as editor:
        editor.alter_field(LedgerEvent, wide, narrow, strict=True)
    call_command("migrate", verbosity=0, run_syncdb=True)
    assert standing_triggers(connection, EVENTS) == before


@pytest.mark.server
@pytest.mark.django_db
def test_a_migrate_that_has_nothing_to_do_puts_the_fence_up_again():
    unsafe_drop_triggers(connection)
    assert standing_triggers(connection, EVENTS) == set()
    call_command("migrate", verbosity=0)
    assert {f"{EVENTS}_refuses_update", f"{EVENTS}_refuses_delete"} <= standing_triggers(connection, EVENTS)


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_flushing_between_tests_leaves_an_empty_table_behind_a_standing_fence():
    written()
    call_command("flush", verbosity=0, interactive=False)
    assert LedgerEvent.objects.count() == 0
    assert standing_triggers(connection, EVENTS)


def test_another_kind_of_database_is_refused_rather_than_left_open():
    with pytest.raises(ValueError, match="no fence for 'oracle'"):
        guards("oracle", "t")


def test_a_name_with_a_quote_in_it_stays_a_name():
    assert all('"a""b' in sql for sql in guards("sqlite", 'a"b', [("x",)]))


def test_a_manager_that_could_change_rows_is_reported_by_the_system_check():
    assert LedgerEvent.check() == []

    class Holed(AppendOnly):
        loose = models.Manager()

        class Meta:
            app_label = "consent"
            managed = False

    try:
        assert "Holed.loose can change rows" in " ".join(str(found) for found in Holed.check())
        assert not isinstance(Holed.loose.get_queryset(), AppendOnlyQuerySet)
    finally:
        del apps.all_models["consent"]["holed"]
        apps.clear_cache()
