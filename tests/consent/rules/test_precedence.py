"""Which statement speaks. In each row: what was said, and the heads, by sequence number."""

from datetime import timedelta
from itertools import permutations

import pytest

from consent.reasons import Reason
from consent.rules.precedence import heads
from consent.terms import Level, Paper, Source, Statement, Verb
from tests.cast import LATER, NEXT_OF_KIN, NOW, SIGNED, SOMEBODY, no, says, stop, yes

SECOND = timedelta(seconds=1)
TOMORROW = NOW + timedelta(days=1)
NOT_YET, UNREAD = Reason.CONSENT_NOT_YET_EFFECTIVE, Reason.AUTH_PAPER_NOT_VERIFIED
ON_FILE = {"level": Level.FILE, "file": "GF1"}
READ_ONCE = {"source": Source.PAPER, "paper": Paper("clerk1")}
READ_TWICE = {"source": Source.PAPER, "paper": Paper("clerk1", "clerk2", True)}

YES = yes("RESEARCH")
POSTDATED = yes("RESEARCH", seq=2, recorded_at=LATER, effective_at=TOMORROW)


@pytest.mark.parametrize(
    ("said", "speaks", "pending"),
    [
        ([], set(), None),
        ([YES], {1}, None),
        ([yes("LE.HOM")], set(), None),
        ([YES, yes("RESEARCH", seq=2)], {2}, None),
        ([YES, stop("RESEARCH")], {2}, None),
        ([YES, stop("*")], {2}, None),
        ([YES, no("*", seq=2)], {2}, None),
        ([YES, stop("LE.HOM")], {1}, None),
        ([YES, stop("*"), yes("RESEARCH", seq=3)], {3}, None),
        # recorded after the instant: not known yet
        ([YES, stop("RESEARCH", recorded_at=NOW + SECOND)], {1}, None),
        ([YES, stop("RESEARCH", recorded_at=NOW)], {2}, None),
        # a back-dated yes counts from when it was recorded
        ([yes("RESEARCH", recorded_at=TOMORROW, effective_at=SIGNED)], set(), None),
        # narrowing holds at once, whoever said it and however it came
        ([YES, stop("RESEARCH", effective_at=TOMORROW)], {2}, None),
        ([YES, stop("RESEARCH", **READ_ONCE)], {2}, None),
        ([YES, stop("RESEARCH", authority=SOMEBODY)], {2}, None),
        ([YES, stop("RESEARCH", authority=NEXT_OF_KIN)], {2}, None),
        ([YES, stop("RESEARCH", valid_to=LATER + SECOND)], {2}, None),
        # widening waits
        ([POSTDATED], set(), NOT_YET),
        ([yes("RESEARCH", effective_at=NOW)], {1}, None),
        ([yes("RESEARCH", **READ_ONCE)], set(), UNREAD),
        ([yes("RESEARCH", source=Source.PAPER)], set(), UNREAD),
        ([yes("RESEARCH", **READ_TWICE)], {1}, None),
        ([YES, POSTDATED], {1}, None),
        ([YES, yes("RESEARCH", seq=2, **READ_ONCE)], {1}, None),
        ([YES, stop("RESEARCH"), yes("RESEARCH", seq=3, effective_at=TOMORROW)], {2}, None),
        ([POSTDATED, yes("RESEARCH", **READ_ONCE)], set(), NOT_YET),
        ([POSTDATED, yes("RESEARCH", seq=3, **READ_ONCE)], set(), UNREAD),
        # a newest one that gives nothing still displaces
        ([YES, yes("RESEARCH", seq=2, valid_to=LATER)], {2}, None),
        ([YES, yes("RESEARCH", seq=2, authority=SOMEBODY)], {2}, None),
        # "*" only narrows; `continue` is never a head
        ([yes("*")], set(), None),
        ([YES, yes("*", seq=2)], {1}, None),
        ([YES, says(Verb.CONTINUE, "RESEARCH", seq=2, continues=1)], {1}, None),
        ([says(Verb.CONTINUE, "RESEARCH")], set(), None),
        # the file beside the participant
        ([YES, yes("RESEARCH", seq=2, **ON_FILE)], {1, 2}, None),
        ([yes("RESEARCH", **ON_FILE)], {1}, None),
        ([YES, no("RESEARCH", seq=2, **ON_FILE)], {1, 2}, None),
        ([YES, stop("*", **ON_FILE)], {1, 2}, None),
        ([YES, no("RESEARCH", seq=2, level=Level.FILE, file="GF2")], {1}, None),
        ([YES, no("RESEARCH", seq=2, level=Level.FILE)], {1}, None),
        ([yes("RESEARCH", **ON_FILE), stop("RESEARCH")], {1, 2}, None),
        ([yes("RESEARCH", **ON_FILE), yes("RESEARCH", seq=2, **READ_ONCE)], {1}, None),
        # only pending ones: the file's reason before the participant's
        ([yes("RESEARCH", **ON_FILE, **READ_ONCE), POSTDATED], set(), UNREAD),
        (
            [yes("RESEARCH", **READ_ONCE), yes("RESEARCH", seq=2, effective_at=TOMORROW, **ON_FILE)],
            set(),
            NOT_YET,
        ),
    ],
)
def test_the_newest_in_force_speaks(said: list[Statement], speaks: set[int], pending: Reason | None):
    for order in permutations(said):
        found = heads(order, "RESEARCH", "GF1", NOW)
        assert {head.seq for head in found.all} == speaks
        assert found.pending is pending


def test_without_a_file_only_what_was_said_for_the_whole_person_speaks():
    said = [yes("RESEARCH"), no("RESEARCH", seq=2, **ON_FILE)]
    assert [head.seq for head in heads(said, "RESEARCH", None, NOW).all] == [1]
    assert heads([yes("RESEARCH", **ON_FILE)], "RESEARCH", None, NOW).all == ()
