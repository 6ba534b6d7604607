"""Somebody erased while a search reads a batch with her in it: she is out, and the search goes on."""

from typing import Any

import pytest

from broker import cases, queries
from broker.models import Job, JobState
from genomics._vault import keys, lending
from genomics.intake import erasure
from genomics.models import GenomicFile
from tests.broker.cases.steps import Found, run
from tests.world import NOW, again, job_of

pytestmark = pytest.mark.django_db

# Behind which step of opening rows she goes.
STEPS = [(lending.Lent, "__init__"), (lending.Lent, "_recorded"), (keys, "of_many"), (lending.Lent, "_open")]


def asked(found: Found, kind: str) -> Job:
    if kind == "relatives":
        return job_of(found.asked())
    evidence = cases.bring_evidence(found.case, again(found.trace), by=found.by, at=NOW)
    question = {"kind": "identity", "evidence": str(evidence.pk)}
    return job_of(queries.submit(question, under=found.case, by=found.by, at=NOW))


@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("what", ["person", "file"])
@pytest.mark.parametrize("kind", ["relatives", "identity"])
def test_who_is_erased_within_a_batch_does_not_end_the_search(
    found: Found, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str], what: str, kind: str
):
    job, who, left = asked(found, kind), found.world.people["stranger"], []
    place, name = step
    before = getattr(place, name)

    def and_then_she_leaves(*given: Any, **facts: Any) -> Any:
        got = before(*given, **facts)
        if not left:
            left.append(who)
            if what == "person":
                erasure.erase(who, by="self", at=NOW)
            else:
                erasure.erase_file(GenomicFile.objects.get(participant=who), by="self", at=NOW)
        return got

    monkeypatch.setattr(place, name, and_then_she_leaves)
    run(job)
    job.refresh_from_db()
    assert left, "the step was gone through"
    assert job.state == JobState.RELEASED
