"""The register over REST, for whoever reads its pages. Nothing is entered or answered here."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import processes, tokens
from broker.api import demands
from broker.models import LegalProcess, LegalStep, OwnRecord, User
from tests.broker.reporting.history import demand
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
State = LegalProcess.State


def door(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def listed(client: Client, where: str | None = None) -> dict[str, Any]:
    answer = client.get(where or reverse("api:demands"))
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_an_entry_is_told_as_on_its_page(world: World):
    legal, now = world.staff.legal, timezone.now()
    seen = demand(world, at=NOW, gag_until=now + timedelta(days=30))
    processes.move(seen, State.REVIEWED, "It wants everybody.", by=legal, at=NOW)
    processes.end_gag(seen, "It was lifted.", by=legal, at=now)
    client = door(legal)
    [told] = listed(client)["demands"]
    assert (told["id"], told["state"], told["answered"]) == (str(seen.pk), "REVIEWED", False)
    assert told["overdue"] is (seen.due_at < now)
    assert told["gag_until"] == processes.gag_end(seen).isoformat().replace("+00:00", "Z")  # type: ignore[union-attr]
    assert told["told"] is True
    one = client.get(reverse("api:demand", args=[seen.pk])).json()
    assert {name: one[name] for name in told} == told
    assert one["asks"] == seen.asks
    kinds = LegalStep.Kind
    assert [step["step"] for step in one["steps"]] == [kinds.MOVE, kinds.GAG_ENDED, kinds.TOLD]
    assert one["steps"][0]["reason"] == "It wants everybody."
    assert one["state"] == str(processes.state_of(seen))
    page = client.get(reverse("processes:process", args=[seen.pk])).content.decode()
    assert one["number"] in page
    assert one["steps"][0]["reason"] in page


def test_older_ones_stand_behind_a_link_and_none_is_told_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
):
    monkeypatch.setattr(demands, "PAGE", 2)
    for _ in range(5):
        demand(world, at=NOW)
    client = door(world.staff.clerk)
    seen, where, pages = [], None, 0
    while pages == 0 or where:
        with django_assert_max_num_queries(20):
            told = listed(client, where)
        seen += [one["id"] for one in told["demands"]]
        where, pages = told["older"], pages + 1
    assert pages == 3
    assert seen == [str(pk) for pk in processes.on_the_desk(world.staff.clerk).values_list("pk", flat=True)]
    for wrong in ("x", "00000000-0000-0000-0000-000000000007"):
        assert client.get(reverse("api:demands"), {"before": wrong}).status_code == 400


def test_whoever_may_not_read_the_register_reads_it_nowhere(world: World):
    seen = demand(world, at=NOW)
    for user in (world.staff.researcher, world.staff.investigator, world.staff.auditor, world.staff.admin):
        for where in (reverse("api:demands"), reverse("api:demand", args=[seen.pk])):
            assert door(user).get(where).status_code == 403
    assert Client().get(reverse("api:demands")).status_code == 401


def test_nobody_reads_a_paper_that_names_herself(world: World):
    ada, clerk = world.join("Ada"), world.staff.clerk
    seen = demand(world, at=NOW, concerned=[ada])
    assert listed(door(clerk))["demands"]
    whole = door(clerk).get(reverse("api:demand", args=[seen.pk])).json()
    assert whole["concerned"] == [ada.pseudonym]
    OwnRecord.objects.create(user=clerk, participant=ada)
    assert listed(door(clerk))["demands"] == []
    assert door(clerk).get(reverse("api:demand", args=[seen.pk])).status_code == 404


def test_a_token_opens_it_and_nothing_is_changed_by_it(world: World):
    seen = demand(world, at=NOW)
    _, plain = tokens.issue(world.staff.clerk, "desk", lasts=timedelta(days=1))
    client = Client(headers={"Authorization": f"Token {plain}"})
    assert [one["id"] for one in listed(client)["demands"]] == [str(seen.pk)]
    for method in ("post", "put", "patch", "delete"):
        for where in (reverse("api:demands"), reverse("api:demand", args=[seen.pk])):
            assert getattr(client, method)(where).status_code == 405
