"""Evidence is looked at before anything is asked with it: refused in a sentence, or held until a steward has
looked; and what it is told depends on nobody who is here."""

import html
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from numpy.typing import NDArray

from broker import case_ends, cases, held_evidence, queries
from broker.errors import NotAllowed, Refused
from broker.models import Case, JobState
from consent.models import LedgerEvent
from genomics.errors import FileReason, FileRefused, QuestionRefused
from genomics.intake import receive
from genomics.models import EvidenceHold, EvidenceProfile, Hold
from genomics.panel import MISSING, Panel
from tests.broker.cases.steps import Found, run
from tests.broker.portal.agency.pages import sent, signed_in, upload
from tests.world import NOW, World, again, genotypes, job_of, small_panel, with_panel

pytestmark = pytest.mark.django_db

Copies = NDArray[np.uint8]
QUESTION = {"kind": "relatives", "min_cm": 7, "min_total_cm": 20}


def crafted(panel: Panel) -> bytes:
    """All heterozygous: it contradicts nobody."""
    return genotypes(panel, np.ones(len(panel), dtype=np.uint8))


def held(found: Found, case: Case | None = None, data: bytes | None = None) -> EvidenceProfile:
    return cases.bring_evidence(case or found.case, data or crafted(small_panel()), by=found.by, at=NOW)


def ask(found: Found, profile: EvidenceProfile) -> Any:
    return queries.submit(QUESTION | {"evidence": str(profile.pk)}, under=found.case, by=found.by, at=NOW)


def kinds() -> list[str]:
    told = LedgerEvent.objects.filter(kind__startswith="genomics:evidence:").order_by("pk")
    return list(told.values_list("kind", flat=True))


def test_a_crafted_profile_is_held_and_nothing_is_searched_with_it(found: Found):
    profile = held(found)
    hold = EvidenceHold.objects.get(profile=profile)
    assert (hold.state, hold.doubts) == (Hold.HELD, ["all_mixed"])
    assert kinds() == ["genomics:evidence:received", "genomics:evidence:held"]
    with pytest.raises(Refused, match=r"nearly everywhere.*until a steward has looked.*Nothing was"):
        ask(found, profile)


def test_its_page_says_so_and_offers_no_search(found: Found):
    profile = held(found)
    ivan = signed_in(found.by)
    page = html.unescape(ivan.get(reverse("agency:case", args=[found.case.pk])).content.decode())
    assert "Held: a steward has to look" in page
    assert "nobody has" in page
    where = reverse("agency:search", args=[found.case.pk, profile.pk])
    assert where not in page
    answer = ivan.post(where, {"min_cm": "7", "min_total_cm": "20"})
    assert answer.status_code == 400
    assert "until a steward has looked" in html.unescape(answer.content.decode())


def test_a_steward_lets_it_through_or_refuses_it_and_only_once(found: Found):
    sten_himself = found.world.staff.steward
    sten = signed_in(sten_himself)
    profile, other = held(found), held(found, data=again(crafted(small_panel())))
    where = reverse("steward:evidence", args=[profile.pk])
    assert where in sten.get(reverse("steward:inbox")).content.decode()
    page = html.unescape(sten.get(where).content.decode())
    assert "nobody has" in page
    assert sten.post(where, {"decision": "approve", "reason": "x"}).status_code == 400, "without looking"
    said = {"decision": "approve", "reason": "Their laboratory explains it.", "told": "on", "one": "on"}
    assert sten.post(where, said).status_code == 302
    assert ask(found, profile).pk
    held_evidence.settle(
        EvidenceHold.objects.get(pk=other.pk),
        clears=False,
        reason="Made up.",
        by=sten_himself,
        at=NOW,
    )
    with pytest.raises(Refused, match="A steward has looked at it"):
        ask(found, other)
    assert kinds()[-2:] == ["genomics:evidence:settled"] * 2
    with pytest.raises(QuestionRefused, match="settled this already"):
        held_evidence.settle(
            EvidenceHold.objects.get(pk=other.pk),
            clears=True,
            reason="x",
            by=found.world.staff.steward,
            at=NOW,
        )
    page = html.unescape(
        signed_in(found.by).get(reverse("agency:case", args=[found.case.pk])).content.decode()
    )
    assert "Made up." in page
    assert reverse("agency:search", args=[found.case.pk, profile.pk]) in page


def test_whoever_brought_it_and_who_is_no_steward_settle_nothing(found: Found):
    hold = EvidenceHold.objects.get(profile=held(found))
    for by in (found.by, found.world.staff.legal, found.world.staff.auditor):
        with pytest.raises(NotAllowed):
            held_evidence.settle(hold, clears=True, reason="x", by=by, at=NOW)
    with pytest.raises(Refused, match="Say why"):
        held_evidence.settle(hold, clears=True, reason=" ", by=found.world.staff.steward, at=NOW)
    hold.refresh_from_db()
    assert hold.state == Hold.HELD


def test_what_was_not_looked_at_when_it_came_is_looked_at_before_anybody_is_read(
    world: World, opened: list[str]
):
    """The search ends in the sentence, and no file was opened."""
    panel, case, by = small_panel(), world.case(), world.staff.investigator
    profile = cases.bring_evidence(case, crafted(panel), by=by, at=NOW)
    assert not EvidenceHold.objects.exists()
    with_panel(panel)
    world.join("Noor", data=genotypes(panel, np.random.default_rng(1).binomial(2, 0.5, len(panel))))
    query = queries.submit(QUESTION | {"evidence": str(profile.pk)}, under=case, by=by, at=NOW)
    opened.clear()
    job = run(job_of(query))
    assert job.state == JobState.FAILED
    assert "does not look like one person's genome" in job.trouble
    assert not [name for name in opened if name.startswith("files/")]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names = list[str]()
    note = receive.vault.readings.note
    monkeypatch.setattr(receive.vault.readings, "note", lambda name: (names.append(name), note(name))[1])
    return names


REFUSED: dict[str, tuple[Callable[[Panel], bytes], FileReason]] = {
    "few sites": (
        lambda panel: genotypes(panel, np.where(np.arange(len(panel)) % 30, MISSING, 1)),
        FileReason.TOO_FEW_SITES,
    ),
    "no person's": (
        lambda panel: genotypes(panel, np.ones(len(panel))).replace(b"\tA\tG\t", b"\tT\tC\t"),
        FileReason.TOO_FEW_SITES,
    ),
    "another build": (
        lambda panel: genotypes(panel, np.ones(len(panel))).replace(b"249250621", b"248956422")
        .replace(b"243199373", b"242193529").replace(b"63025520", b"64444167")
        .replace(b"155270560", b"156040895").replace(b"59373566", b"57227415"),
        FileReason.OTHER_BUILD,
    ),
    "two people": (
        lambda panel: genotypes(panel, np.ones(len(panel))).replace(b"\tS1\n", b"\tS1\tS2\n"),
        FileReason.MULTI_SAMPLE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_can_be_compared_with_nobody_is_refused_and_nothing_is_stored(found: Found, what: str):
    made, reason = REFUSED[what]
    with pytest.raises(FileRefused, match="Nothing was stored") as refused:
        cases.bring_evidence(found.case, made(small_panel()), by=found.by, at=NOW)
    assert refused.value.reason is reason
    assert not EvidenceProfile.objects.exists()
    assert kinds() == []


def test_the_same_bytes_are_brought_once_by_an_organisation(found: Found):
    cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    other = found.world.case(number="C-2")
    for case in (found.case, other):
        with pytest.raises(FileRefused, match="brought this very file before") as refused:
            cases.bring_evidence(case, found.trace, by=found.by, at=NOW)
        assert refused.value.reason is FileReason.DUPLICATE
    assert EvidenceProfile.objects.count() == 1
    page = sent(signed_in(found.by), "evidence", other.pk, status=422, file=upload(found.trace), build="")
    assert "brought this very file before" in page
    cases.bring_evidence(other, again(found.trace), by=found.by, at=NOW)


def test_another_organisations_evidence_and_a_participants_file_are_never_looked_at(found: Found):
    """Noor's own upload is the very same bytes, and so is what counsel holds: nothing tells."""
    counsel = found.world.case(purpose="E.EXON", number="C-9")
    cases.bring_evidence(counsel, found.trace, by=found.world.staff.counsel, at=NOW)
    profile = cases.bring_evidence(found.case, found.trace, by=found.by, at=NOW)
    assert not EvidenceHold.objects.filter(profile=profile).exists()
    prints = {bytes(one) for one in EvidenceProfile.objects.values_list("fingerprint", flat=True)}
    assert len(prints) == 2, "one can tell nothing from the other"


def test_a_hold_goes_with_its_profile(found: Found):
    held(found)
    case_ends.close(found.case, by=found.by, at=NOW)
    assert not EvidenceHold.objects.exists()
