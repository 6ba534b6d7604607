"""Whatever somebody asks of the verifier is checked, or refused in a sentence: nothing is passed over."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from broker import exports, statements, transparency
from broker.models import MonthlyStatement
from consent.ledger import checkpoints, cosignature, log, note, recount_report
from consent.ledger import report_form as form
from consent.ledger.parcel import Packing
from tests.broker.exporting import exported
from tests.broker.reporting.history import demand
from tests.broker.test_verified_at_home import WITNESS, Home, events, home, taken, world
from tests.world import NOW, World

__all__ = ["home", "taken", "world"]  # fixtures
pytestmark = [pytest.mark.server, pytest.mark.django_db]

JUNE, AFTER_JUNE = date(2026, 6, 1), datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def given(taken: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    """What was taken home, and what somebody may put in its place."""
    found = {name: tmp_path / name for name in ("empty", "garbage", "torn", "statement")}
    found["empty"].write_text("")
    found["garbage"].write_text("{}")
    found["torn"].write_text(taken["checkpoints"].read_text().replace("\n\n", "\n"))
    statements.keep(at=AFTER_JUNE)
    found["statement"].write_text(MonthlyStatement.objects.get(month=JUNE).note)
    return taken | found


SILENT: list[tuple[str, ...]] = [
    ("events", "--report", "report"),
    ("events", "--report", "garbage"),
    ("events", "--statement", "empty"),
    ("events", "--job", "garbage"),
    ("events", "--checkpoints", "garbage"),
    ("events", "--checkpoints", "checkpoints"),
    ("--participant", "proof", "--report", "report"),
    ("--participant", "proof", "--checkpoints", "checkpoints"),
    ("ledger", "--report", "empty"),
    ("ledger", "--job", "events"),
    ("ledger", "--job", "report"),
    ("ledger", "--report", "job"),
    ("ledger", "--statement", "proof"),
    ("ledger", "--participant", "checkpoints"),
    ("ledger", "--witnessed", "cosigned"),
    ("ledger", "--checkpoints", "nowhere"),
]


@pytest.mark.parametrize("asked", SILENT, ids=" ".join)
def test_what_cannot_be_checked_as_it_was_asked_for_is_refused(
    given: dict[str, Path], home: Home, asked: tuple[str, ...]
):
    code, out, err = home(*(given.get(one, one) for one in asked))
    assert code == 2
    assert "Nothing was verified of " in err
    assert "Everything holds." not in out


def test_what_is_asked_for_is_checked(given: dict[str, Path], home: Home):
    for asked in (
        ("ledger", "--report", "report", "--job", "job", "--participant", "proof"),
        ("ledger", "--checkpoints", "checkpoints"),
        ("events", "--job", "job"),
    ):
        assert home(*(given.get(one, one) for one in asked))[0] == 0, asked
    assert home("--witnessed", given["cosigned"], "--witness-key", WITNESS)[0] == 0
    assert home("--witnessed", given["checkpoints"], "--witness-key", WITNESS)[0] == 1
    assert home(given["ledger"], "--checkpoints", given["empty"])[0] == 1
    # Notes of which nobody can tell one from the next are none, and a ledger of one checkpoint holds none.
    assert home(given["ledger"], "--checkpoints", given["torn"])[0] != 0


def test_a_witness_who_said_nothing_is_missed(given: dict[str, Path], home: Home):
    code, _, err = home(given["ledger"], "--checkpoints", given["cosigned"], "--witness-key", WITNESS)
    assert code in (1, 2)
    assert "no checkpoint in which to look for its word" in err


# --- a statement ----------------------------------------------------------------------------------------


def test_a_statement_is_checked_with_the_key_alone(given: dict[str, Path], home: Home, tmp_path: Path):
    code, out, err = home("--statement", given["statement"])
    assert (code, err) == (0, "")
    assert "of 2026-06 is signed by genomic-broker/ledger: 0 orders, 0 of them from earlier." in out
    assert "Whether that is so was not checked. It can only be held against a ledger" in out
    text = given["statement"].read_text()
    bent = tmp_path / "bent"
    for other in (
        text.replace("sought 0", "sought 1"),
        text.replace("2026-06\n", "2026-05\n"),
        text.replace("there was no order", "there were no order"),
        f"{text[:-5]}{'B' if text[-5] != 'B' else 'C'}{text[-4:]}",
    ):
        assert other != text
        bent.write_text(other)
        assert home("--statement", bent)[0] == 1
    assert (
        home("--statement", given["statement"], key=note.Signer.of("genomic-broker/ledger", bytes(32)))[0]
        == 1
    )


def test_a_statement_beside_a_tree_alone_is_told_as_not_counted(
    given: dict[str, Path], home: Home, world: World
):
    with given["ledger"].open("wb") as out:
        exports.ledger(out, openings=False, by=world.staff.auditor, at=NOW)
    code, told, _ = home(given["ledger"], given["statement"])
    assert code == 0
    assert "Whether that is so was not checked. The ledger beside it was exported without" in told


# --- a report -------------------------------------------------------------------------------------------


LIES: dict[str, tuple[Any, str]] = {
    "a threshold of its own": ({"k": 1_000_000}, "It names a threshold of its own; the law's is 10"),
    "a threshold that is no number": ({"k": "10"}, "It names a threshold of its own"),
    "one without end": ({"k": 1e300}, "It names a threshold of its own"),
    "final before its end": ({"is_final": "swap"}, "final; by the ledger its period was"),
    "another ledger": ({"ledger": "somebody-else"}, "It names another ledger"),
    "more than a report says": ({"by": "us"}, "It says other things than a report does"),
    "another format": ({"format": 2}, "no report of format 1"),
}


@pytest.mark.parametrize("lie", LIES)
def test_nothing_that_a_report_says_of_itself_is_believed(world: World, home: Home, tmp_path: Path, lie: str):
    """Not even where the house itself has written it into its ledger."""
    ledger, file = tmp_path / "ledger", tmp_path / "report"
    change, told = LIES[lie]
    for year, at in ((2026, NOW), (2025, NOW)):
        honest = transparency.make(transparency.year(year), by="operator", at=at)
        lines = exported()
        ledger.write_text("".join(lines))
        file.write_text(json.dumps(honest))
        assert home(ledger, file)[0] == 0
        lying = honest | change
        if lying["is_final"] == "swap":
            lying["is_final"] = not honest["is_final"]
        k = lying["k"] if type(lying["k"]) is int else form.THRESHOLD
        lying["groups"] = recount_report.Recount(transparency.year(year)).filled(k)
        file.write_text(json.dumps(lying))
        code, out, _ = home(ledger, file)
        assert code == 1
        assert told in out
        assert "The ledger does not know this report" in out
        with pytest.MonkeyPatch.context() as house:
            house.setattr(transparency, "of", lambda *_, said=lying, **__: said)
            transparency.make(transparency.year(year), by="operator", at=at)
        ledger.write_text("".join(exported()))
        code, out, _ = home(ledger, file)
        assert code == 1
        assert told in out
        assert "does not know this report" not in out


def test_a_report_that_nobody_made_is_found(world: World, home: Home, tmp_path: Path):
    ledger, file = tmp_path / "ledger", tmp_path / "report"
    file.write_text(json.dumps(transparency.of(transparency.year(2026), at=NOW)))
    ledger.write_text("".join(exported()))
    code, out, _ = home(ledger, file)
    assert code == 1
    assert "The ledger does not know this report" in out


def test_a_report_that_is_not_final_is_held_against_what_there_was_then(
    world: World, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What came to light afterwards is no lie of hers who made it."""
    monkeypatch.setattr(form, "THRESHOLD", 1)
    ledger, file = tmp_path / "ledger", tmp_path / "report"
    early = transparency.make(transparency.year(2026), by="operator", at=NOW)
    file.write_text(json.dumps(early))
    demand(world, at=NOW)
    later = transparency.make(transparency.year(2026), by="operator", at=NOW)
    assert later["groups"] != early["groups"]
    ledger.write_text("".join(exported()))
    code, out, _ = home(ledger, file)
    assert code == 0
    assert "It is not final" in out
    early["groups"]["orders"]["all"]["all"] = 99
    file.write_text(json.dumps(early))
    assert home(ledger, file)[0] == 1


# --- an export ------------------------------------------------------------------------------------------


def test_what_an_export_says_it_was_packed_under_is_in_it(
    world: World, taken: dict[str, Path], home: Home, monkeypatch: pytest.MonkeyPatch
):
    """The manifest is signed by the house, which may lie."""
    sealed = exports._sealed

    lies: list[Any] = []

    def lying(packing: Any, what: str, *, under: Any, **given: Any) -> Any:
        under.size, under.root = lies[-1](under)
        return sealed(packing, what, under=under, **given)

    packers = {
        "ledger": lambda out: exports.ledger(out, openings=True, by=world.staff.auditor, at=NOW),
        "events": lambda out: out.write(events(world, "")),
    }
    for name, pack in packers.items():
        for lie in (lambda one: (one.size + 1, one.root), lambda one: (one.size, bytes(32))):
            lies.append(lie)
            monkeypatch.setattr(exports, "_sealed", lying)
            with taken[name].open("wb") as out:
                pack(out)
            monkeypatch.setattr(exports, "_sealed", sealed)
            code, told, _ = home(taken[name])
            assert code == 1, name
            assert "Its manifest says that it was packed under a checkpoint of" in told


def test_a_job_packed_under_another_history_is_told(
    world: World, taken: dict[str, Path], home: Home, monkeypatch: pytest.MonkeyPatch
):
    assert home(taken["ledger"], taken["job"])[0] == 0
    with zipfile.ZipFile(taken["job"]) as inside:
        parts = {name: inside.read(name).decode() for name in inside.namelist()}
    (name,) = parts.keys() - {"manifest.txt"}
    for root, size, told in ((bytes(32), 0, ""), (bytes(32), log.checkpoint().size, "tell two histories")):
        out = io.BytesIO()
        packing = Packing(out)
        with packing.file(name) as stream:
            stream.write(parts[name])
        key = settings.LEDGER_KEY.bytes
        packing.seal(seed=key, name=settings.LEDGER_ORIGIN, what="x", by="x", at=NOW, size=size, root=root)
        taken["job"].write_bytes(out.getvalue())
        code, said, _ = home(taken["ledger"], taken["job"])
        assert code == bool(told)
        assert told in said


def test_the_witness_is_found_wherever_it_is_named(given: dict[str, Path], home: Home):
    text = note.split(given["checkpoints"].read_text())[0][-1]
    assert checkpoints.opened(text)
    given["cosigned"].write_text(text + cosignature.sign(text, WITNESS.name, bytes(range(32)), at=NOW) + "\n")
    assert home(given["ledger"], given["cosigned"], "--witness", WITNESS)[0] == 0
