"""The register's pages, the letter, and what everybody may read in public."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import processes, statements, transparency
from broker.models import CaseReport, LegalProcess, MonthlyStatement, PublishedReport, User
from broker.portal import report_words
from consent.ledger import checkpoints, monthly
from consent.ledger import report_form as form
from tests.broker.reporting.history import demand
from tests.builders import PDF
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SAID = {
    "kind": "warrant",
    "issuer": "Ninth Circuit Court",
    "number": "W-17",
    "issued_on": "2026-05-30",
    "asks": "A search of everybody.",
    "whom": "everybody",
    "references": "",
    "compels": "yes",
    "due_on": "",
    "gag_until": "",
    "case": "",
}


@pytest.fixture
def world() -> World:
    return World()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, name: str, /, *args: Any, status: int = 200) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def entered(client: Client, status: int = 302, **said: str) -> str:
    paper = SimpleUploadedFile("w.pdf", PDF)
    answer = client.post(reverse("processes:new"), {**SAID, **said, "document": paper})
    assert answer.status_code == status
    return html.unescape((client.get(answer["Location"]) if status == 302 else answer).content.decode())


def stepped(client: Client, process: LegalProcess, status: int = 302, **said: str) -> str:
    answer = client.post(reverse("processes:process", args=[process.pk]), said)
    assert answer.status_code == status
    return html.unescape((client.get(answer["Location"]) if status == 302 else answer).content.decode())


# --- the desk ------------------------------------------------------------------------------------------


def test_an_empty_register_says_what_will_stand_there(world: World):
    shown = page(signed_in(world.staff.clerk), "processes:register")
    assert "No paper waits for an answer" in shown
    assert "Nothing that is entered here can be taken out again." in shown


def test_a_clerk_enters_it_and_it_stands_in_every_inbox_until_it_is_answered(world: World):
    clerk, legal = signed_in(world.staff.clerk), signed_in(world.staff.legal)
    shown = entered(clerk)
    assert "It stays in the register" in shown
    assert "Yes. It changes nothing." in shown
    assert "The next step" not in shown, "a clerk answers nothing"
    process = LegalProcess.objects.get()
    stewards = signed_in(world.staff.steward)
    inboxes = ((clerk, "clerk:inbox"), (legal, "steward:inbox"), (stewards, "steward:inbox"))
    for client, inbox in inboxes:
        assert "Ninth Circuit Court W-17" in page(client, inbox)
    stepped(legal, process, state="REVIEWED", reason="It wants everybody.")
    assert "Ninth Circuit Court W-17" in page(legal, "steward:inbox")
    stepped(legal, process, state="REJECTED", reason="There is no such function.")
    for client, inbox in inboxes:
        assert "Ninth Circuit Court W-17" not in page(client, inbox)
    assert "Ninth Circuit Court W-17" in page(clerk, "processes:register"), "and it stays in the register"


def test_there_is_no_door_by_which_an_entry_is_taken_out(world: World):
    client = signed_in(world.staff.legal)
    entered(client)
    process = LegalProcess.objects.get()
    for method in ("delete", "put", "patch"):
        for name in ("process", "paper"):
            answer = getattr(client, method)(reverse(f"processes:{name}", args=[process.pk]))
            assert answer.status_code == 405
    assert LegalProcess.objects.exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"whom": "named", "references": "P-2222-2222"}, "Nobody here is called P-2222-2222"),
        ({"whom": "named"}, "Say whom it concerns"),
        ({"case": "C-404"}, "No case here has this number"),
        ({"gag_until": "2001-01-01"}, "ends after the paper came"),
        ({"issuer": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_entered(world: World, said: dict[str, str], why: str):
    assert why in entered(signed_in(world.staff.clerk), status=422, **said)
    assert not LegalProcess.objects.exists()


def test_it_is_bound_to_its_case_by_the_agencys_number(world: World):
    case = world.case(number="C-9")
    shown = entered(signed_in(world.staff.clerk), case="C-9")
    assert LegalProcess.objects.get().case == case
    assert "go out together with the case" in shown


def test_a_ban_shows_and_is_lifted_on_the_page(world: World):
    until = (timezone.now() + 90 * DAY).date()
    legal = signed_in(world.staff.legal)
    shown = entered(legal, gag_until=until.isoformat())
    assert "go out when the ban ends" in shown
    process = LegalProcess.objects.get()
    assert "A step needs" not in stepped(legal, process, lift="1", **{"gag-reason": "It was lifted."})
    assert processes.gag_end(process) < timezone.now()
    assert "They were told." in page(legal, "processes:process", process.pk)


def test_what_cannot_be_done_is_said(world: World):
    legal, clerk = signed_in(world.staff.legal), signed_in(world.staff.clerk)
    entered(legal)
    process = LegalProcess.objects.get()
    assert "is not one of the available choices" in stepped(legal, process, 422, state="CLOSED", reason="x")
    stepped(legal, process, state="REVIEWED", reason="x")
    told = stepped(legal, process, 422, state="ACTED_WITHIN_CONSENT", reason="x")
    assert "there is no function for that" in told
    assert "The next step is not yours" in stepped(clerk, process, state="REJECTED", reason="x")


def test_the_paper_is_handed_over_sealed_off(world: World):
    client = signed_in(world.staff.clerk)
    entered(client)
    answer = client.get(reverse("processes:paper", args=[LegalProcess.objects.get().pk]))
    assert answer.content == PDF
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("compels", "state", "english", "indonesian"),
    [
        (
            True,
            "REJECTED",
            "This system has no such function.",
            "Sistem ini tidak memiliki fungsi seperti itu.",
        ),
        (False, "REJECTED", "We do not act on this paper.", "Kami tidak bertindak atas surat ini."),
        (
            False,
            "ACTED_WITHIN_CONSENT",
            "only as far as people have agreed",
            "sejauh orang telah menyetujuinya",
        ),
    ],
)
def test_the_answer_is_a_letter_with_fixed_words(
    world: World, compels: bool, state: str, english: str, indonesian: str
):
    legal = signed_in(world.staff.legal)
    process = demand(world, at=NOW, compels_non_consenting=compels)
    page(legal, "processes:letter", process.pk, "en", status=404)
    for step in ("REVIEWED", state):
        processes.move(process, LegalProcess.State(step), "It is so.", by=world.staff.legal, at=NOW)
    for language, words in (("en", english), ("id", indonesian)):
        letter = page(legal, "processes:letter", process.pk, language)
        assert f'<html lang="{language}">' in letter
        for said in (words, "It is so.", "A court", process.number, str(process.pk)):
            assert said in letter
    page(legal, "processes:letter", process.pk, "fr", status=404)


def test_who_is_named_finds_no_entry(world: World):
    process = demand(world, at=NOW)
    for client in (signed_in(world.staff.researcher), signed_in(world.staff.investigator)):
        page(client, "processes:process", process.pk, status=403)


# --- what the agency reports back ----------------------------------------------------------------------


def test_an_investigator_reports_back(world: World):
    case, client = world.case(), signed_in(world.staff.investigator)
    assert reverse("agency:report", args=[case.pk]) in page(client, "agency:case", case.pk)
    place = reverse("agency:report", args=[case.pk])
    assert client.post(place, {}).status_code == 400
    assert client.post(place, {"stage": "investigation", "arrest": "yes", "cost": "900"}).status_code == 302
    made = CaseReport.objects.get()
    assert (made.arrest, made.conviction, made.cost) == (True, None, 900)
    assert "before trial" not in page(client, "agency:report", case.pk)
    page(signed_in(world.staff.counsel), "agency:report", case.pk, status=404)


# --- what everybody may read ---------------------------------------------------------------------------


def test_the_public_page_of_a_new_house_says_when_something_will_stand_there(world: World):
    shown = page(Client(), "transparency")
    assert "No statement yet" in shown
    assert "No year is over yet" in shown
    assert str(checkpoints.signer()) in shown
    assert reverse("transparency") in page(Client(), "landing")


def test_a_statement_is_read_and_checked_by_anybody(world: World):
    demand(world, at=NOW)
    statements.make(date(2026, 6, 1), by="house", at=datetime(2026, 7, 1, tzinfo=UTC))
    assert "June 2026" in page(Client(), "transparency")
    shown = page(Client(), "statement", "2026-06")
    assert "there was 1 order to tell of" in shown
    note = Client().get(reverse("statement_note", args=["2026-06"])).content.decode()
    assert monthly.opened(note, checkpoints.signer()).sought == 1
    for month in ("2026-07", "June"):
        page(Client(), "statement", month, status=404)


def test_a_month_that_is_missing_or_was_changed_is_said_in_public(world: World):
    now = timezone.now()
    first = (now - 100 * DAY).date().replace(day=1)
    statements.make(first, by="house", at=now)
    assert "is missing." in page(Client(), "transparency")
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE broker_monthlystatement SET note = replace(note, 'sought 0', 'sought 5')")
    assert "It is not as it was signed" in page(Client(), "transparency")
    assert "Tell an auditor" in page(Client(), "statement", f"{first:%Y-%m}")
    assert MonthlyStatement.objects.count() == 1


def test_the_report_of_a_year_is_published_once_when_it_is_over(world: World):
    demand(world, at=NOW)
    late = datetime(2027, 1, 1, tzinfo=UTC)
    assert transparency.publish_due(at=NOW) is None, "the house was not there a year ago"
    assert transparency.publish_due(at=late) is not None
    assert transparency.publish_due(at=late) is None
    shown = page(Client(), "transparency")
    assert "The year 2026" in shown
    assert shown.count("Too few to show") == 4, "of orders, what the statements tell is shown"
    told = Client().get(reverse("report_json", args=[2026])).json()
    assert told == PublishedReport.objects.get().report
    page(Client(), "report_json", 2025, status=404)
    assert Client().get(reverse("transparency"), {"year": "1"}).status_code == 404
    assert Client().get(reverse("transparency"), {"year": "2026"}).status_code == 200


def test_numbers_that_are_not_small_are_shown_with_words(world: World, monkeypatch: pytest.MonkeyPatch):
    for number in range(60):
        kind = LegalProcess.Kind.WARRANT if number % 2 else LegalProcess.Kind.SUBPOENA
        demand(world, at=NOW, kind=kind, compels_non_consenting=number % 2 == 0)
    transparency.publish_due(at=datetime(2027, 1, 1, tzinfo=UTC))
    shown = page(Client(), "transparency")
    for words in ("Search warrant", "Subpoena", "fewer than 10", "Did it demand people who had not agreed?"):
        assert words in shown
    assert re.search(r'<td class="num">30\s*</td>', shown)


def test_every_table_and_cell_has_its_words():
    for group, tables in form.FIXED.items():
        assert group in report_words.GROUPS
        for table, cells in tables.items():
            assert table in report_words.TABLES
            for cell in cells:
                assert report_words.called(table, cell) != cell or cell[0].isdigit(), cell
    for folded in form.FOLDED.values():
        assert set(folded) <= set(report_words.TABLES)
