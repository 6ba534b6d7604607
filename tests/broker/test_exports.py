"""Events that were searched for, taken home: proved line by line, read as a table, signed as a whole."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from broker import events, exports
from broker.errors import Refused
from broker.ledger_search import parse
from broker.portal import auditor_ledger
from consent import records
from consent.ledger import checkpoints, log
from consent.ledger.verifier import main
from consent.models import LedgerOpening
from tests.consent.ledger.build import happen, unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def taken(world: World, q: str) -> bytes:
    out = io.BytesIO()
    exports.found(out, parse(q, at=NOW), tell=auditor_ledger.tell, by=world.staff.auditor, at=NOW)
    return out.getvalue()


def parts(raw: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as inside:
        return {name: inside.read(name).decode() for name in inside.namelist()}


def verified(raw: bytes, folder: Path) -> int:
    path = folder / "events.zip"
    path.write_bytes(raw)
    return main([str(path), "--key", str(checkpoints.signer())])


def test_what_was_found_is_proved_at_home(world: World, tmp_path: Path, capsys):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    records.withdraw(ada, by="self", at=NOW)  # has no place yet, so nothing could prove it
    raw = taken(world, f"about:{ada.pseudonym}")
    found = parts(raw)
    kinds = [json.loads(line)["kind"] for line in found["events.jsonl"].splitlines()]
    assert "consent:statement:given" in kinds
    assert "consent:statement:withdrawn" not in kinds
    table = list(csv.DictReader(io.StringIO(found["events.csv"])))
    assert [row["kind"] for row in table] == kinds
    assert {row["about"] for row in table} == {ada.pseudonym}
    assert f"what the events that fit about:{ada.pseudonym}\n" in found["manifest.txt"]
    assert verified(raw, tmp_path) == 0
    assert "each under a checkpoint of" in capsys.readouterr().out


def test_an_event_that_was_bent_before_it_was_packed_is_told_at_home(world: World, tmp_path: Path, capsys):
    """The house signs the parcel; that does not make what is in it true."""
    world.join("Ada")
    log.sequence(at=NOW)
    with unsafe_without_triggers(connection):
        for opening in unsafe_rows(LedgerOpening).filter(event__kind="consent:statement:given"):
            body = opening.body.replace("RESEARCH", "LE.HOM")
            unsafe_rows(LedgerOpening).filter(pk=opening.pk).update(body=body)
    assert verified(taken(world, "outcome:given"), tmp_path) == 1
    assert "does not say what was committed to" in capsys.readouterr().out


def test_an_event_that_lost_its_opening_is_taken_with_its_place(world: World, tmp_path: Path):
    [event, _] = happen(2)
    log.sequence(at=NOW)
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(LedgerOpening).filter(event=event))
    raw = taken(world, "before:2026-05-02 after:2026-05-01")
    assert len(parts(raw)["events.jsonl"].splitlines()) == 2
    assert verified(raw, tmp_path) == 0


def test_no_cell_is_a_formula(world: World):
    with transaction.atomic():
        log.append(events.LEDGER_READ, at=NOW, by="=HYPERLINK(1)", subject="@x", what="-1")
    log.sequence(at=NOW)
    [row] = list(csv.DictReader(io.StringIO(parts(taken(world, "kind:broker:ledger:read"))["events.csv"])))
    assert (row["by"], row["about"]) == ("'=HYPERLINK(1)", "'@x")


def test_too_many_are_refused_and_before_a_checkpoint_nothing_is_taken(world: World, monkeypatch):
    with pytest.raises(Refused, match="no checkpoint yet"):
        taken(world, "")
    log.sequence(at=NOW)
    monkeypatch.setattr(exports, "MOST", 3)
    with pytest.raises(Refused, match="More than 3 events fit"):
        taken(world, "")


def test_a_search_is_taken_from_its_page_and_that_is_an_event(world: World):
    log.sequence(at=NOW)
    door = Client()
    door.force_login(world.staff.auditor)
    address = reverse("auditor:events")
    assert f'action="{address}"' in door.get(reverse("auditor:ledger")).content.decode()
    answer = door.post(address, {"q": "kind:broker:role"})
    assert answer["Content-Disposition"] == 'attachment; filename="events.zip"'
    raw = b"".join(answer.streaming_content)
    [made] = log.openings([events.EXPORTED.tag]).values()
    assert made["fields"]["files"] == ["checkpoint.txt", "events.jsonl", "events.csv"]
    assert made["by"] == world.staff.auditor.reference
    assert "kind:broker:role" in parts(raw)["manifest.txt"]
    page = door.post(address, {"q": "colour:red"}, follow=True).content.decode()
    assert "no word of this search" in page


def test_a_job_that_is_refused_leaves_no_zip_behind(world: World, tmp_path: Path):
    with pytest.raises(Exception, match="no such job"):
        call_command("export_job", world.staff.auditor.public_id, tmp_path / "j.zip", by="otto-auditor")
    assert not list(tmp_path.iterdir())
