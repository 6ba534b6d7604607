"""The paper desk and the printed form in a browser, on a phone and at a desk: from the scan to the third."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from broker import paper_codes
from broker.models import User
from consent import forms, participants
from tests.browser.conftest import SHOTS
from tests.builders import png
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def answer(page: Any, **said: str) -> None:
    """Blank everywhere, but for what is named."""
    page.get_by_label("The form shows the reference").check()
    for box in page.locator("input[type=radio][value=blank]").all():
        box.check()
    for id, value in said.items():
        page.locator(f"input[type=radio][name='{id.replace('_', '-')}'][value={value}]").check()
    page.get_by_role("group", name="Is there a signature?").get_by_label("Yes").check()
    page.get_by_label("for herself").check()
    page.get_by_label("The day beside the signature").fill(timezone.now().date().isoformat())


def test_a_form_from_its_scan_to_the_third_person(page: Any, sign_in: Any, sound: Any, world: World):
    person = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
    adult = forms.current("F-ADULT")
    assert adult is not None
    staff = world.staff
    sign_in(page, staff.clerk)
    page.goto("/clerk/")
    sound("clerk-inbox-empty")
    page.get_by_role("link", name="A form has come").click()
    sound("clerk-new")
    code = paper_codes.write(paper_codes.Code("F-ADULT", adult.version, "id", person.pseudonym))
    page.get_by_label("Code or reference").fill(code)
    scan = {"name": "s.png", "mimeType": "image/png", "buffer": png(595, 842)}
    page.get_by_label("The scan").set_input_files(scan)
    page.get_by_role("button", name="Lock the scan away").click()
    sound("clerk-paper")
    page.get_by_role("link", name="Read it").click()
    sound("clerk-key")
    page.get_by_role("button", name="Keep this reading").click()
    sound("clerk-key-wrong")
    answer(page, QC="yes", HOM="no", R_HMB="yes")
    page.get_by_role("button", name="Keep this reading").click()
    assert "Every no holds from now on" in page.get_by_role("status").first.inner_text()
    sign_in(page, staff.second_clerk)
    page.goto("/clerk/")
    sound("clerk-inbox")
    page.get_by_role("link", name=person.pseudonym).click()
    answer(page, QC="both", HOM="no", R_HMB="yes")
    page.get_by_role("button", name="Keep this reading").click()
    sign_in(page, staff.third_clerk)
    page.goto("/clerk/")
    page.get_by_role("link", name=person.pseudonym).click()
    sound("clerk-settle")
    page.get_by_label("First reader: Yes").check()
    page.get_by_role("button", name="Settle this form").click()
    sound("clerk-paper-settled")
    sign_in(page, staff.auditor)
    page.goto("/auditor/papers/")
    sound("auditor-papers")
    page.get_by_role("link", name=person.pseudonym).click()
    sound("auditor-paper")


def test_the_printed_form(page: Any, sign_in: Any, sound: Any, world: World):
    steward: User = world.staff.steward
    person = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
    sign_in(page, steward)
    page.goto("/steward/print/")
    sound("steward-print")
    page.get_by_label("F-ADULT").check()
    page.get_by_label("Bahasa Indonesia").check()
    page.get_by_label("For whom?").fill(person.pseudonym)
    page.get_by_role("button", name="Show the page to print").click()
    sound("sheet")
    page.get_by_role("link", name="English").click()
    assert page.get_by_role("heading", level=1).inner_text() == "My DNA, my choices"
    page.emulate_media(media="print", color_scheme="light")
    page.pdf(path=SHOTS / "sheet.pdf", prefer_css_page_size=True, print_background=True)
    assert person.pseudonym in page.get_by_role("main").inner_text()
