"""Pages of every role in Indonesian, as they look and read: no English is left, and longer words fit."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.demo.staff import PASSWORD
from broker.models import User
from genomics.intake.receive import receive
from tests.browser.conftest import DESK_LIGHT, PHONE_DARK, Screen
from tests.builders import vcf
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH = re.compile(r"\b(the|your|you|and|with|from|not|nobody|what|this|until|they|their)\b", re.I)
WORDS = """() => {
    const page = document.body.cloneNode(true);
    page.querySelectorAll('code, .code, [lang=en], script, option').forEach(one => one.remove());
    return page.textContent.replace(/\\s+/g, ' ');
}"""

PAGES: dict[str, tuple[str, ...]] = {
    "": ("landing", "sign_in", "sign_up", "take_over", "transparency"),
    "participant": (
        "participant:home",
        "participant:files",
        "participant:choices",
        "participant:usage",
        "participant:take",
        "participant:leave",
        "participant:move",
        "participant:exchange",
        "participant:tokens",
        "notices:inbox",
        "notices:channels",
        "factors:factors",
    ),
    "researcher": ("researcher:projects", "researcher:queries", "researcher:tokens"),
    "investigator": ("agency:cases", "agency:case_new"),
    "steward": ("steward:inbox", "steward:kin", "steward:reviews", "steward:diseases", "processes:register"),
    "clerk": ("clerk:inbox", "clerk:new", "clerk:print_form"),
    "auditor": ("auditor:jobs", "auditor:anomalies", "auditor:papers", "auditor:verify", "auditor:export"),
    "admin": ("administrator:people", "administrator:organisations", "administrator:health"),
}


def somebody(role: str) -> User:
    world, at = World(), timezone.now() - timedelta(days=300)
    if role != "participant":
        return getattr(world.staff, role)
    user = people.sign_up("ida", PASSWORD, born_on=date(1980, 5, 1), at=at)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=at)
    receive(user.own_record.participant, vcf([("20", 1000226, "A", "T", "0/1")]), by=user.reference, at=at)
    return user


@pytest.mark.parametrize("screen", [PHONE_DARK, DESK_LIGHT], ids=str)
@pytest.mark.parametrize("role", PAGES)
def test_pages_speak_indonesian(
    open_page: Callable[..., Any], sign_in: Any, sound: Any, screen: Screen, role: str
):
    page = open_page(screen, locale="id-ID")
    if role:
        sign_in(page, somebody(role))
    left = {}
    for name in PAGES[role]:
        page.goto(reverse(name))
        assert page.locator("html").get_attribute("lang") == "id"
        if english := ENGLISH.findall(page.evaluate(WORDS)):
            left[name] = english
        sound(f"id-{name}", page)
    assert not left
