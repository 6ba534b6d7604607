"""The look itself: every component on one page, the landing page, the way in, and the pages of trouble."""

import re
from typing import Any

import pytest

from tests.browser import doors

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stand_in_doors(settings: Any) -> None:
    settings.ROOT_URLCONF = doors.__name__


def test_every_component_can_be_used_by_everybody(page: Any, sound: Any) -> None:
    page.goto("/_look/style/")
    page.get_by_text("Show as a table").click()
    sound("style")


def test_the_landing_page_says_what_this_is(page: Any, expect: Any, sound: Any) -> None:
    page.goto("/")
    title = page.get_by_role("heading", level=1).inner_text()
    assert " ".join(title.split()) == "Your DNA. Your yes. Your no."
    expect(page.get_by_role("img", name=re.compile("Four said yes"))).to_be_visible()
    sound("landing")


def test_the_frame_says_where_one_is_and_for_whom_one_acts(page: Any, sound: Any) -> None:
    page.goto("/_look/told/")
    assert (
        page.get_by_role("navigation", name="Main")
        .get_by_role("link", name="Home")
        .get_attribute("aria-current")
    )
    assert page.get_by_role("region", name="Acting for somebody").inner_text().startswith("You act for Budi.")
    assert page.get_by_role("status").first.inner_text() == "Ancestry research is off."
    assert page.get_by_role("alert").first.inner_text().startswith("The mail could not be sent.")
    sound("frame")


def test_a_wrong_password_is_said_on_top_and_focused(page: Any, expect: Any, sound: Any) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("not hers")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("^Error:"))
    summary = page.get_by_role("alert")
    assert "Nothing was changed" in summary.inner_text()
    expect(summary, "the summary is where the reader is taken").to_be_focused()
    sound("sign-in-wrong")


def test_an_error_leads_to_its_field_and_is_tied_to_it(page: Any) -> None:
    page.goto("/_look/style/")
    page.get_by_role("link", name="Until – Enter a valid date.").click()
    assert page.evaluate("document.activeElement.id") == "wrong_until"
    described = page.locator("#wrong_until").get_attribute("aria-describedby")
    assert "Enter a valid date." in page.locator(f"#{described}").inner_text()
    page.get_by_role("link", name=re.compile("May police compare")).click()
    assert page.evaluate("document.activeElement.id") == "wrong_police_0"


def test_nothing_is_chosen_beforehand_for_a_person(page: Any) -> None:
    page.goto("/_look/style/")
    assert page.locator("input[type=radio]:checked").count() == 0


def test_a_page_of_trouble_says_what_happened_and_what_now(open_page: Any, sound: Any) -> None:
    page = open_page()
    for name in doors.TROUBLE:
        page.goto(f"/_look/{name}/")
        words = page.get_by_role("main").inner_text()
        assert "Is my data safe?" in words, name
        assert "What now?" in words, name
        assert "7f3a-19c0" in words, name
        sound(f"trouble-{name}", page)


def test_the_language_switch_says_the_language_to_machines_too(open_page: Any, expect: Any) -> None:
    page = open_page()
    page.goto("/sign-in/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page).to_have_url(re.compile("/sign-in/$"))
    expect(page.locator("html")).to_have_attribute("lang", "id")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_first_key_skips_to_the_content(open_page: Any) -> None:
    page = open_page()
    page.goto("/_look/404/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_page_reads_without_script(open_page: Any) -> None:
    page = open_page(script=False)
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("not hers")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    assert "Nothing was changed" in page.get_by_role("alert").inner_text()


def test_htmx_runs_under_our_policy(open_page: Any) -> None:
    page = open_page()
    answer = page.goto("/_look/style/")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert page.evaluate("htmx.version").startswith("2.")
    assert page.evaluate("htmx.config.allowEval") is False
    assert page.evaluate("htmx.config.historyCacheSize") == 0, "pages must not be kept on a shared phone"
    assert not page.problems


def test_the_checks_bite(open_page: Any, violations: Any, sound: Any) -> None:
    """A page that is wrong on purpose is caught, or the checks above mean nothing."""
    page = open_page()
    page.goto("/sign-in/")
    assert not violations(page)
    page.evaluate("document.documentElement.removeAttribute('lang')")
    # Through the object model: a style attribute would be stopped by our own policy.
    page.evaluate("document.querySelector('h1').style.color = '#203030'")
    found = " ".join(violations(page))
    assert "html-has-lang" in found
    assert "color-contrast" in found
    page.goto("/sign-in/")
    page.evaluate("document.querySelector('h1').style.minWidth = '900px'")
    with pytest.raises(AssertionError, match="sideways"):
        sound("wrong-on-purpose", page)
