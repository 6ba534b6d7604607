"""The receipt and the page of files that are taken along and brought, as people see them."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.demo.staff import PASSWORD
from consent import records
from consent.exchange import fhir_out
from consent.models import FormVersion
from consent.terms import Modifier, Permission
from tests.cast import CANCER, no, yes
from tests.world import FAR, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receipt_is_kept_and_a_file_is_read(page: Any, sign_in: Any, sound: Any) -> None:
    World()
    before = timezone.now() - timedelta(days=200)
    eve = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=before)
    person = eve.own_record.participant
    research = yes("RESEARCH", Permission("DS", (CANCER,)), modifiers=(Modifier.of("NPU"),), valid_to=FAR)
    row = records.deny(person, "AI", by=eve.reference, at=before)
    assert FormVersion.objects.exists()
    sign_in(page, eve)
    page.goto(reverse("participant:receipt", args=[row.seq]))
    sound("participant-receipt")
    page.get_by_role("link", name="Take all your choices along").click()
    sound("participant-exchange")
    several = (no("QC"), research, yes("CLINICAL", seq=3, modifiers=(Modifier("NPU"),)))
    data = fhir_out.bundle(several, participant=person.pseudonym)
    sent = {"name": "c.json", "mimeType": "application/json", "buffer": json.dumps(data).encode()}
    page.get_by_label("A FHIR Consent file").set_input_files(sent)
    page.get_by_role("button", name="Show what it says").click()
    sound("participant-exchange-read")
    page.get_by_role("link", name="Read and decide").click()
    assert page.get_by_label("Cancer MONDO:0004992").is_checked()
    page.go_back()
    sent["buffer"] = b"{"
    page.get_by_label("A FHIR Consent file").set_input_files(sent)
    page.get_by_role("button", name="Show what it says").click()
    sound("participant-exchange-refused")
