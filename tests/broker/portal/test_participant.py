"""The participant's pages: her sentence and files, a no in one press, a yes in three steps, who used it."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import jobs, people, queries
from broker.demo.staff import PASSWORD
from broker.models import User
from broker.portal import record
from consent import records, scope, seals
from consent.models import FormVersion, Participant, Statement
from consent.participants import subject_of
from consent.policy import Policy
from consent.purposes import FAMILIES
from consent.terms import Modifier, Permission, SignIn, Verb
from genomics.intake.receive import receive
from genomics.models import GenomicFile
from tests.builders import vcf
from tests.proofs import prove
from tests.world import CANCER, World

pytestmark = pytest.mark.django_db

FILE = vcf([("20", 1000226, "A", "T", "0/1")])
LINE = b"\n"
HEALTH = (Permission(code="HMB"),)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def eve(world: World) -> User:
    """Signed up a year ago, verified, with one file; she has not said a word."""
    before = timezone.now() - timedelta(days=365)
    user = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=before)
    people.verify_identity(user.own_record.participant, by=world.staff.steward, at=before)
    receive(user.own_record.participant, FILE, by=user.reference, at=before)
    return user


@pytest.fixture
def her(eve: User) -> Client:
    client = Client()
    client.force_login(eve)
    prove(client)
    return client


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"participant:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def press(client: Client, name: str, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is not done, or what the next page says when it is."""
    answer = client.post(reverse(f"participant:{name}", args=args), said)
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def said_yes(user: User, family: str, **wording: Any) -> Statement:
    form = FormVersion.objects.get(form="F-ADULT")
    at = timezone.now() - timedelta(days=200)
    return records.give(
        user.own_record.participant,
        family,
        form=form,
        by=user.reference,
        at=at,
        wording=records.Wording(**wording),
        sign_in=SignIn("passkey", at),
    )


def allowed(participant: Participant) -> set[str]:
    statements = records.of(participant)
    found = scope.of(subject_of(participant), statements, policy=Policy.default(), at=timezone.now())
    return {family for family, choice in found.items() if choice.allowed}


def terms(client: Client, family: str, **changes: Any) -> dict[str, Any]:
    """What the form of a yes sends, when it is filled in well."""
    form = client.get(reverse("participant:choice", args=[family])).context["form"]
    plain = {"kind": "HMB"} if family == "RESEARCH" else {}
    return {"version": form["version"].value(), "until": "", **plain, **changes}


# --- home ---


def test_home_says_in_one_sentence_that_nothing_is_allowed(her):
    page = shown(her, "home")
    assert "None of 13 uses is allowed. Nobody can use your file." in page
    assert "You have not chosen yet" in page
    assert "No one has used your file." in page


def test_home_counts_and_names_what_is_allowed(eve, her):
    said_yes(eve, "RESEARCH", permissions=HEALTH)
    assert "1 of 13 uses is allowed. Nobody outside them can use your file." in shown(her, "home")
    said_yes(eve, "LE.UHR")
    page = shown(her, "home")
    assert "2 of 13 uses are allowed." in page
    assert "Police: unknown dead" in page
    assert "You have not chosen yet" not in page


def test_home_tells_a_newcomer_how_she_becomes_somebody(world):
    user = people.sign_up("new", PASSWORD, born_on=date(1990, 1, 1), at=timezone.now())
    client = Client()
    client.force_login(user)
    page = shown(client, "home")
    assert "Your identity is not verified yet" in page
    assert user.own_record.participant.pseudonym in page
    assert "You have no file here" in page


def test_home_reminds_of_a_yes_that_ends_soon_and_not_of_one_that_lasts(eve, her):
    said_yes(eve, "QC", valid_to=timezone.now() + timedelta(days=60))
    assert "This yes ends on" not in shown(her, "home")
    said_yes(eve, "QC", valid_to=timezone.now() + timedelta(days=9))
    assert "This yes ends on" in shown(her, "home")


def test_everything_can_be_stopped_from_every_page(eve, her):
    seq = said_yes(eve, "QC").seq
    for page in (
        *(shown(her, name) for name in ("home", "files", "choices", "usage")),
        shown(her, "choice", "RESEARCH"),
        shown(her, "receipt", seq),
        press(her, "check", "QC", status=200, **terms(her, "QC")),
    ):
        assert f'action="{reverse("participant:stop_everything")}"' in page


# --- choices ---


def test_choices_are_one_card_a_family_in_the_words_of_the_form(her):
    page = shown(her, "choices")
    for words in FAMILIES.values():
        assert words.label in page
    assert "A doctor who treats me may ask questions of my DNA file for my care." in page
    assert page.count("No answer yet. Silence is a no.") == len(FAMILIES)
    assert "police may learn of you or your relatives" in page


def test_choices_speak_the_language_the_form_was_published_in(her):
    her.cookies["django_language"] = "id"
    assert "Dokter yang merawat saya boleh mengajukan pertanyaan" in shown(her, "choices")


def test_choices_tell_the_state_of_each_and_on_which_terms(eve, her):
    said_yes(
        eve,
        "RESEARCH",
        permissions=(Permission(code="DS", diseases=(CANCER,)),),
        modifiers=(Modifier.of("NPU"), Modifier.of("GS", regions=["EU"])),
    )
    records.deny(eve.own_record.participant, "AI", by=eve.reference, at=timezone.now())
    said_yes(eve, "QC", valid_to=timezone.now() - timedelta(days=1))
    page = shown(her, "choices")
    terms_told = (
        "Research on named diseases (Cancer); Not-for-profit organisations; Only inside: European Union."
    )
    assert terms_told in page
    assert "No since" in page
    assert "This yes ended on" in page
    assert page.count("status-yes") == 1


def test_only_a_yes_has_a_button_that_stops_it(eve, her):
    said_yes(eve, "LE.HOM")
    page = shown(her, "choices")
    assert reverse("participant:stop", args=["LE.HOM"]) in page
    assert reverse("participant:stop", args=["LE.SEX"]) not in page


def test_a_record_that_was_tampered_with_is_told_and_can_still_be_stopped(eve, her, monkeypatch):
    said_yes(eve, "QC")
    monkeypatch.setattr(seals, "seal", lambda *_: b"another" * 4)
    page = shown(her, "choices")
    assert "not as it was recorded" in page
    assert "status-yes" not in page
    before = Statement.objects.count()
    her.post(reverse("participant:stop_everything"))
    assert Statement.objects.count() == before + 1


# --- no: one press ---


def test_a_yes_is_taken_back_with_one_press(eve, her):
    said_yes(eve, "QC")
    page = press(her, "stop", "QC")
    assert "Stopped – Quality checks" in page
    assert "Answers that left before cannot be called back." in page
    assert allowed(eve.own_record.participant) == set()
    assert records.of(eve.own_record.participant)[-1].decision is Verb.WITHDRAW


def test_a_no_can_be_said_before_any_yes(eve, her):
    assert "No – Police: killings" in press(her, "stop", "LE.HOM")
    assert records.of(eve.own_record.participant)[-1].decision is Verb.DENY


def test_everything_is_stopped_with_one_press(eve, her):
    for family in ("QC", "LE.HOM", "CLINICAL"):
        said_yes(eve, family)
    assert "Everything was stopped" in press(her, "stop_everything")
    assert allowed(eve.own_record.participant) == set()
    assert "None of 13 uses is allowed." in shown(her, "home")


def test_looking_stops_nothing(eve, her):
    said_yes(eve, "QC")
    for address in (reverse("participant:stop", args=["QC"]), reverse("participant:stop_everything")):
        assert her.get(address).status_code == 405
    assert allowed(eve.own_record.participant) == {"QC"}


# --- yes: read, fill in, look again, say ---


def test_a_choice_is_explained_with_nothing_filled_in_beforehand(her):
    page = shown(her, "choice", "RESEARCH")
    for words in ("Who could ask", "For example", "Can it be undone?", "DUO:0000006", "Melanoma"):
        assert words in page
    assert "checked" not in page
    assert "Any disease" not in page


def test_the_choices_lead_to_paper_to_files_and_to_the_whole_form(her):
    page = shown(her, "choices")
    whole = reverse("form", args=["F-ADULT", "1.0"])
    for place in (
        reverse("participant:form_sheet", args=["en"]),
        reverse("participant:exchange"),
        whole,
    ):
        assert f'href="{place}"' in page
        assert her.get(place).status_code == 200
    assert f'href="{whole}"' in shown(her, "choice", "QC")


def test_a_police_choice_carries_the_notice(her):
    assert "police may learn of you or your relatives" in shown(her, "choice", "LE.HOM")
    assert "police may learn of you or your relatives" not in shown(her, "choice", "QC")


def test_a_yes_is_looked_at_again_before_it_is_said(eve, her):
    filled = terms(her, "RESEARCH", kind="DS", diseases=[CANCER], conditions=["NPU", "GS_EU"])
    page = press(her, "check", "RESEARCH", status=200, **filled)
    for words in ("Is this what you want?", "Research on named diseases", "Cancer", "European Union"):
        assert words in page
    assert not Statement.objects.exists()

    page = press(her, "give", "RESEARCH", **filled)
    assert "Yes – Research" in page
    (said,) = records.of(eve.own_record.participant)
    assert said.permissions == (Permission(code="DS", diseases=(CANCER,)),)
    assert said.modifiers == (Modifier.of("NPU"), Modifier.of("GS", regions=["EU"]))
    assert (said.form.id, said.valid_to) == ("F-ADULT", None)


def test_what_was_checked_is_what_is_sent_on(her):
    filled = terms(her, "RESEARCH", kind=["DS"], diseases=[CANCER, "MONDO:0005015"], conditions=["IRB"])
    answer = her.post(reverse("participant:check", args=["RESEARCH"]), filled)
    hidden = {
        name: answer.context["form"][name].value() for name in ("kind", "diseases", "conditions", "version")
    }
    assert hidden == {name: filled[name] for name in hidden}
    for code in filled["diseases"]:
        assert f'<input type="hidden" name="diseases" value="{code}"' in answer.content.decode()


def test_something_can_be_changed_before_it_is_said(her):
    page = press(her, "check", "RESEARCH", status=200, again="1", **terms(her, "RESEARCH", kind="POA"))
    assert "Look at it once more" in page
    assert page.count("checked") == 1
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": []}, "This field is required."),
        ({"kind": "DS"}, "Tick at least one disease."),
        ({"kind": "HMB", "diseases": [CANCER]}, "You named diseases, but chose another kind"),
        ({"until": "2020-01-01"}, "Choose a day after today, or leave it empty."),
        ({"kind": "GRU-CC"}, "Select a valid choice."),
        ({"version": "F-ADULT 0.9"}, "The words of this choice have changed."),
    ],
)
@pytest.mark.parametrize("step", ["check", "give"])
def test_a_yes_that_is_not_whole_is_not_recorded(her, step, changes, words):
    page = press(her, step, "RESEARCH", status=422, **terms(her, "RESEARCH", **changes))
    assert words in page
    assert "Nothing was changed." in page
    assert not Statement.objects.exists()


def test_a_yes_with_an_end_is_over_on_that_day(eve, her):
    until = timezone.now().date() + timedelta(days=30)
    press(her, "give", "QC", **terms(her, "QC", until=until.isoformat()))
    (said,) = records.of(eve.own_record.participant)
    assert said.valid_to.date() == until
    assert said.valid_to.hour == 0


def test_changing_back_offers_the_old_terms(eve, her):
    said_yes(eve, "RESEARCH", permissions=HEALTH, modifiers=(Modifier.of("NCU"),))
    press(her, "stop", "RESEARCH")
    assert "Change back" in shown(her, "choices")
    form = her.get(reverse("participant:choice", args=["RESEARCH"])).context["form"]
    assert (form["kind"].value(), form["conditions"].value()) == (["HMB"], ["NCU"])


def test_what_nobody_offers_is_not_there(her):
    for family in ("LE.NVC", "EVERYTHING", "*"):
        shown(her, "choice", family, status=404)
        press(her, "check", family, status=404)
        press(her, "give", family, status=404)
        press(her, "stop", family, status=404)


def test_who_is_not_of_age_can_say_no_and_not_yes(world):
    user = people.sign_up("mia", PASSWORD, born_on=timezone.now().date(), at=timezone.now())
    client = Client()
    client.force_login(user)
    page = shown(client, "choice", "QC")
    assert "You can say no, and not yet yes" in page
    assert "Look at it once more" not in page
    assert "you can say no here, and not yet yes" in press(client, "give", "QC", version="F-ADULT 1.0")
    assert not Statement.objects.exists()
    assert "No – Quality checks" in press(client, "stop", "QC")


# --- receipts ---


def test_a_receipt_carries_the_words_that_were_agreed_to(eve, her):
    said = said_yes(eve, "LE.HOM")
    page = shown(her, "receipt", said.seq)
    assert "Police may compare my DNA with DNA left by an unknown person at a killing." in page
    assert "F-ADULT 1.0" in page
    assert bytes(said.commitment).hex() in page


def test_a_receipt_can_be_had_by_programs(eve, her):
    said = said_yes(eve, "RESEARCH", permissions=HEALTH)
    paper = json.loads(shown(her, "receipt_json", said.seq))
    assert paper["record_header"]["pii_principal_id"] == eve.own_record.participant.pseudonym
    assert paper["event"]["event_type"] == "consent_given"
    assert paper["pii_processing"]["purposes"][0]["permissions"][0]["duo"] == "DUO:0000006"


def test_a_receipt_of_somebody_else_is_not_there(world, her):
    theirs = world.join("Ada").statements.get()
    shown(her, "receipt", theirs.seq, status=404)
    shown(her, "receipt_json", theirs.seq, status=404)


# --- files ---


def test_files_tell_what_each_is_and_how_good(her):
    page = shown(her, "files")
    for words in ("VCF file", "In use", "GRCh37", "100.0%"):
        assert words in page


def test_a_file_is_added(eve, her):
    more = vcf([("20", 1000300, "C", "G", "1/1")])
    page = press(her, "files", file=SimpleUploadedFile("eve.vcf", more))
    assert "The file is locked away." in page
    assert GenomicFile.objects.filter(participant=eve.own_record.participant).count() == 2


def test_a_wrong_file_is_told_with_its_line_and_leaves_nothing(eve, her):
    broken = FILE.replace(b"0/1", b"0/x")
    page = press(her, "files", status=422, file=SimpleUploadedFile("eve.vcf", broken))
    assert "Please look at this again. Nothing was changed." in page
    assert f"Line {broken.count(LINE)}:" in page
    assert "Nothing was stored." in page
    assert GenomicFile.objects.count() == 1


def test_the_same_file_twice_is_refused(her):
    page = press(her, "files", status=422, file=SimpleUploadedFile("eve.vcf", FILE))
    assert "This very file is here already." in page


def test_no_file_at_all_is_told(her):
    assert "This field is required." in press(her, "files", status=422)


def test_the_build_is_believed_only_where_the_file_does_not_say_it(eve, her):
    silent = b"".join(line for line in FILE.splitlines(keepends=True) if not line.startswith(b"##contig"))
    page = press(her, "files", status=422, file=SimpleUploadedFile("eve.vcf", silent))
    assert "build" in page
    press(her, "files", file=SimpleUploadedFile("eve.vcf", silent), build="GRCh38")
    assert set(GenomicFile.objects.values_list("build", flat=True)) == {"GRCh37", "GRCh38"}


# --- who used my data ---


def asked(world: World, *purposes: str, times: int = 1) -> None:
    """Questions of the researcher, each run to its release."""
    request = world.request(*purposes, **({"disease": CANCER} if "R.DS" in purposes else {}))
    for _ in range(times):
        query = queries.submit(
            world.carriers(), under=request, by=world.staff.researcher, at=timezone.now() - timedelta(days=3)
        )
        jobs.run(query.job.pk, clock=lambda: timezone.now() - timedelta(days=3), batch=100)


def test_usage_lists_who_asked_what_left_and_who_was_turned_away(world, eve, her):
    said_yes(eve, "RESEARCH", permissions=(Permission(code="DS", diseases=(CANCER,)),))
    asked(world, "R.DS")
    asked(world, "R.HMB")
    page = shown(her, "usage")
    assert "2 questions came by; the file was read for 1." in page
    assert "University of Lund, cancer genetics" in page
    assert "Research on one disease. What left: a number of people." in page
    assert "Health research. Nothing was read. You allowed research, but not this kind." in page
    assert "File was read" in shown(her, "home")


def test_usage_is_filtered_by_purpose_and_year(world, her):
    asked(world, "R.DS")
    asked(world, "R.HMB")
    year = (timezone.now() - timedelta(days=3)).year
    page = shown(her, "usage", purpose="R.DS", year=year)
    assert "Research on one disease. Nothing" in page
    assert "Health research. Nothing" not in page
    assert "2 questions came by" in shown(her, "usage", purpose="nonsense")


def test_usage_comes_in_pages(world, her, monkeypatch):
    monkeypatch.setattr(record, "PAGE", 2)
    asked(world, "R.HMB", times=3)
    assert shown(her, "usage").count('class="entry"') == 2
    page = shown(her, "usage", page=2)
    assert page.count('class="entry"') == 1
    assert "3–3 of 3" in page


def test_usage_of_nobody_says_so(her):
    assert "No one has used your file." in shown(her, "usage")


@pytest.mark.parametrize(
    ("days", "words"), [(0, "In this demo a line appears at once."), (30, "at the earliest 30 days")]
)
def test_usage_says_when_a_line_appears(her, settings, days, words):
    settings.HOLD_DAYS = days
    assert words in shown(her, "usage")


# --- doors ---


def test_staff_have_no_record_here(world):
    client = Client()
    client.force_login(world.staff.researcher)
    for name in ("home", "files", "choices", "usage"):
        shown(client, name, status=403)


def test_nobody_is_asked_to_sign_in_for_nothing(her):
    answer = Client().get(reverse("participant:home"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in"))
