"""Bent files are taken or refused and nothing else; and if something escaped, it would be noticed."""

from typing import Any

import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.formats import DEFAULT
from genomics.intake.walled import walls
from genomics.intake.walled.wire import Errand
from tests.fuzz import rounds
from tests.fuzz.bending import bent
from tests.fuzz.seeds import SEEDS

ERRAND = Errand(task="", limits=DEFAULT, allowance=walls.Allowance(memory=0, cpu_seconds=0))


def test_nothing_escapes_from_five_hundred_bent_files() -> None:
    tally = rounds.run(rounds=500, seed=7)
    assert tally.escapes == {}
    assert tally.rounds == 500
    assert tally.came[rounds.TAKEN] > 5
    assert len(tally.came) > 10


@pytest.mark.skipif(bool(walls.missing()), reason="this kernel has no landlock or no seccomp")
def test_what_escapes_is_noticed_and_named_by_its_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SLOW", 1.0)
    tally = rounds.run(rounds=10, seed=0, module="tests.fuzz.breaking")
    assert tally.rounds == 10
    assert tally.escapes == {3: "dead: -11", 5: "dead: -24", 7: "KeyError: 7"}


def test_an_error_of_a_reader_is_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise ValueError("a column of 0 rows")

    monkeypatch.setattr(formats, "read", broken)
    what = rounds.once(SEEDS["vcf"], ERRAND)
    tally = rounds.Tally()
    tally.add(4, what)
    assert tally.escapes == {4: "ValueError: a column of 0 rows"}


def test_the_files_before_they_are_bent_are_sound() -> None:
    taken = {name for name, data in SEEDS.items() if rounds.once(data, ERRAND) == rounds.TAKEN}
    assert taken >= {name for name in SEEDS if name.startswith(("vcf", "23andMe"))}
    assert formats.read(SEEDS["vcf"]).build is Build.GRCh37


def test_the_same_round_is_the_same_file() -> None:
    assert bent(1, 2) == bent(1, 2)
    assert len({bent(1, number) for number in range(200)}) > 180
