"""Paper forms: every no at once, a yes when two read it alike, a third who settles, and what is not given."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from consent import (
    forms,
    kin,
    paper,
    paper_steps,
    paper_yes,
    participants,
    policies,
    readings,
    records,
)
from consent.clauses import Clause
from consent.decision import decide
from consent.errors import FormRefused, KeptForever, KinRefused, LedgerBroken, PaperRefused, StatementRefused
from consent.ledger import log
from consent.models import Holding, LedgerOpening, PaperEntry, PaperImport, PaperMove, Statement
from consent.models.kin import Kind
from consent.readings import SIGNATURE, Answer, Reading, Side, Signature
from consent.terms import Capacity, File, Modifier, Permission, Verb
from tests.cast import company
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db
State = PaperMove.State
SIGNED = Signature(present=True, on=NOW.date() - timedelta(days=3))
WHEN = datetime(2026, 5, 29, 12, tzinfo=UTC)  # the day of SIGNED


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def adult(world):
    return forms.current("F-ADULT")


def scan(content="1", **changes):
    return replace(paper.Scan(sha256=content * 64, size=9, media_type="image/png"), **changes)


def received(person, form=None, *, content="1"):
    form = form or forms.current("F-ADULT")
    return paper.receive(person, form, scan(content), language="en", by="clara", at=NOW)


def read(sheet, *, signature=SIGNED, lists=None, **answers):
    """A reading: what is not named is blank. Clause ids are written with _ for -."""
    said = {id.replace("_", "-"): Answer(answer) for id, answer in answers.items()}
    ids = [clause.id for clause in forms.clauses(sheet.form)]
    return Reading(
        answers={**dict.fromkeys(ids, Answer.BLANK), **said}, lists=lists or {}, signature=signature
    )


def key(sheet, *, by="clara", **said):
    return paper.key(sheet, read(sheet, **said), by=by, at=NOW)


def keyed_alike(sheet, **said):
    key(sheet, by="clara", **said)
    return key(sheet, by="carl", **said)


def says(person):
    """The last word on each family."""
    return {one.family: str(one.decision) for one in records.of(person)}


def last_yes(person, family):
    return [one for one in records.of(person) if one.family == family and one.decision is Verb.GRANT][-1]


def left(sheet):
    return sheet.moves.get(state=State.APPLIED).facts["left"]


# --- a no at once, a yes by two ---


def test_a_no_holds_from_the_first_entry_and_a_yes_from_the_second(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, R_HMB="yes", HOM="no", QC="both", AI="blank")
    assert says(dov) == {"LE.HOM": "deny", "QC": "deny"}
    key(sheet, by="carl", R_HMB="yes", HOM="no", QC="both", AI="blank")
    assert says(dov) == {"LE.HOM": "deny", "QC": "deny", "RESEARCH": "grant"}
    assert paper.state_of(sheet) == State.APPLIED
    said = last_yes(dov, "RESEARCH")
    assert said.permissions == (Permission("HMB"),)
    assert (said.paper.keyed_by, said.paper.verified_by, said.paper.is_verified) == ("clara", "carl", True)


def test_a_no_stays_even_when_the_second_reader_saw_a_yes(world):
    noor = world.join("Noor")
    sheet = received(noor)
    key(sheet, HOM="no")
    assert says(noor)["LE.HOM"] == "deny"
    key(sheet, by="carl", HOM="yes")
    assert says(noor)["LE.HOM"] == "deny"
    assert paper.state_of(sheet) == State.DISCREPANT
    assert paper.differences(sheet) == ["HOM"]


def test_the_second_readers_no_holds_at_once_too(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="no")
    assert says(dov) == {"QC": "deny"}


def test_the_words_of_the_form_become_codes_with_their_conditions_and_lists(world):
    dov = world.join("Dov")
    keyed_alike(
        received(dov),
        R_DS="yes",
        R_NPU="yes",
        R_NCU="both",
        R_EU="no",
        R_GRU="no",
        lists={"R-DS": ["MONDO:0004992"]},
    )
    said = last_yes(dov, "RESEARCH")
    assert said.permissions == (Permission("DS", ("MONDO:0004992",)),)
    assert said.modifiers == (Modifier("NPU"), Modifier("NCU"))  # both boxes crossed: what narrows


def test_a_tick_that_names_no_disease_says_nothing(world):
    dov = world.join("Dov")
    keyed_alike(received(dov), R_DS="yes")
    assert says(dov) == {}


@pytest.mark.parametrize(
    ("who", "answers", "closes"),
    [
        ("Dov", {"R_HMB": "yes", "R_GRU": "no"}, False),  # nothing was allowed: silence is a no
        ("Ada", {"R_HMB": "yes", "R_GRU": "no"}, True),  # she allowed any research, and crossed it out
        ("Ada", {"R_GRU": "yes", "R_NRES": "no"}, False),  # what she allows stays as it was
        ("Ada", {"R_GRU": "no"}, True),
        ("Ben", {"R_DS": "yes", "R_HMB": "no"}, False),
        ("Ben", {"R_HMB": "yes", "R_DS": "no"}, True),
        ("Cleo", {"R_HMB": "no"}, False),  # she withdrew: there is nothing to close
        ("Cleo", {"R_HMB": "yes", "R_GRU": "no"}, False),
    ],
)
def test_a_no_to_a_part_closes_research_only_where_more_was_allowed(world, who, answers, closes):
    person = world.join(who)
    before = Statement.objects.count()
    lists = {"R-DS": ["MONDO:0004992"]} if answers.get("R_DS") == "yes" else None
    entry = key(received(person), lists=lists, **answers)
    assert Statement.objects.count() - before == len(entry.made) == int(closes)


def test_a_disease_that_is_named_no_more_closes_research(world):
    ben = world.join("Ben")
    key(received(ben), R_DS="yes", R_HMB="no", lists={"R-DS": ["MONDO:0005105"]})
    assert says(ben) == {"RESEARCH": "deny"}


def may_a_company_read(person):
    subject, file = participants.subject_of(person), File("f")
    policy = policies.in_force(at=NOW)
    return bool(decide(subject, file, records.of(person), company("R.GRU"), policy, NOW))


def test_a_condition_that_is_new_on_paper_holds_from_the_first_entry(world):
    ada = world.join("Ada")
    world.give(ada, "COMMERCIAL", at=EARLIER)
    assert may_a_company_read(ada)
    sheet = received(ada)
    key(sheet, R_GRU="yes", R_NPU="yes")
    assert not may_a_company_read(ada)
    assert says(ada)["RESEARCH"] == "deny"
    key(sheet, by="carl", R_GRU="yes", R_NPU="yes")
    assert last_yes(ada, "RESEARCH").modifiers == (Modifier("NPU"),)
    assert says(ada)["RESEARCH"] == "grant"
    assert not may_a_company_read(ada)


@pytest.mark.parametrize(
    ("before", "answers", "closes"),
    [
        ((), {"R_NPU": "both"}, True),  # both boxes of a condition: she set it
        ((), {"R_NPU": "yes"}, True),  # a condition without a kind: no yes follows, and none stays
        ((), {"R_GRU": "yes", "R_NPU": "no"}, False),
        ((), {"R_GRU": "yes", "R_EU": "yes"}, True),
        ((Modifier("NPU"),), {"R_GRU": "yes", "R_NPU": "yes"}, False),  # as it stands
        ((Modifier("NPU"),), {"R_GRU": "yes", "R_NPU": "yes", "R_NCU": "yes"}, True),
        ((Modifier("NPU"),), {"R_GRU": "yes", "R_NPU": "yes", "R_NRES": "no"}, False),
        ((Modifier("NPU"),), {"R_HMB": "yes", "R_NPU": "yes", "R_GRU": "no"}, True),
    ],
)
def test_a_condition_closes_research_only_where_what_stands_lacks_it(world, before, answers, closes):
    dov = world.join("Dov")
    world.give(dov, "RESEARCH", Permission("GRU"), at=EARLIER, modifiers=before)
    assert bool(key(received(dov), **answers).made) is closes


def test_a_condition_closes_nothing_where_nothing_is_allowed(world):
    for name in ("Dov", "Cleo"):
        assert key(received(world.join(name)), R_GRU="yes", R_NPU="yes").made == []


def test_a_no_to_one_file_hides_no_yes_to_the_others(world):
    ada = world.join("Ada")
    file = Holding.objects.get(participant=ada).file
    records.deny(ada, "RESEARCH", by="self", at=EARLIER, wording=records.Wording(file=file))
    key(received(ada), R_GRU="no")
    assert Statement.objects.filter(participant=ada).count() == 3


def test_a_record_that_cannot_be_read_is_closed_by_any_no(world, monkeypatch):
    dov = world.join("Dov")
    sheet = received(dov)

    def broken(_participant):
        raise records.SealBroken("Not as it was written.")

    with monkeypatch.context() as patch:
        patch.setattr(records, "of", broken)
        key(sheet, R_HMB="yes", R_GRU="no", QC="no")
    assert says(dov) == {"RESEARCH": "deny", "QC": "deny"}


# --- two different people ---


def test_nobody_reads_a_form_twice(world):
    sheet = received(world.join("Dov"))
    key(sheet, QC="yes")
    with pytest.raises(PaperRefused, match="second person"):
        key(sheet, QC="yes")
    assert PaperEntry.objects.count() == 1


def test_the_database_refuses_a_second_entry_of_one_person_as_well(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes")
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperEntry.objects.create(
            paper=sheet.paper,
            order=2,
            participant=dov,
            form=sheet.form,
            answers={},
            keyed_by="clara",
            keyed_at=NOW,
        )


def test_without_the_first_wall_the_second_still_keeps_one_person_from_being_two(world, monkeypatch):
    """The check in key() is blinded; the constraint of the table speaks."""
    dov = world.join("Dov")
    sheet = received(dov)
    entry = key(sheet, QC="yes")

    class Another(str):
        def __eq__(self, _other):
            return False

        __hash__ = str.__hash__

    entry.keyed_by = Another("clara")
    monkeypatch.setattr(paper, "_entries", lambda _paper: {paper.Order.FIRST: entry})
    with pytest.raises(PaperRefused, match="read this form before"):
        key(sheet, QC="yes")
    assert says(dov) == {}


def test_nobody_reads_a_form_a_third_time(world):
    sheet = received(world.join("Dov"))
    keyed_alike(sheet, QC="yes")
    with pytest.raises(PaperRefused, match="not waiting"):
        key(sheet, by="cora", QC="yes")


# --- the third ---


def test_a_third_person_settles_what_two_saw_differently(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes", CARE="no", AI="yes", R_HMB="yes", R_NPU="yes", HOM="yes")
    key(sheet, by="carl", QC="no", CARE="yes", AI="blank", R_HMB="yes", R_NPU="no", HOM="yes")
    assert paper.differences(sheet) == ["R-NPU", "CARE", "QC", "AI"]
    paper.settle(
        sheet,
        {"QC": Side.FIRST, "CARE": Side.SECOND, "AI": Side.UNREADABLE, "R-NPU": Side.FIRST},
        by="cora",
        at=NOW,
    )
    assert paper.state_of(sheet) == State.APPLIED
    assert says(dov) == {
        "QC": "grant",
        "CLINICAL": "grant",
        "RESEARCH": "grant",
        "LE.HOM": "grant",
    }
    named = {
        family: (last_yes(dov, family).paper.keyed_by, last_yes(dov, family).paper.verified_by)
        for family in says(dov)
    }
    assert named == {
        "QC": ("clara", "cora"),
        "CLINICAL": ("carl", "cora"),
        "RESEARCH": ("clara", "cora"),
        "LE.HOM": ("clara", "carl"),
    }
    assert last_yes(dov, "RESEARCH").modifiers == (Modifier("NPU"),)


def test_a_condition_that_nobody_can_read_takes_the_whole_yes_with_it(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, R_HMB="yes", R_NPU="yes")
    key(sheet, by="carl", R_HMB="yes", R_NPU="no")
    paper.settle(sheet, {"R-NPU": Side.UNREADABLE}, by="cora", at=NOW)
    assert says(dov) == {}
    assert left(sheet) == {"RESEARCH": paper_yes.Left.UNREADABLE}


@pytest.mark.parametrize(("side", "named"), [("first", "MONDO:0004992"), ("second", "MONDO:0005105")])
def test_the_third_sides_with_one_list_of_diseases(world, side, named):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, R_DS="yes", lists={"R-DS": ["MONDO:0004992"]})
    key(sheet, by="carl", R_DS="yes", lists={"R-DS": ["MONDO:0005105"]})
    paper.settle(sheet, {"R-DS": Side(side)}, by="cora", at=NOW)
    assert last_yes(dov, "RESEARCH").permissions == (Permission("DS", (named,)),)


def test_a_reader_does_not_settle_her_own_form(world):
    sheet = received(world.join("Dov"))
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="blank")
    for reader in ("clara", "carl"):
        with pytest.raises(PaperRefused, match="third person"):
            paper.settle(sheet, {"QC": Side.FIRST}, by=reader, at=NOW)


@pytest.mark.parametrize("sides", [{}, {"QC": Side.FIRST, "AI": Side.FIRST}])
def test_all_differences_are_settled_and_nothing_else(world, sides):
    sheet = received(world.join("Dov"))
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="blank")
    with pytest.raises(PaperRefused, match="Every difference"):
        paper.settle(sheet, sides, by="cora", at=NOW)


def test_only_a_form_that_was_read_differently_can_be_settled(world):
    sheet = received(world.join("Dov"))
    assert paper.differences(sheet) == []
    with pytest.raises(PaperRefused, match="nothing to settle"):
        paper.settle(sheet, {}, by="cora", at=NOW)


# --- the signature ---


@pytest.mark.parametrize("signature", [Signature(present=False), Signature(present=True)])
def test_a_form_without_signature_or_date_gives_nothing_and_its_noes_stay(world, signature):
    dov = world.join("Dov")
    sheet = received(dov)
    keyed_alike(sheet, signature=signature, QC="yes", HOM="no")
    assert paper.state_of(sheet) == State.REJECTED
    assert says(dov) == {"LE.HOM": "deny"}
    assert sheet.moves.last().reason == paper.UNSIGNED


@pytest.mark.parametrize(
    ("side", "state"), [("first", "APPLIED"), ("second", "REJECTED"), ("unreadable", "REJECTED")]
)
def test_the_third_settles_the_signature_as_well(world, side, state):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="yes", signature=Signature(present=False))
    assert paper.differences(sheet) == [SIGNATURE]
    paper.settle(sheet, {SIGNATURE: Side(side)}, by="cora", at=NOW)
    assert paper.state_of(sheet) == state
    assert says(dov) == ({"QC": "grant"} if state == "APPLIED" else {})


def test_nobody_signed_tomorrow_or_before_there_was_a_form(world):
    sheet = received(world.join("Dov"))
    for day, sentence in ((NOW.date() + timedelta(days=1), "not come"), (date(2019, 1, 1), "no F-ADULT")):
        with pytest.raises(PaperRefused, match=sentence):
            key(sheet, QC="no", signature=Signature(present=True, on=day))
    assert not PaperEntry.objects.exists()


def test_what_she_said_after_she_signed_stands(world):
    dov = world.join("Dov")
    sheet = received(dov)
    records.withdraw(dov, "QC", by="self", at=WHEN)  # that very day
    world.give(dov, "AI", at=WHEN)  # that very day: an older yes, as far as anybody can tell
    world.give(dov, "CLINICAL", at=WHEN + timedelta(days=1))
    keyed_alike(sheet, QC="yes", AI="yes", CARE="yes", EXON="yes")
    assert left(sheet) == dict.fromkeys(("CLINICAL", "QC"), paper_yes.Left.SPOKEN_SINCE)
    assert says(dov) == {"QC": "withdraw", "AI": "grant", "CLINICAL": "grant", "EXON": "grant"}


def test_stopping_everything_after_signing_stops_the_whole_form(world):
    dov = world.join("Dov")
    records.withdraw(dov, by="self", at=NOW)
    sheet = received(dov)
    keyed_alike(sheet, QC="yes", R_HMB="yes")
    assert set(left(sheet)) == {"QC", "RESEARCH"}


def test_the_day_is_the_day_where_she_is_at_home(world):
    kim = participants.register(born_on=date(1980, 1, 1), home_zone="Pacific/Auckland", by="x", at=EARLIER)
    sheet = received(kim)
    tomorrow = Signature(present=True, on=NOW.date() + timedelta(days=1))  # midnight has passed there
    keyed_alike(sheet, QC="yes", signature=tomorrow)
    assert says(kim) == {"QC": "grant"}


def test_who_was_a_minor_when_she_signed_gave_nothing(world):
    born = SIGNED.on.replace(year=SIGNED.on.year - 18) + timedelta(days=1)
    young = participants.register(born_on=born, by="x", at=EARLIER)  # eighteen on the day after
    sheet = received(young)
    keyed_alike(sheet, QC="yes", HOM="no")
    assert left(sheet) == {"QC": paper_yes.Left.MINOR}
    grown = participants.register(born_on=born - timedelta(days=1), by="x", at=EARLIER)
    keyed_alike(received(grown), QC="yes")
    assert says(young) == {"LE.HOM": "deny"}
    assert says(grown) == {"QC": "grant"}


def test_nobody_signs_after_her_death(world):
    dov = world.join("Dov")
    dov.died_at = EARLIER
    dov.save()
    sheet = received(dov)
    keyed_alike(sheet, QC="yes")
    assert left(sheet) == {"QC": paper_yes.Left.DEAD}


@pytest.mark.parametrize("capacity", [Capacity.GUARDIAN, Capacity.PROXY])
def test_who_signs_for_another_and_was_not_verified_gives_nothing(world, capacity):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    kin.claim("mother", child, at=EARLIER)
    sheet = received(child, forms.current("F-GUARDIAN"))
    keyed_alike(sheet, QC="yes", signature=replace(SIGNED, capacity=capacity, signer="mother"))
    assert left(sheet) == {"QC": paper_yes.Left.UNVERIFIED}


def test_a_next_of_kin_stops_and_does_not_start(world):
    dov = world.join("Dov")
    sheet = received(dov)
    keyed_alike(sheet, QC="yes", AI="no", signature=replace(SIGNED, capacity=Capacity.NEXT_OF_KIN))
    assert left(sheet) == {"QC": paper_yes.Left.NEXT_OF_KIN}
    assert says(dov) == {"AI": "deny"}


@pytest.mark.parametrize(
    ("verified", "signer", "ended", "given"),
    [
        (EARLIER, "mother", False, True),
        (NOW, "mother", False, False),  # verified after she signed
        (EARLIER, "", False, False),  # nobody knows which guardian signed
        (EARLIER, "uncle", False, False),
        (EARLIER, "mother", True, False),
    ],
)
def test_a_guardian_signs_who_was_verified_on_that_day_and_still_is(world, verified, signer, ended, given):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=verified)
    if ended:
        kin.end(link, by="court", at=NOW)
    sheet = received(child, forms.current("F-GUARDIAN"))
    keyed_alike(sheet, QC="yes", signature=replace(SIGNED, capacity=Capacity.GUARDIAN, signer=signer))
    assert (says(child) == {"QC": "grant"}) is given
    if given:
        said = last_yes(child, "QC")
        assert (said.authority.capacity, said.authority.verified) == (Capacity.GUARDIAN, True)


def proxy_for(person, *, until=NOW + timedelta(days=90), at=EARLIER):
    link = kin.claim_proxy("son", person, kind=Kind.COURT, papers="shelf 4", valid_to=until, at=at)
    return kin.verify(kin.verify(link, by="sten", at=at), by="lena", at=at)


def test_a_proxy_signs_for_care_alone_and_no_longer_than_she_is_one(world):
    dov = world.join("Dov")
    link = proxy_for(dov)
    sheet = received(dov)
    keyed_alike(sheet, CARE="yes", QC="yes", signature=replace(SIGNED, capacity=Capacity.PROXY, signer="son"))
    assert left(sheet) == {"QC": paper_yes.Left.BEYOND}
    said = last_yes(dov, "CLINICAL")
    assert (said.authority.capacity, said.valid_to) == (Capacity.PROXY, NOW + timedelta(days=90))
    kin.end(link, by="court", at=NOW)  # what a proxy granted ends with her, on paper too
    assert says(dov)["CLINICAL"] == "withdraw"


def test_a_guardian_cannot_sign_for_what_a_court_took_from_her(world):
    child = participants.register(born_on=date(2015, 1, 1), by="mother", at=EARLIER)
    link = kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    kin.limit(link, ["QC"], by="court", at=NOW)
    sheet = received(child, forms.current("F-GUARDIAN"))
    signature = replace(SIGNED, capacity=Capacity.GUARDIAN, signer="mother")
    keyed_alike(sheet, QC="yes", CARE="yes", signature=signature)
    assert left(sheet) == {"QC": paper_yes.Left.BEYOND}
    row = Statement.objects.get(participant=child, family="CLINICAL")
    assert row.actor == "mother"  # she acted; the clerks only read


def test_a_form_that_is_out_of_use_takes_a_no_and_no_yes(world, adult):
    dov = world.join("Dov")
    sheet = received(dov)
    forms.supersede(adult, by="steward", at=NOW)
    forms.retire(adult.draft, by="steward", at=NOW)
    keyed_alike(sheet, QC="yes", HOM="no")
    assert says(dov) == {"LE.HOM": "deny"}
    assert left(sheet) == {"QC": paper_yes.Left.RETIRED}


@pytest.mark.parametrize("refusal", [StatementRefused, KinRefused])
def test_a_yes_that_is_refused_for_itself_does_not_take_the_others_down(world, monkeypatch, refusal):
    dov = world.join("Dov")
    sheet = received(dov)
    give = records.give

    def picky(participant, family, **rest):
        if family == "QC":
            raise refusal("Not this one.")
        return give(participant, family, **rest)

    monkeypatch.setattr(records, "give", picky)
    keyed_alike(sheet, QC="yes", AI="yes")
    assert says(dov) == {"AI": "grant"}
    assert left(sheet) == {"QC": "Not this one."}


# --- receiving and rejecting ---


@pytest.mark.parametrize(
    "changes", [{"media_type": "image/gif"}, {"size": 0}, {"size": paper.MOST_BYTES + 1}]
)
def test_what_is_no_scan_is_not_received(world, adult, changes):
    with pytest.raises(PaperRefused, match="Nothing was recorded"):
        paper.receive(world.join("Dov"), adult, scan(**changes), language="en", by="clara", at=NOW)
    assert not PaperImport.objects.exists()


def test_the_same_scan_is_recognised_for_one_person_and_is_anothers_own(world):
    dov = world.join("Dov")
    first = received(dov)
    with pytest.raises(PaperRefused, match=str(first.paper)):
        received(dov)
    received(world.join("Ada"))
    received(dov, content="2")
    assert PaperImport.objects.count() == 3


def test_a_form_is_received_in_a_language_that_it_has(world, adult):
    with pytest.raises(FormRefused, match="not here"):
        paper.receive(world.join("Dov"), adult, scan(), language="fr", by="clara", at=NOW)


def test_nothing_is_received_of_somebody_who_was_erased(world):
    dov = world.join("Dov")
    dov.erased_at = NOW
    dov.save()
    with pytest.raises(PaperRefused, match="erased"):
        received(dov)


def test_a_rejected_form_counts_for_nothing_more_and_its_noes_stay(world):
    dov = world.join("Dov")
    sheet = received(dov)
    key(sheet, QC="yes", HOM="no")
    with pytest.raises(PaperRefused, match="for a reason"):
        paper.reject(sheet, "  ", by="carl", at=NOW)
    paper.reject(sheet, "Another person's name stands on it.", by="carl", at=NOW)
    assert says(dov) == {"LE.HOM": "deny"}
    with pytest.raises(PaperRefused, match="not waiting"):
        key(sheet, by="cora", QC="yes")
    with pytest.raises(PaperRefused, match="cannot become"):
        paper.reject(sheet, "again", by="carl", at=NOW)


# --- what is keyed ---


def test_a_reading_answers_every_clause_of_this_form_and_no_other(world):
    sheet = received(world.join("Dov"))
    whole = read(sheet)
    wrong = {
        "does not ask": replace(whole, answers={**whole.answers, "NVC": Answer.YES}),
        "Nothing was keyed for QC": replace(
            whole, answers={id: a for id, a in whole.answers.items() if id != "QC"}
        ),
        "a blank is a blank": read(sheet, QC="unreadable"),
        "asks for none": read(sheet, QC="yes", lists={"QC": ["MONDO:1"]}),
        "is not ticked": read(sheet, R_DS="no", lists={"R-DS": ["MONDO:1"]}),
    }
    for sentence, reading in wrong.items():
        with pytest.raises(PaperRefused, match=sentence):
            paper.key(sheet, reading, by="clara", at=NOW)
    assert not PaperEntry.objects.exists()


def test_a_condition_that_asks_for_a_list_and_got_none_cannot_be_told():
    where = Clause("WHERE", "RESEARCH", None, Modifier("GS"), "regions", allows=False)
    care = Clause("CC", "RESEARCH", None, Modifier("CC"), None, allows=False)
    both = Reading(answers={"WHERE": Answer.BOTH, "CC": Answer.BOTH}, signature=SIGNED)
    assert readings.unsettled(both, [where, care]) == {"RESEARCH"}
    assert readings.ticked(both, [where, care]) == {}  # and care that was crossed twice is not allowed
    named = Reading(answers={"WHERE": Answer.YES}, lists={"WHERE": ("EU",)}, signature=SIGNED)
    assert readings.unsettled(named, [where]) == set()
    assert readings.conditions(both, [where, care]) == {"RESEARCH": {Modifier("GS")}}  # like no other
    assert readings.conditions(named, [where]) == {"RESEARCH": {Modifier.of("GS", regions=("EU",))}}


# --- steps, rows and ledger ---


def test_every_state_has_its_row_its_event_and_a_way_in():
    assert set(paper_steps.MOVES) == {None, *State}
    assert set(paper_steps.TOLD_AS) == set(State)
    assert frozenset().union(*paper_steps.MOVES.values()) == set(State)
    assert {state for state, following in paper_steps.MOVES.items() if not following} == {
        State.APPLIED,
        State.REJECTED,
    }


def test_no_way_to_a_yes_goes_round_the_second_reader():
    before = {state for state, following in paper_steps.MOVES.items() if State.APPLIED in following}
    assert before == {State.VERIFIED, State.ADJUDICATED}
    assert State.VERIFIED not in paper_steps.MOVES[State.RECEIVED]


def test_steps_and_entries_are_never_changed(world):
    sheet = received(world.join("Dov"))
    entry = key(sheet, QC="yes")
    for row in (sheet, entry, sheet.moves.first()):
        with pytest.raises(KeptForever):
            row.save()
        with pytest.raises(KeptForever):
            row.delete()


def test_every_step_is_told_and_no_answer_is(world):
    dov = world.join("Dov")
    sheet = received(dov)
    before = LedgerOpening.objects.count()
    key(sheet, QC="yes")
    key(sheet, by="carl", QC="blank")
    told = [row.said for row in LedgerOpening.objects.order_by("event_id")[before:]]
    assert [one["kind"] for one in told] == [
        "consent:paper:keyed",
        "consent:paper:keyed",
        "consent:paper:discrepant",
    ]
    assert all(set(one["fields"]) <= {"paper", "order"} for one in told)
    paper.settle(sheet, {"QC": Side.FIRST}, by="cora", at=NOW)
    applied = LedgerOpening.objects.get(event__kind="consent:paper:applied").said["fields"]
    assert applied["signed_on"] == "2026-05-29"
    assert applied["given"] == [last_yes(dov, "QC").seq]


@pytest.mark.parametrize("verb", ["receive", "first", "second", "settle", "reject"])
def test_without_its_ledger_line_nothing_is_done(world, monkeypatch, verb):
    dov = world.join("Dov")
    sheet = received(dov)
    if verb in ("second", "settle"):
        key(sheet, QC="yes", AI="no")
    if verb == "settle":
        key(sheet, by="carl", QC="blank", AI="no")
    counted = (PaperImport, PaperMove, PaperEntry, Statement, LedgerOpening)
    before = [model.objects.count() for model in counted]
    append, broken = log.append, {"receive": "received", "first": "keyed", "second": "applied"}.get(verb, "")

    def breaks(kind, **rest):
        if kind.tag.endswith(broken or {"settle": "applied", "reject": "rejected"}[verb]):
            raise LedgerBroken("No ledger.")
        return append(kind, **rest)

    monkeypatch.setattr(log, "append", breaks)
    acts = {
        "receive": lambda: received(dov, content="2"),
        "first": lambda: key(sheet, QC="no"),
        "second": lambda: key(sheet, by="carl", QC="yes", AI="no"),
        "settle": lambda: paper.settle(sheet, {"QC": Side.FIRST}, by="cora", at=NOW),
        "reject": lambda: paper.reject(sheet, "torn", by="carl", at=NOW),
    }
    with pytest.raises(LedgerBroken):
        acts[verb]()
    assert [model.objects.count() for model in counted] == before
