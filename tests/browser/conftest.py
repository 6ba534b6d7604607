"""A real browser for every test in this folder: phone in the dark, desk in the light.

    def test_home(page, sound):
        page.goto("/home/")                 # addresses are relative to the live server
        page.get_by_role("link", name="Files").click()
        sound("participant-home")  # axe, sideways scroll, console, hosts, targets; a picture in ./shots

What lives here: the browser, the two screens, the way to sign in, and what every page must be. What does
not: what a page says. Without a chromium or playwright these tests are skipped with a reason; each is
marked `browser` by itself.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from tests import factors

SHOTS = Path(__file__).resolve().parents[2] / "shots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a page is read."""

    name: str
    width: int
    height: int
    scheme: str

    def __str__(self) -> str:
        return self.name


PHONE_DARK = Screen("phone-dark", 390, 844, "dark")
DESK_LIGHT = Screen("desk-light", 1200, 900, "light")

# What a finger must hit is 44 px high; links inside a sentence are not, and a tick is as big as its label.
SMALL_TARGETS = """() => [...document.querySelectorAll(
    'button, .button, summary, select, textarea, nav a, .foot a, .back, .card-link, input')]
    .map(e => e.matches('[type=checkbox],[type=radio]') ? e.closest('label') || e : e)
    .filter(e => e.type !== 'hidden' && e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
    .map(e => e.outerHTML.slice(0, 120) + ' is ' + e.getBoundingClientRect().height)"""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests of this folder need a browser, and share one process so that few browsers start."""
    item.add_marker(pytest.mark.browser)
    item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture
def expect() -> Any:
    """Playwright's own asserting waits for the page that a click opened; a plain `assert` races it."""
    return pytest.importorskip("playwright.sync_api", reason="playwright is not installed here").expect


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """WhiteNoise warns when its folder is missing; the live server finds the files without it."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser a file. Playwright's loop lives in this thread, so Django is told that this is known."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed here")
    binary = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not binary:
        pytest.skip("no chromium on this machine (CHROMIUM may name one)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=binary, headless=True, args=ARGS)
            yield browser
            browser.close()


def _complain(page: Any, message: Any) -> None:
    """Errors of the page. That its own address answers 400 or 404 is an answer, not an error."""
    if message.type == "error" and message.location["url"] != page.url:
        page.problems.append(message.text)


@pytest.fixture
def open_page(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """open_page(screen=PHONE_DARK, script=True, **options) -> a page that keeps its .problems and .urls."""
    contexts = []

    def opened(screen: Screen = PHONE_DARK, *, script: bool = True, **options: Any) -> Any:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": screen.width, "height": screen.height},
            color_scheme=screen.scheme,
            java_script_enabled=script,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.screen, page.problems, page.urls = screen, [], []
        page.on("console", lambda message: _complain(page, message))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.urls.append(request.url))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(params=[PHONE_DARK, DESK_LIGHT], ids=str)
def page(request: pytest.FixtureRequest, open_page: Callable[..., Any]) -> Any:
    """The page, once on a phone in the dark and once on a desk in the light."""
    return open_page(request.param)


@pytest.fixture
def sign_in(live_server: Any) -> Callable[..., None]:
    """sign_in(page, user): a session as the sign-in page would make it, without walking there; with
    `confirmed_at`, as after a second step at that time."""

    def signed_in(page: Any, user: Any, *, confirmed_at: datetime | None = None) -> None:
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        if confirmed_at is not None:
            factors.confirm_session(session, at=confirmed_at)
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}
        page.context.add_cookies([cookie])

    return signed_in


@pytest.fixture(scope="session")
def axe_source() -> str:
    """axe-core as the wheel carries it; evaluated, because our own policy stops a script tag."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed here")
    return (Path(axe.__file__).parent / "axe.min.js").read_text()


@pytest.fixture
def violations(axe_source: str) -> Callable[[Any], list[str]]:
    """violations(page): what axe finds against WCAG 2.2 AA, a sentence each."""

    def found(page: Any) -> list[str]:
        page.evaluate(axe_source)
        report = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [
            f"{one['id']}: {node['html']} ({node['failureSummary']})"
            for one in report["violations"]
            for node in one["nodes"]
        ]

    return found


@pytest.fixture
def sound(
    request: pytest.FixtureRequest, live_server: Any, violations: Callable[[Any], list[str]]
) -> Callable[..., None]:
    """sound("name") checks what every page must be (the test's `page`, or the one given) and pictures it."""

    def checked(name: str, page: Any = None) -> None:
        page = page or request.getfixturevalue("page")
        picture(page, name)
        assert not violations(page), "axe finds something that some people cannot use"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"the page scrolls sideways by {wide} px; let the wide part scroll in a region"
        assert not page.evaluate(SMALL_TARGETS), "something to press is lower than 44 px"
        assert not page.problems, "the browser complains; most often the page breaks its own content policy"
        foreign = [url for url in page.urls if not url.startswith(live_server.url)]
        assert not foreign, "the page asks another host for something; everything comes from here"

    return checked


def picture(page: Any, name: str) -> Path:
    """The whole page as ./shots/<name>-<screen>.png, for people to look at."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{page.screen}.png"
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, full_page=True)
    return path
