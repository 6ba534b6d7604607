"""The ledger verified here, and taken home to be verified without the house."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from consent.ledger import log, recount
from consent.models import LedgerEvent
from tests.broker.portal.auditor.looking import looks, shown
from tests.consent.ledger.build import unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_verifying_says_how_many_events_hold_and_is_an_event(world: World, otto: Client):
    world.join("Ada")
    log.sequence(at=NOW)
    page = shown(otto, "verify")
    assert "genomic-broker/ledger" in page  # the newest note
    assert not looks()  # looking at the page is none
    page = otto.post(reverse("auditor:verify")).content.decode()
    assert f"{LedgerEvent.objects.count()} events verify." in page
    [look] = looks()
    assert look["fields"] == {"what": "verify"}
    assert look["by"] == world.staff.auditor.reference


def test_verifying_before_the_first_checkpoint_says_so(otto: Client):
    assert "No checkpoint yet" in shown(otto, "verify")


def test_verifying_tells_each_thing_that_does_not_hold(world: World, otto: Client):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    statement = ada.statements.get()
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        unsafe_rows(LedgerEvent).filter(uid=statement.event).update(kind="consent:statement:denied")
        cursor.execute("UPDATE consent_statement SET body = 'changed' WHERE seq = %s", [statement.seq])
    page = otto.post(reverse("auditor:verify")).content.decode()
    assert "things do not hold." in page
    assert f"Statement {statement.seq} is not as it was recorded." in page
    assert "is not the one that was placed there" in page
    assert "events verify" not in page


def taken_home(client: Client, openings: str) -> bytes:
    answer = client.post(reverse("auditor:export"), {"openings": openings})
    assert answer.status_code == 200
    assert 'filename="ledger.zip"' in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)


def lines_of(zipped: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(zipped)) as inside:
        return inside.read("ledger.jsonl").decode()


def test_the_export_is_verified_at_home_without_the_house(world: World, otto: Client, tmp_path: Path):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    page = shown(otto, "export")
    key = re.search(r"--key '(\S+)'", page)
    assert key is not None
    assert not looks()
    zipped = taken_home(otto, "yes")
    text = lines_of(zipped)
    assert ada.pseudonym in text
    file = tmp_path / "ledger.zip"
    file.write_bytes(zipped)
    command = [sys.executable, "-m", "consent.ledger.verifier", str(file), "--key", key[1]]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "Everything holds." in told.stdout
    assert f"by {world.staff.auditor.reference}: the ledger (ledger.jsonl)" in told.stdout
    with zipfile.ZipFile(io.BytesIO(zipped)) as inside:
        manifest = inside.read("manifest.txt")
    [made] = log.openings(["broker:export:made"]).values()
    assert made["fields"]["sha256"] == hashlib.sha256(manifest).hexdigest()
    file.write_text(text.replace("RESEARCH", "LE.HOM"))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_the_tree_alone_says_nothing_about_anybody(world: World, otto: Client):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    text = lines_of(taken_home(otto, "no"))
    assert ada.pseudonym not in text
    assert not json.loads(text.splitlines()[0])["openings"]
    assert recount.read(io.StringIO(text)).ok
