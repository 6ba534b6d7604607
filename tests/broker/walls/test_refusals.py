"""What each login may not do, in plain SQL; and that it is the wall that refuses: taken out, it is done."""

from dataclasses import dataclass

import pytest
from django.db import connection, transaction

from broker.walls.tables import Login
from tests.broker.walls.seeing import NO_RIGHT, rows

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


COUNT = "SELECT count({}) FROM {}"


@dataclass(frozen=True)
class Refusal:
    """Who does what; whether it is a missing right or rows that are not seen; what takes the wall out."""

    login: str
    sql: str
    without: str
    told: int = NO_RIGHT


def _seen(login: str, table: str) -> Refusal:
    """A table of which a login may read rows under a lease alone."""
    without = f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
    return Refusal(login, COUNT.format("*", table), without, told=0)


def _read(login: str, table: str, column: str = "*") -> Refusal:
    named = "" if column == "*" else f" ({column})"
    return Refusal(login, COUNT.format(column, table), f"GRANT SELECT{named} ON {table} TO {{role}}")


def _write(login: str, sql: str, right: str) -> Refusal:
    return Refusal(login, sql, f"GRANT {right} TO {{role}}")


REFUSALS = {
    "a worker without a lease sees no person's key": _seen("worker", "genomics_participantkey"),
    "a worker without a lease sees no slab's key": _seen("worker", "genomics_variantslab"),
    "a worker without a lease sees no evidence": _seen("worker", "genomics_evidenceprofile"),
    "a worker without a lease sees no key of evidence": _seen("worker", "genomics_evidencekey"),
    "a worker without a lease sees no place of a file": Refusal(
        "worker",
        "SELECT count(*) FROM genomics_sealed WHERE name LIKE 'files/%'",
        "ALTER TABLE genomics_sealed DISABLE ROW LEVEL SECURITY",
        told=0,
    ),
    "the web sees no person's key": _seen("web", "genomics_participantkey"),
    "the web sees no slab's key": _seen("web", "genomics_variantslab"),
    "the web sees no key of evidence": _seen("web", "genomics_evidencekey"),
    "the web reads no evidence's key": _read("web", "genomics_evidenceprofile", "wrapped"),
    **{
        f"the {login} reads no {table}": _read(login, f"genomics_{table}")
        for login in ("sequencer", "auditor")
        for table in ("participantkey", "variantslab", "evidencekey", "evidenceprofile")
    },
    "a sequencer reads no manifest": _read("sequencer", "genomics_sealed"),
    "an auditor reads no place of a file": _read("auditor", "genomics_sealed", "place"),
    "a sequencer reads no facts of files": _read("sequencer", "genomics_genomicfile"),
    "a sequencer reads no job": _read("sequencer", "broker_job"),
    "a sequencer reads no login": _read("sequencer", "broker_user"),
    "a worker writes no token": _write(
        "worker", "UPDATE broker_job SET token = NULL", "UPDATE (token) ON broker_job"
    ),
    "a worker writes no token of an upload": Refusal(
        "worker",
        "UPDATE broker_upload SET token = gen_random_uuid()",
        "ALTER TABLE broker_upload DISABLE TRIGGER token_is_drawn",
    ),
    "a worker changes no statement": _write(
        "worker", "UPDATE consent_statement SET family = family WHERE false", "UPDATE ON consent_statement"
    ),
    "a worker removes no statement": _write(
        "worker", "DELETE FROM consent_statement WHERE false", "DELETE ON consent_statement"
    ),
    "a worker changes no event": _write(
        "worker", "UPDATE consent_ledgerevent SET kind = kind WHERE false", "UPDATE ON consent_ledgerevent"
    ),
    "a worker removes no event": _write(
        "worker", "DELETE FROM consent_ledgerevent WHERE false", "DELETE ON consent_ledgerevent"
    ),
    "a worker places no event": _write(
        "worker",
        "INSERT INTO consent_ledgerleaf SELECT * FROM consent_ledgerleaf WHERE false",
        "INSERT ON consent_ledgerleaf",
    ),
    "a worker approves nothing": _write(
        "worker", "UPDATE broker_accessrequest SET state = 'approved'", "UPDATE ON broker_accessrequest"
    ),
    "a worker closes no case": _write(
        "worker", "UPDATE broker_case SET state = 'closed' WHERE false", "UPDATE (state) ON broker_case"
    ),
    "a worker reads no court's document": _read("worker", "broker_courtdocument"),
    "an auditor reads no court's document": _read("auditor", "broker_courtdocument"),
    "a worker reads no second step": _read("worker", "broker_totp"),
    "a worker truncates nothing": _write(
        "worker", "TRUNCATE consent_projectionpart", "TRUNCATE ON consent_projectionpart"
    ),
    "the web changes no statement": _write(
        "web", "UPDATE consent_statement SET family = family WHERE false", "UPDATE ON consent_statement"
    ),
    "the web removes no event": _write(
        "web", "DELETE FROM consent_ledgerevent WHERE false", "DELETE ON consent_ledgerevent"
    ),
    "the web places no event": _write(
        "web",
        "INSERT INTO consent_ledgercheckpoint SELECT * FROM consent_ledgercheckpoint WHERE false",
        "INSERT ON consent_ledgercheckpoint",
    ),
    "a sequencer writes no event": _write(
        "sequencer",
        "INSERT INTO consent_ledgerevent SELECT * FROM consent_ledgerevent WHERE false",
        "INSERT ON consent_ledgerevent",
    ),
    "an auditor changes no consent": _write(
        "auditor", "UPDATE consent_participant SET epoch = epoch + 1", "UPDATE ON consent_participant"
    ),
    "an auditor says nothing for anybody": _write(
        "auditor",
        "INSERT INTO consent_statement SELECT * FROM consent_statement WHERE false",
        "INSERT ON consent_statement",
    ),
    "an auditor changes no job": _write(
        "auditor", "UPDATE broker_job SET progress = 1 WHERE false", "UPDATE ON broker_job"
    ),
    "the web claims nothing": _write(
        "web",
        "SELECT count(*) FROM walls.claim_job(gen_random_uuid(), now(), now())",
        "EXECUTE ON FUNCTION walls.claim_job",
    ),
    "an auditor claims nothing": _write(
        "auditor",
        "SELECT count(*) FROM walls.claim_job(gen_random_uuid(), now(), now())",
        "EXECUTE ON FUNCTION walls.claim_job",
    ),
    "a worker opens no record": _write(
        "worker", "SELECT count(walls.open_record(1))", "EXECUTE ON FUNCTION walls.open_record"
    ),
    "a worker reads no lease": _read("worker", "walls.lease"),
    "a worker writes no lease": _write(
        "worker", "UPDATE walls.lease SET until = 'infinity'", "UPDATE ON walls.lease"
    ),
    "the web makes no table": _write("web", "CREATE TABLE public.mine (a int)", "CREATE ON SCHEMA public"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refused(walls, house, what):
    one = REFUSALS[what]
    with walls.login(one.login):
        assert rows(one.sql) == one.told


@pytest.mark.parametrize("what", REFUSALS)
def test_it_is_the_wall_that_refuses(walls, house, what):
    """Without this one wall it is done: in a transaction that takes it out, and is taken back."""
    one = REFUSALS[what]
    role = walls.names.of(Login(one.login))
    in_its_place = f"SET LOCAL ROLE {role}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(one.without.format(role=role))
        cursor.execute(in_its_place)
        done = rows(one.sql)
        transaction.set_rollback(True)
    assert done >= (1 if one.told == 0 else 0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(in_its_place)
        assert rows(one.sql) == one.told
        transaction.set_rollback(True)
