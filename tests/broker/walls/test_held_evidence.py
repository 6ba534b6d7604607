"""Evidence that is held, over the logins of production: the site takes it in and settles it."""

import pytest

from broker import case_ends, cases, held_evidence, queries
from broker.errors import Refused
from broker.models import JobState
from genomics.models import EvidenceHold
from tests.broker.walls.test_journeys import run, sequence
from tests.world import NOW, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


def test_held_evidence_is_settled_over_the_web_searched_and_destroyed_with_its_case(walls, world):
    panel = with_panel(small_panel())
    case, steward = world.case(), world.staff.steward
    investigator = world.investigator_of(case)
    with walls.login("web"):
        profile = cases.bring_evidence(case, genotypes(panel, [1] * 3000), by=investigator, at=NOW)
        question = {"kind": "relatives", "evidence": str(profile.id)}
        with pytest.raises(Refused, match="until a steward has looked"):
            queries.submit(question, under=case, by=investigator, at=NOW)
        ((hold, _),) = held_evidence.waiting_for(steward)
        held_evidence.settle(hold, clears=True, reason="told", by=steward, at=NOW)
        job = job_of(queries.submit(question, under=case, by=investigator, at=NOW))
    assert run(walls, job).state == JobState.RELEASED, job.trouble
    sequence(walls)
    with walls.login("web"):
        case_ends.close(case, by=investigator, at=NOW)
    assert not EvidenceHold.objects.exists()
