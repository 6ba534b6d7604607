"""A search tells of those who share, and nothing of how many permitted it.

For whatever a caller may ask: one more who permits it and shares nothing changes no word of the answer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broker import disclosures
from consent.policy import Policy
from genomics.errors import QuestionRefused
from genomics.matching import parse
from genomics.matching.question import Group, Reference
from genomics.matching.segments import people_of
from genomics.matching.telling import Telling
from genomics.panel import Panel, PanelRow
from tests.world import small_panel

PANEL = small_panel(1200)
SITES = len(PANEL)


class Row:
    """A permitted file of which a search opens the row."""

    def __init__(self, copies: Any) -> None:
        self._row = PANEL.row_of(np.asarray(copies, dtype=np.uint8))

    def row(self) -> PanelRow:
        return self._row


class Files(tuple[Row, ...]):
    """Those of a look, of a panel; all of them are in memory."""

    panel: Panel

    def groups(self, places: Sequence[int]) -> list[Group]:
        people = people_of([self[place].row() for place in places], self.panel)
        return [Group(people, np.arange(len(places), dtype=np.int32), tuple(places))]


def person(seed: int) -> Any:
    return np.random.default_rng(seed).binomial(2, 0.5, SITES)


EVIDENCE = person(1)
TWIN = Row(EVIDENCE)
HALF = Row(np.where(np.arange(SITES) < SITES // 2, EVIDENCE, person(2)))
CROWD = [Row(person(seed)) for seed in range(10, 30)]
SHARERS = [TWIN, HALF]
TELLING = Telling.of(Policy.default(), ["L.HOM"])
REFERENCE = Reference(PANEL, PANEL.row_of(EVIDENCE.astype(np.uint8)), TELLING)

anything = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-50, 5000),
    st.integers(-(10**400), 10**400),
    st.sampled_from([0, -0.0, 5, 6.99, 7, 20, 10**400, "0", "nan", "-inf", "1e400", None, [], True, False]),
)


def told(said: dict[str, Any], files: list[Row], reference: Reference = REFERENCE) -> Any:
    """What comes of a question over these permitted people: the answer and the number before it is disclosed,
    or a refusal in a sentence."""
    try:
        question = parse(said)
    except QuestionRefused as refused:
        return str(refused)
    here = Files(files)
    here.panel = reference.panel
    found = {n: [one] for n, one in enumerate(question.look(here, reference))}
    answer = question.conclude(found, reference=reference, alias=lambda ordinal: f"R-{ordinal}")
    return answer, disclosures.number(answer.as_json())


@example(kind="relatives", min_cm=7, min_total_cm=0)
@example(kind="relatives", min_cm=7, min_total_cm=-1)
@example(kind="relatives", min_cm=7, min_total_cm=7)
@given(kind=st.sampled_from(["relatives", "identity"]), min_cm=anything, min_total_cm=anything)
def test_one_more_who_permits_and_shares_nothing_changes_no_word(
    kind: str, min_cm: Any, min_total_cm: Any
) -> None:
    said = {"kind": kind, "evidence": str(uuid4()), "min_cm": min_cm, "min_total_cm": min_total_cm}
    said = {name: value for name, value in said.items() if value is not None}
    alone = told(said, SHARERS)
    for more in (1, 8, len(CROWD)):
        assert told(said, [*SHARERS, *CROWD[:more]]) == alone
    if not isinstance(alone, str):
        assert len(alone[0].records) <= 2


def bait(kind: str) -> tuple[Panel, Any, list[Row]]:
    """Evidence made to fit everybody, and people who have nothing in common but what all people have."""
    rng = np.random.default_rng(5)
    if kind == "what nobody lacks":  # sites at which hardly anybody differs
        frequency = np.full(SITES, 0.003, dtype=np.float32)
        copies = np.zeros(SITES, dtype=np.uint8)
        people = [rng.binomial(2, 0.003, SITES) for _ in range(30)]
    elif kind == "one of each everywhere":
        frequency = np.full(SITES, 0.5, dtype=np.float32)
        copies = np.ones(SITES, dtype=np.uint8)
        people = [rng.binomial(2, 0.5, SITES) for _ in range(30)]
    else:  # one block that a third of all people have, told over and over by sites that go together
        frequency = np.full(SITES, 0.6, dtype=np.float32)
        copies = np.full(SITES, 3, dtype=np.uint8)
        copies[:300] = 2
        people = []
        for n in range(30):
            theirs = rng.binomial(2, 0.6, SITES)
            theirs[:300] = 2 if n % 3 == 0 else 0
            people.append(theirs)
    position = np.arange(SITES) * 200 + 10_000_000 if kind == "one common block" else PANEL.position
    panel = Panel.of(
        name="bait",
        version="1",
        build=PANEL.build,
        chromosome=np.full(SITES, 1, np.uint8) if kind == "one common block" else PANEL.chromosome,
        position=position.astype(np.uint32),
        ref=PANEL.ref,
        alt=PANEL.alt,
        frequency=frequency,
    )
    return panel, copies, [Row(one) for one in people]


@pytest.mark.parametrize("asked", ["relatives", "identity"])
@pytest.mark.parametrize("kind", ["what nobody lacks", "one of each everywhere", "one common block"])
def test_a_profile_made_to_fit_everybody_finds_nobody(asked: str, kind: str) -> None:
    panel, copies, people = bait(kind)
    reference = Reference(panel, panel.row_of(copies), TELLING)
    answer, _ = told({"kind": asked, "evidence": str(uuid4())}, people, reference)
    assert answer.records == ()


def test_whoever_shares_is_found_as_ever() -> None:
    alone, number = told({"kind": "relatives", "evidence": str(uuid4())}, [*SHARERS, *CROWD])
    assert {one["person"] for one in alone.records} == {"R-0", "R-1"}
    assert (number["count"], number["fewer_than"]) == (None, 10)
    same, _ = told({"kind": "identity", "evidence": str(uuid4())}, [*SHARERS, *CROWD])
    assert [one["person"] for one in same.records] == ["R-0"]
