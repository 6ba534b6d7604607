"""The fence in the database: triggers that refuse UPDATE and DELETE on tables that only grow.

They stop mistakes, ours and Django's, and every SQL session that does not take the fence down first; who
does is found by the ledger's tree. SQLite drops a table's triggers when it rebuilds the table, so they are
put up again after every migrate (consent.apps). The models that ask for it are in consent.append_only.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

FUNCTION = "consent_kept_forever"  # one function of PostgreSQL's serves every table


def guards(
    vendor: str, table: str, unique: Iterable[tuple[str, ...]] = (), erasable: str = ""
) -> tuple[str, ...]:
    """The SQL, one statement each, that puts the fence around `table`; it may be run again at any time.

    `unique` names the groups of columns that identify a row. SQLite's INSERT OR REPLACE removes rows
    without firing a delete trigger, so there each group gets a guard of its own. `erasable` is a condition on
    OLD by which a row is an erased person's: such a row may be deleted, and no other.
    """
    if vendor == "sqlite":
        return tuple(_sqlite(table, unique, erasable))
    if vendor == "postgresql":
        return tuple(_postgresql(table, erasable))
    raise ValueError(
        f"There is no fence for {vendor!r} databases, so {table} would not be safe there. Nothing was "
        "changed; use SQLite or PostgreSQL."
    )


def brick_up(connection: BaseDatabaseWrapper, tables: Mapping[str, str]) -> None:
    """Put the fence around every one of `tables` that exists; each comes with what is erasable of it. Doing
    it twice changes nothing."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        standing = set(connection.introspection.table_names(cursor))
        for table in sorted(standing.intersection(tables)):
            constraints = connection.introspection.get_constraints(cursor, table).values()
            unique = {tuple(c["columns"]) for c in constraints if c["primary_key"] or c["unique"]}
            for sql in guards(connection.vendor, table, sorted(unique), tables[table]):
                cursor.execute(sql)


def _sqlite(table: str, unique: Iterable[tuple[str, ...]], erasable: str) -> Iterable[str]:
    for verb in ("UPDATE", "DELETE"):
        unless = f" WHEN NOT ({erasable})" if erasable and verb == "DELETE" else ""
        yield from _sqlite_trigger(table, verb.lower(), f"BEFORE {verb} ON {_name(table)}{unless}", verb)
    for columns in unique:
        same = " AND ".join(f"{_name(column)} = NEW.{_name(column)}" for column in columns)
        yield from _sqlite_trigger(
            table,
            f"replace_{'_'.join(columns)}",
            f"BEFORE INSERT ON {_name(table)} WHEN EXISTS (SELECT 1 FROM {_name(table)} WHERE {same})",  # noqa: S608
            "a second row for the same key",
        )


def _sqlite_trigger(table: str, what: str, when: str, verb: str) -> Iterable[str]:
    trigger = _name(f"{table}_refuses_{what}")
    # Dropped first: a trigger of this name that somebody has weakened must not stay.
    yield f"DROP TRIGGER IF EXISTS {trigger}"
    yield f"CREATE TRIGGER {trigger} {when} BEGIN SELECT RAISE(ABORT, {_text(_sentence(table, verb))}); END"


def _postgresql(table: str, erasable: str) -> Iterable[str]:
    sentence = _sentence("%", "%")
    yield (
        f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION {_text(sentence)}, TG_TABLE_NAME, TG_OP "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    if erasable:
        yield (
            f"CREATE OR REPLACE FUNCTION {_name(f'{FUNCTION}_{table}')}() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN IF {erasable} THEN RETURN OLD; END IF; "
            f"RAISE EXCEPTION {_text(sentence)}, TG_TABLE_NAME, TG_OP "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    for verb, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        trigger = _name(f"{table}_refuses_{verb.lower()}")
        function = _name(f"{FUNCTION}_{table}") if erasable and verb == "DELETE" else FUNCTION
        yield (
            f"CREATE OR REPLACE TRIGGER {trigger} BEFORE {verb} ON {_name(table)} "
            f"FOR EACH {each} EXECUTE FUNCTION {function}()"
        )
        # ALWAYS: session_replication_role = replica does not switch it off.
        yield f"ALTER TABLE {_name(table)} ENABLE ALWAYS TRIGGER {trigger}"


def _sentence(table: str, verb: str) -> str:
    return f"{table} keeps what was written: {verb} is refused. Nothing was changed; write a new row instead."


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"
