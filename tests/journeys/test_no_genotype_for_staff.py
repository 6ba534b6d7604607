"""Stewards, administrators, auditors and a superuser open every page there is, with every id there is, and no
genotype is shown: none of an upload, of a column, of evidence. Django's own administration is nowhere.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from broker import jobs, queries
from broker.models import JobState, User
from genomics.intake.receive import receive_evidence
from tests.builders import vcf_text
from tests.house.test_doors import DOORS
from tests.world import NOW, SITE, World, job_of

pytestmark = pytest.mark.django_db

# What stands in everybody's file here and nowhere else: a place, a name, alleles that nobody asked about.
PLACE, NAME, ALLELE, EVIDENCE = "1000907", "rs998877665", "GATTACAGATTACA", "1000809"
GENOTYPE = re.compile("|".join((PLACE, NAME, ALLELE, EVIDENCE, r"\b[01][/|][01]\b(?!/)")))


def genome(place: str = PLACE) -> bytes:
    return vcf_text(
        [
            "20\t1000226\t.\tA\tT\t.\tPASS\t.\tGT\t0/1",
            f"20\t{place}\t{NAME}\tG\t{ALLELE}\t.\tPASS\t.\tGT\t0/1",
        ]
    )


@pytest.fixture
def world() -> World:
    """A house in which everything has happened once."""
    world = World()
    for n in range(3):
        world.join(f"Ada {n}", says="Ada", data=genome())
    world.join("Noor", data=genome())
    case = world.case()
    receive_evidence(f"case:{case.pk}", genome(EVIDENCE), by=world.staff.investigator.reference, at=NOW)
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    job = job_of(query)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    world.request(approve=False)
    world.case(sign=False, number="C-2")
    return world


def known() -> dict[str, list[Any]]:
    """By what a URL may ask for: everything of that kind that is in the database."""
    found: dict[str, set[Any]] = {"uuid": set(), "int": set(), "str": set()}
    for model in apps.get_models():
        if (
            model._meta.app_label not in {"broker", "consent", "genomics"}
            or "ledger" in model.__name__.lower()
        ):
            continue
        for row in model._default_manager.all()[:3]:
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                if isinstance(field, models.UUIDField) and value:
                    found["uuid"].add(value)
                elif field.primary_key and isinstance(value, int):
                    found["int"].add(value)
                elif field.name == "pseudonym":
                    found["str"].add(value)
    return {kind: sorted(some, key=str) for kind, some in found.items()}


def addresses() -> Iterator[str]:
    ids = known()
    for name, (pattern, _) in DOORS.items():
        asked = [piece.split(":")[0].strip("<>") for piece in re.findall(r"<[^>]+>", pattern)]
        choices = [ids.get(kind, ids["str"]) for kind in asked]
        if len(choices) > 1:
            choices = [some[:4] for some in choices]
        for arguments in product(*choices):
            yield reverse(name, args=arguments)


def text_of(answer: HttpResponseBase) -> str:
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return raw.decode(errors="replace")


def test_the_pattern_sees_a_genotype_where_there_is_one():
    for piece in (PLACE, NAME, ALLELE, "GT\t0/1", "1|1"):
        assert GENOTYPE.search(f"<td>{piece}</td>"), piece
    assert not GENOTYPE.search(f"2026/01/01 {SITE} 10/12")


@pytest.mark.harness
@pytest.mark.parametrize("who", ["steward", "legal", "admin", "auditor", "clerk", "superuser"])
def test_no_page_shows_a_genotype_to(world: World, who: str):
    user = (
        User.objects.create_superuser("root", password="x" * 12)
        if who == "superuser"
        else getattr(world.staff, who)
    )
    door = Client(raise_request_exception=False)
    door.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    shown = 0
    for address in list(addresses()):
        if address == reverse("sign_out"):
            continue
        answer = door.get(address)
        if answer.status_code == 200:
            shown += 1
            found = GENOTYPE.findall(text_of(answer))
            assert not found, f"{address} shows {found[0]!r} to {who}."
    assert shown >= 5


def test_djangos_own_administration_is_not_here():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert not [name for name in DOORS if name.startswith("admin:")]
    assert not [
        view
        for _, view in DOORS.values()
        if getattr(view, "__module__", "").startswith("django.contrib.admin")
    ]
