"""What the walls cost: a lease is looked up once a statement, whatever the rows; indexes stay in use."""

import pytest
from django.db import connection, transaction

from consent.models import Participant
from tests.broker.walls.seeing import claim
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


KEY = "SELECT * FROM genomics_participantkey"


def plan(sql: str, lease: object) -> list[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('walls.lease', %s, true)", [str(lease)])
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {sql}")
        return [line for (line,) in cursor.fetchall()]


def initial(lines: list[str]) -> list[str]:
    """What each InitPlan did."""
    return [lines[n + 1] for n, line in enumerate(lines) if "InitPlan" in line]


@pytest.mark.parametrize(
    ("login", "sql"),
    [
        ("worker", KEY),
        ("worker", "SELECT * FROM genomics_sealed"),
        ("worker", "SELECT * FROM genomics_variantslab"),
        ("worker", "SELECT * FROM genomics_evidenceprofile"),
        ("web", "SELECT * FROM genomics_participantkey"),
        ("web", "SELECT * FROM genomics_sealed"),
        ("web", "SELECT * FROM genomics_variantslab"),
    ],
)
def test_the_lease_is_looked_up_once_a_statement(walls, job, login, sql):
    with walls.login("worker"):
        lease = claim(job, lasts=NOW)
    with walls.login(login):
        lines = plan(sql, lease)
    assert initial(lines), lines
    for line in initial(lines):
        assert "loops=1" in line or "never executed" in line, lines
    assert not [line for line in lines if "Filter" in line and "walls." in line], "asked for each row"


def test_one_persons_key_is_found_by_its_index_and_so_are_her_files(walls, house, job):
    """With enough people that an index is worth it, as the planner sees it."""
    with walls.login("worker"):
        lease = claim(job, lasts=NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        people = Participant.objects.bulk_create(Participant(born_on="1980-01-01") for _ in range(5_000))
        cursor.execute(
            "INSERT INTO genomics_participantkey (participant_id, wrapped, epoch, spent) "
            "SELECT ordinal, '', 0, false FROM consent_participant WHERE ordinal >= %s",
            [people[0].pk],
        )
        cursor.execute(
            "INSERT INTO consent_holding (file, participant_id, state) SELECT gen_random_uuid(), ordinal, "
            "'ACTIVE' FROM consent_participant WHERE ordinal >= %s",
            [people[0].pk],
        )
        cursor.execute("ANALYZE genomics_participantkey")
        cursor.execute("ANALYZE consent_holding")
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {walls.names.of('worker')}")
        lines = plan(f"{KEY} WHERE participant_id = {people[9].pk}", lease)
        transaction.set_rollback(True)
    assert any("Index" in line and "genomics_participantkey" in line for line in lines), lines
    assert not any("Seq Scan" in line for line in lines), lines
