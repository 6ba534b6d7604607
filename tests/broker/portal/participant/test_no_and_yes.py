"""A no in one press, a yes in its steps."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.demo.staff import PASSWORD
from consent import records
from consent.models import Statement
from consent.terms import Modifier, Permission, Verb
from tests.broker.portal.participant.pages import HEALTH, allowed, press, said_yes, shown, terms
from tests.world import CANCER

pytestmark = pytest.mark.django_db


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
