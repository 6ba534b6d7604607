"""The way of a consent form: drafted, approved by a second person, published, superseded, retired."""

from itertools import pairwise

import pytest
from django.db import connection, transaction

from consent import fence, form_steps, forms, records
from consent.errors import FormRefused, KeptForever
from consent.form_steps import MOVES, State
from consent.ledger import log
from consent.models import FormDraft, FormMove, FormVersion, LedgerEvent, LedgerOpening
from consent.records import Wording
from consent.terms import Modifier, Permission, SignIn
from tests import drafts
from tests.consent.ledger.build import unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db
PUBLISHED = {"offers": [], "le_notice": True, "reconsent_due": None, "texts": {}}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def adult(world: World) -> FormVersion:
    form = forms.current("F-ADULT")
    assert form is not None
    return form


def counted() -> tuple[int, ...]:
    return tuple(m.objects.count() for m in (FormDraft, FormMove, FormVersion, LedgerEvent))


def told() -> list[str]:
    rows = LedgerOpening.objects.filter(event__kind__startswith="consent:form").order_by("event_id")
    return [row.said["kind"].split(":")[-1] for row in rows]


# --- the table ---


def test_every_state_has_its_row_and_only_these_steps_are_there():
    assert set(MOVES) == {None, *State}
    chain = [None, State.DRAFT, State.APPROVED, State.ACTIVE, State.SUPERSEDED, State.RETIRED]
    for before, after in pairwise(chain):
        assert after in MOVES[before]
    aside = {(State.DRAFT, State.DRAFT), (State.DRAFT, State.RETIRED), (State.APPROVED, State.RETIRED)}
    steps = {(before, after) for before, nexts in MOVES.items() for after in nexts}
    assert steps - aside == set(pairwise(chain))
    assert set(form_steps.TOLD_AS) == set(State)


@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("wanted", list(State))
def test_a_step_is_taken_when_the_table_has_it_and_refused_otherwise(state, wanted):
    draft = FormDraft.objects.create(
        form="F-X", version="1.0", body="{}", digest="d", loaded_by="sten", loaded_at=EARLIER
    )
    if state is not None:
        FormMove.objects.create(draft=draft, form="F-X", number=1, state=state, by="sten", at=EARLIER)
    more = PUBLISHED if wanted is State.ACTIVE else {}
    with transaction.atomic():
        fence.advance([])
        before = counted()
        if wanted in MOVES[state]:
            form_steps.take(draft, wanted, by="sten", at=NOW, **more)
            assert forms.state_of("F-X", "1.0") == wanted
        else:
            with pytest.raises(FormRefused, match="cannot become"):
                form_steps.take(draft, wanted, by="sten", at=NOW, **more)
            assert counted() == before


# --- the way in ---


def test_a_form_becomes_what_people_agree_to_by_two_people_and_three_verbs(adult):
    loaded = forms.load(drafts.adult(), by="sten", at=NOW)
    assert (forms.state_of("F-ADULT", "9.0"), forms.current("F-ADULT")) == (State.DRAFT, adult)
    forms.approve(loaded, by="stella", at=NOW)
    assert (forms.state_of("F-ADULT", "9.0"), forms.current("F-ADULT")) == (State.APPROVED, adult)
    version = forms.publish(loaded, by="sten", at=NOW)
    assert (forms.state_of("F-ADULT", "9.0"), forms.current("F-ADULT")) == (State.ACTIVE, version)
    assert forms.state_of("F-ADULT", "1.0") == State.SUPERSEDED
    assert told()[-4:] == ["loaded", "approved", "superseded", "published"]


def test_nobody_approves_what_she_loaded_herself(world):
    loaded = forms.load(drafts.adult(), by="sten", at=NOW)
    before = counted()
    with pytest.raises(FormRefused, match="somebody else"):
        forms.approve(loaded, by="sten", at=NOW)
    assert counted() == before


def test_what_two_people_have_not_approved_is_not_published(world):
    before = counted()
    with pytest.raises(FormRefused, match="two people"):
        forms.publish(drafts.adult(), by="sten", at=NOW)
    assert counted() == before
    loaded = forms.load(drafts.adult(), by="sten", at=NOW)
    for draft in (loaded, drafts.adult()):
        with pytest.raises(FormRefused, match="is draft, so it cannot become active"):
            forms.publish(draft, by="sten", at=NOW)
    assert str(forms.current("F-ADULT")) == "F-ADULT 1.0"


def test_an_approved_draft_is_published_from_its_file_as_well(world):
    forms.approve(forms.load(drafts.adult(), by="sten", at=NOW), by="stella", at=NOW)
    assert forms.publish(drafts.adult(), by="sten", at=NOW) == forms.current("F-ADULT")


def test_a_draft_is_replaced_by_loading_again_and_the_old_one_goes_nowhere(world):
    first = forms.load(drafts.adult(), by="sten", at=NOW)
    forms.load(drafts.adult(le_notice=True, reconsent_due="2030-01-01T00:00:00Z"), by="sten", at=NOW)
    for verb in (forms.approve, forms.retire):
        with pytest.raises(FormRefused, match="loaded again since"):
            verb(first, by="stella", at=NOW)
    assert forms.state_of("F-ADULT", "9.0") == State.DRAFT


def test_what_is_approved_or_published_is_not_loaded_again(adult):
    loaded = forms.load(drafts.adult(), by="sten", at=NOW)
    forms.approve(loaded, by="stella", at=NOW)
    for version in ("9.0", "1.0"):
        before = counted()
        with pytest.raises(FormRefused, match="cannot become draft"):
            forms.load(drafts.adult(version=version), by="sten", at=NOW)
        assert counted() == before


def test_publishing_again_changes_nothing_and_other_words_need_another_version(adult):
    before = counted()
    assert forms.publish_shipped(by="steward", at=NOW)["F-ADULT"] == adult
    reworded = drafts.adult(version="1.0")
    reworded["texts"]["en"]["clauses"]["QC"] = "Anything goes."
    with pytest.raises(FormRefused, match="other words"):
        forms.publish(reworded, by="steward", at=NOW)
    assert counted() == before
    assert str(drafts.published(reworded | {"version": "1.1"}, at=NOW)) == "F-ADULT 1.1"


def test_a_form_keeps_its_audience(world):
    with pytest.raises(FormRefused, match="another audience"):
        forms.load(drafts.guardian(form="F-ADULT"), by="sten", at=NOW)


def test_a_deadline_that_passed_while_the_form_waited_is_not_published(world):
    loaded = forms.load(drafts.adult(reconsent_due="2027-01-01T00:00:00Z"), by="sten", at=NOW)
    forms.approve(loaded, by="stella", at=NOW)
    before = counted()
    with pytest.raises(FormRefused, match="has passed"):
        forms.publish(loaded, by="sten", at=NOW.replace(year=2028))
    assert counted() == before
    version = forms.publish(loaded, by="sten", at=NOW)
    assert version.reconsent_due is not None
    assert version.reconsent_due.year == 2027


def test_two_stewards_at_one_moment_get_one_step(world, monkeypatch):
    loaded = forms.load(drafts.adult(), by="sten", at=NOW)
    read = form_steps._last

    def while_somebody_steps_in(form: str, version: str) -> FormMove | None:
        last = read(form, version)
        FormMove.objects.create(
            draft=loaded, form=form, number=last.number + 1, state=State.RETIRED, by="stella", at=NOW
        )
        return last

    monkeypatch.setattr(form_steps, "_last", while_somebody_steps_in)
    with pytest.raises(FormRefused, match="at the same moment"):
        forms.approve(loaded, by="stina", at=NOW)


@pytest.mark.parametrize("verb", ["load", "approve", "publish", "supersede", "retire"])
def test_no_step_is_kept_without_its_line_in_the_ledger(adult, monkeypatch, verb):
    loaded = forms.load(drafts.adult(), by="sten", at=NOW)
    if verb == "publish":
        forms.approve(loaded, by="stella", at=NOW)
    act = {
        "load": lambda: forms.load(drafts.adult(version="10.0"), by="sten", at=NOW),
        "approve": lambda: forms.approve(loaded, by="stella", at=NOW),
        "publish": lambda: forms.publish(loaded, by="sten", at=NOW),
        "supersede": lambda: forms.supersede(adult, by="sten", at=NOW),
        "retire": lambda: forms.retire(loaded, by="sten", at=NOW),
    }[verb]

    def broken(*_args, **_said):
        raise RuntimeError("no ledger")

    before = counted()
    with monkeypatch.context() as patch:
        patch.setattr(log, "append", broken)
        with pytest.raises(RuntimeError):
            act()
    assert counted() == before
    act()
    assert counted() > before


# --- out of use ---


def test_a_form_is_taken_out_of_use_and_later_retired(adult):
    forms.supersede(adult, by="sten", at=NOW)
    assert forms.current("F-ADULT") is None
    assert forms.takes_yes(adult)  # from a paper that was signed in time
    assert adult.draft is not None
    forms.retire(adult.draft, by="sten", at=NOW)
    assert not forms.takes_yes(adult)
    assert forms.text_of(adult, "en")["title"]  # what was agreed to stays readable


def test_what_is_in_use_is_not_retired_at_one_stroke(adult):
    with pytest.raises(FormRefused, match="is active, so it cannot become retired"):
        forms.retire(adult.draft, by="sten", at=NOW)


def test_a_version_is_never_changed(adult):
    with pytest.raises(KeptForever):
        FormVersion.objects.filter(pk=adult.pk).update(offers=[])
    for rows in (FormDraft, FormMove):
        with pytest.raises(KeptForever):
            rows.objects.all().delete()


# --- what is said on it ---


def test_words_that_nobody_agreed_to_are_not_shown(adult):
    with pytest.raises(FormRefused, match="not here"):
        forms.text_of(adult, "fr")
    assert adult.draft is not None
    body = adult.draft.body.replace("A doctor who treats me", "Anybody who treats me")
    with unsafe_without_triggers(connection):
        unsafe_rows(FormDraft).filter(pk=adult.draft.pk).update(body=body)
    again = FormVersion.objects.get(pk=adult.pk)
    for read in (lambda: forms.text_of(again, "en"), lambda: forms.clauses(again)):
        with pytest.raises(FormRefused, match="not those that people agreed to"):
            read()


def test_a_text_with_another_hash_is_not_shown(adult):
    with unsafe_without_triggers(connection):
        unsafe_rows(FormVersion).filter(pk=adult.pk).update(texts={"en": "0" * 64})
    with pytest.raises(FormRefused, match="not those that people agreed to"):
        forms.text_of(FormVersion.objects.get(pk=adult.pk), "en")


def test_a_version_from_before_words_were_kept_is_put_to_nobody(world):
    old = FormVersion.objects.create(
        form="F-OLD", version="1.0", offers=["QC"], le_notice=False, texts={}, published_at=EARLIER
    )
    assert forms.current("F-OLD") is None
    assert not forms.takes_yes(old)
    with pytest.raises(FormRefused, match="before words were kept"):
        forms.clauses(old)


def test_ticks_on_a_version_become_what_a_record_keeps(world, adult):
    said = forms.said(adult, {"R-DS": ["MONDO:0004992"], "R-EU": True, "CARE": True})
    assert said["RESEARCH"].permissions == (Permission("DS", ("MONDO:0004992",)),)
    assert said["RESEARCH"].modifiers == (Modifier.of("GS", regions=["EU"]),)
    dov = world.join("Dov")
    for family, terms in said.items():
        wording = Wording(permissions=terms.permissions, modifiers=terms.modifiers)
        sign_in = SignIn("totp", NOW)
        records.give(dov, family, form=adult, by="self", at=NOW, wording=wording, sign_in=sign_in)
    assert {one.family for one in records.of(dov)} == {"RESEARCH", "CLINICAL"}


def test_a_form_tells_of_a_family_as_a_whole(adult):
    told_in = {language: forms.told(adult, language) for language in forms.LANGUAGES}
    assert set(told_in["en"]) == set(told_in["id"]) == set(adult.offers)
    assert told_in["en"]["RESEARCH"].startswith("Researchers whose project was approved")
    assert told_in["id"]["CLINICAL"].startswith("Dokter yang merawat saya")


def test_whose_yes_rests_on_a_version_is_counted_until_a_newer_word_displaces_it(world, adult):
    for name in ("Ada", "Ben", "Noor", "Cleo", "Dov"):
        world.join(name)
    assert forms.resting_on(adult) == 3  # Cleo withdrew everything, Dov never answered
    records.deny(world.people["Ben"], "RESEARCH", by="self", at=NOW)
    records.deny(world.people["Ada"], "QC", by="self", at=NOW)
    assert forms.resting_on(adult) == 2


def test_every_version_is_listed_once_with_its_newest_step(adult):
    forms.load(drafts.adult(), by="sten", at=NOW)
    again = forms.load(drafts.adult(), by="stella", at=NOW)
    listed = {(str(move.draft), move.state) for move in form_steps.standing()}
    assert listed == {
        ("F-ADULT 9.0", State.DRAFT),
        ("F-ADULT 1.0", State.ACTIVE),
        ("F-GUARDIAN 1.0", State.ACTIVE),
    }
    assert form_steps.newest("F-ADULT", "9.0") == again
    assert [move.by for move in form_steps.story("F-ADULT", "9.0")] == ["stella", "sten"]
