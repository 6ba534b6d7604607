"""Consent turned round behind the house's back: is anything released on it, and does anybody hear of it?

    python -m tests.bench.flips [--database URL] [--people 40]

An attacker has the database and its password, and none of the keys. In turn: every consent is turned to yes
by SQL (as happened to a large service in July 2020); statements are inserted; withdrawals are deleted, with
and without the marks of when; an older database is put back beside the newer checkpoint; a genuine older yes,
seal and all, is copied over the withdrawal that came after it. After each a job is run by a process that
remembers nothing, and the auditor's walk goes round. Then the house is put back as it was, and answers again:
what refuses everything would find these easy. Last lines `alarms: X of Y` and `released: 0 of Y`.
Ends 1 unless nothing was released and each was noticed.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import houses

LEFT = 3  # people who say yes, and no later


@dataclass(frozen=True, slots=True)
class Kept:
    """The database and what is kept outside of it, as they were at one moment."""

    name: str
    folder: Path


def _url_parts() -> tuple[str, dict[str, Any]]:
    from django.db import connection

    return connection.vendor, dict(connection.settings_dict)


def _outside() -> list[Path]:
    from django.conf import settings

    from consent import kept_lines
    from consent.ledger import heads

    return [Path(settings.CHECKPOINT_FILE), kept_lines.path(), heads.path()]


def keep(name: str, home: Path) -> Kept:
    from django.db import connection, connections

    folder = home / f"kept-{name}"
    folder.mkdir()
    vendor, facts = _url_parts()
    if vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "db.sqlite3")])
        connections.close_all()
    else:
        connections.close_all()
        _beside(f'CREATE DATABASE "{facts["NAME"]}_{name}" TEMPLATE "{facts["NAME"]}"')
    for path in _outside():
        if path.exists():
            shutil.copy(path, folder / path.name)
    return Kept(name, folder)


def put_back(kept: Kept, *, outside: bool = True) -> None:
    """The database, and unless an attacker could not reach it, what lies outside of it."""
    from django.db import connections

    vendor, facts = _url_parts()
    connections.close_all()
    if vendor == "sqlite":
        here = Path(facts["NAME"])
        for end in ("", "-wal", "-shm"):
            here.with_name(here.name + end).unlink(missing_ok=True)
        shutil.copy(kept.folder / "db.sqlite3", here)
    else:
        name = facts["NAME"]
        _beside(f'DROP DATABASE "{name}" WITH (FORCE)')
        _beside(f'CREATE DATABASE "{name}" TEMPLATE "{name}_{kept.name}"')
    if outside:
        for path in _outside():
            path.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy(kept.folder / path.name, path)
    _forget()


def thrown_away(kept: Kept) -> None:
    vendor, facts = _url_parts()
    if vendor != "sqlite":
        _beside(f'DROP DATABASE "{facts["NAME"]}_{kept.name}" WITH (FORCE)')
    shutil.rmtree(kept.folder)


def _beside(sql: str) -> None:
    import psycopg

    _, facts = _url_parts()
    told = {"host": facts["HOST"], "port": facts["PORT"] or 5432, "user": facts["USER"]}
    password = {"password": facts["PASSWORD"]} if facts["PASSWORD"] else {}
    with closing(psycopg.connect(dbname="postgres", autocommit=True, **told, **password)) as server:
        server.execute(sql)


def _forget() -> None:
    """As a process that has just started."""
    from consent import absence, afterwards, eligibility
    from consent.ledger import log

    eligibility.forget()
    absence._read.clear()
    afterwards._looked.clear()
    log._written.clear()


def _sql(*statements: str) -> None:
    from django.db import connection

    from tests.unsafe import unsafe_without_triggers

    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _all_yes() -> None:
    turned = "REPLACE(REPLACE(REPLACE(body, '\"withdraw\"', '\"grant\"'), '\"deny\"', '\"grant\"'), '\"*\"', "
    _sql(f"UPDATE consent_statement SET family = 'RESEARCH', body = {turned} '\"RESEARCH\"')")  # noqa: S608


def _inserted() -> None:
    """For whoever never said yes, somebody else's genuine one."""
    _sql(
        """
        INSERT INTO consent_statement (seq, participant_id, family, recorded_at, form_id, actor, body, salt,
            commitment, seal, seal_key, event)
        SELECT 900000 + p.ordinal, p.ordinal, s.family, s.recorded_at, s.form_id, s.actor, s.body, s.salt,
            {hashed}, s.seal, s.seal_key, {uid}
        FROM consent_participant p, (SELECT * FROM consent_statement ORDER BY seq LIMIT 1) s
        WHERE p.ordinal NOT IN (SELECT participant_id FROM consent_statement)
        """.format(**_made_up())  # noqa: S608 - our own columns
    )


def _made_up() -> dict[str, str]:
    """Values that are nobody's yet, for two columns that must differ from row to row."""
    if _url_parts()[0] == "sqlite":
        return {"hashed": "randomblob(32)", "uid": "lower(hex(randomblob(16)))"}
    return {"hashed": "sha256(p.ordinal::text::bytea)", "uid": "gen_random_uuid()"}


def _deleted() -> None:
    _sql("DELETE FROM consent_statement WHERE family = '*'")


def _deleted_with_marks() -> None:
    """And nothing in the tables tells any more that something had changed."""
    _sql(
        "DELETE FROM consent_statement WHERE family = '*'",
        "UPDATE consent_participant SET epoch = COALESCE((SELECT MAX(seq) FROM consent_statement "
        "WHERE participant_id = ordinal), epoch)",
        "DELETE FROM consent_change WHERE position > (SELECT MAX(epoch) FROM consent_participant)",
    )


def _copied_over() -> None:
    hers = "o.participant_id = consent_statement.participant_id AND o.family <> '*'"
    older = f"FROM consent_statement o WHERE {hers}"
    columns = ("family", "body", "salt", "seal", "seal_key", "actor", "form_id", "recorded_at")
    copied = ", ".join(f"{column} = (SELECT o.{column} {older} LIMIT 1)" for column in columns)
    _sql(f"UPDATE consent_statement SET {copied} WHERE family = '*'")  # noqa: S608 - our own columns


def run(people: int, home: Path, *, show: Callable[[str], None] = print) -> tuple[int, int, int]:
    """Released, noticed, tried."""
    from django.utils import timezone

    from consent import records
    from consent.ledger import log
    from tests.world import World

    world = World()
    world.crowd(max(people - 2 * LEFT, 1), says="Ada")
    leaving = world.crowd(LEFT, says="Ada")
    for n in range(LEFT):
        world.join(f"Dov {n}", says="Dov")
    request = world.request()
    log.sequence(at=timezone.now())
    older = keep("older", home)
    for person in leaving:
        records.withdraw(person, by="self", at=timezone.now())
    log.sequence(at=timezone.now())
    as_it_is = keep("now", home)
    attacks: dict[str, Callable[[], None]] = {
        "every consent turned to yes": _all_yes,
        "statements inserted": _inserted,
        "withdrawals deleted": _deleted,
        "withdrawals deleted, and their marks": _deleted_with_marks,
        "an older database put back": lambda: put_back(older, outside=False),
        "an older yes copied over the withdrawal": _copied_over,
    }
    released = noticed = 0
    for name, attack in attacks.items():
        put_back(as_it_is)
        attack()
        _forget()
        state, heard = _job(world, request)
        released += state == "released"
        noticed += heard
        show(f"{name}: {state}, {'noticed' if heard else 'NOT NOTICED'}")
    put_back(as_it_is)
    state, heard = _job(world, request)
    if state != "released" or heard:
        raise SystemExit(f"A house that nobody touched did not answer ({state}): this bench proves nothing.")
    thrown_away(older)
    thrown_away(as_it_is)
    return released, noticed, len(attacks)


def _job(world: Any, request: Any) -> tuple[str, bool]:
    """How a job ends, and whether auditors hear of it or the doors are shut."""
    from django.utils import timezone

    from broker import jobs
    from consent import alarms
    from consent.errors import DatabaseBehind
    from consent.models import LedgerEvent

    before = LedgerEvent.objects.count()
    job = houses.asked(world, request)
    try:
        jobs.run(job.pk, clock=timezone.now, batch=8)
    except DatabaseBehind:
        return "shut", True
    job.refresh_from_db()
    alarms.walk(timezone.now())
    rung = LedgerEvent.objects.order_by("id")[before:].values_list("kind", flat=True)
    return str(job.state), "consent:alarm:unsound" in set(rung)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--people", type=int, default=40)
    given = parser.parse_args(arguments)
    with houses.opened(given.database) as home:
        released, noticed, tried = run(given.people, home)
    print(f"alarms: {noticed} of {tried}")
    print(f"released: {released} of {tried}")
    return 0 if (released, noticed) == (0, tried) else 1


if __name__ == "__main__":
    sys.exit(main())
