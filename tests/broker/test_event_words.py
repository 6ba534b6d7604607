"""Every kind of event is told in both languages, from the same fields."""

import string

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from broker import events
from broker.demo.staff import appoint
from tests.world import NOW


def asked(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_language_has_its_table():
    assert set(events.SENTENCES) == {code for code, _ in settings.LANGUAGES}


@pytest.mark.parametrize("tag", sorted(events.BY_TAG))
def test_every_kind_has_its_own_sentence_in_both_languages(tag: str):
    english, indonesian = (events.SENTENCES[language].get(tag) for language in ("en", "id"))
    assert indonesian, f"{tag} has no sentence in Indonesian: write one in its floor's events_id.py."
    assert indonesian != english
    assert asked(indonesian) == asked(english)


def test_no_sentence_tells_of_a_kind_that_is_not_there():
    assert set(events.SENTENCES["id"]) <= set(events.BY_TAG)


@pytest.mark.django_db
def test_an_auditor_reads_events_in_her_own_language():
    otto = appoint(at=NOW).auditor
    door = Client(headers={"accept-language": "id"})
    door.force_login(otto, backend="django.contrib.auth.backends.ModelBackend")
    otto.language = "id"
    otto.save()
    page = door.get(reverse("auditor:ledger")).content.decode()
    assert "sekarang adalah auditor" in page
