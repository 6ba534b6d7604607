"""The look of a consent form: to the steward who keeps it and to whoever reads it, on phone and desk."""

from typing import Any

import pytest
from django.utils import timezone

from consent import forms
from tests import drafts
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_form_is_kept_and_read(page: Any, sign_in: Any, sound: Any, tmp_path: Any):
    world = World()
    draft = drafts.adult()
    draft["texts"]["en"]["notice"] = "Police use is a choice for each kind of case."
    forms.load(draft, by="stella", at=timezone.now())
    sign_in(page, world.staff.steward)
    page.goto("/steward/forms/")
    sound("steward-consent-forms")
    page.get_by_role("link", name="F-ADULT 9.0").click()
    sound("steward-consent-form")
    page.get_by_label("I have read it in both languages").first.check()
    page.get_by_role("button", name="Approve").click()
    assert "Done" in page.get_by_role("status").first.inner_text()
    page.goto("/steward/forms/load/")
    wrong = tmp_path / "form.json"
    wrong.write_text("{}")
    page.get_by_label("The form, as a JSON file").set_input_files(str(wrong))
    page.get_by_role("button", name="Load it as a draft").click()
    assert "version must be a number" in page.get_by_role("alert").inner_text()
    sound("steward-load-form-wrong")
    page.goto("/forms/F-ADULT/1.0/")
    sound("public-form")
    page.get_by_role("link", name="Bahasa Indonesia").click()
    assert page.get_by_role("heading", level=1).inner_text() == "DNA saya, pilihan saya"
