"""Findings that are kept come back the same, of every kind of question, number by number."""

import json
from typing import Any, get_args

import numpy as np
import pytest

from genomics.columns import KNOWN_REFERENCE, UNKNOWN, Carriage, State
from genomics.matching import KINDS, keeping
from genomics.matching.carriers import Carriers
from genomics.matching.frequencies import Frequencies, Seen
from genomics.matching.identity import Identity, Likeness
from genomics.matching.likely import Likely
from genomics.matching.relatives import Relatives
from genomics.matching.sharing import Segment, Sharing

SHARING = Sharing(
    total_cm=0.1 + 0.2,
    longest_cm=7.25,
    segments=(Segment(1, 1_000, 2_000, 7.25, 300), Segment(2, 5, 9, 1e-7, 0)),
    ibd2_cm=0,  # what a sum of nothing is: it stays a whole number
    overlap_sites=9_000,
    kinship=-0.0,
    relationship="cousins, or nearer",
    likely=(Likely("cousins", 1 / 3),),
    generations=None,
)
FINDINGS: list[tuple[Any, Any]] = [
    *((Carriers, one) for one in (UNKNOWN, KNOWN_REFERENCE, Carriage(State.CARRIER, 2))),
    (Frequencies, Seen(1, 2)),
    (Identity, Likeness(500, 501, 1 / 7)),
    (Identity, Likeness(0, 0)),
    (Relatives, SHARING),
    (Relatives, None),
]


@pytest.mark.parametrize(("kind", "finding"), FINDINGS)
def test_a_finding_comes_back_as_it_was(kind: Any, finding: Any):
    text = json.dumps(keeping.kept(finding))
    came = keeping.again(kind.finding, json.loads(text))
    assert came == finding
    assert repr(came) == repr(finding), "equal numbers may still be written otherwise"


def test_numbers_of_arrays_are_kept_as_numbers():
    kept = keeping.kept(Likeness(np.int64(3), np.uint64(4), np.float64(0.1)))
    assert json.dumps(kept) == '{"same": 3, "both": 4, "evidence": 0.1}'


def test_every_kind_of_question_says_what_it_finds():
    told = {type(finding) for _, finding in FINDINGS if finding is not None}
    for name, parse in KINDS.items():
        kind = parse.__self__  # type: ignore[attr-defined]
        assert {*get_args(kind.finding), kind.finding} & told, f"say here that findings of {name} come back"
