"""A yes: what it must be, shown who says it, and waited for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from consent import events, fence, forms, holdings, kin, participants, policies, records, seals
from consent.errors import SealBroken, StatementRefused
from consent.models import FormDraft, LedgerEvent
from consent.reasons import Reason
from consent.rules.authority import check
from consent.terms import Authority, Capacity, Modifier, Paper, Permission, SignIn
from tests import drafts
from tests.consent.ledger.build import unsafe_rows
from tests.consent.record.saying import GRU, adult, say, spoken
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]


HMB = Permission(code="HMB")


DAY = timedelta(days=1)


def test_a_widening_waits_and_the_earlier_yes_goes_on(world, slow):
    ben = world.join("Ben")
    old = records.of(ben)[0]
    wider = say(ben, "RESEARCH", permissions=[GRU])
    assert wider.effective_at == NOW + DAY
    assert spoken(ben, "RESEARCH", NOW) == [old.seq]
    assert spoken(ben, "RESEARCH", NOW + DAY) == [wider.seq]


def test_the_police_wait_the_longest(ada, slow):
    assert say(ada, "LE.HOM").effective_at == NOW + 7 * DAY
    assert say(ada, "QC").effective_at == NOW
    asked = NOW + 30 * DAY
    assert say(ada, "LE.SEX", effective_at=asked).effective_at == asked


def test_a_narrowing_takes_hold_at_once_and_needs_no_proof(ada, slow):
    old = records.of(ada)[0]
    said = records.Wording(permissions=[HMB])
    row = records.give(ada, "RESEARCH", form=adult(), by="self", at=NOW, wording=said)
    narrower = records.read(row, ada.pseudonym)
    assert spoken(ada, "RESEARCH", NOW) == [narrower.seq]
    assert (narrower.recorded_at, narrower.effective_at) == (NOW, old.effective_at)
    assert LedgerEvent.objects.get(uid=row.event).opening.said["fields"]["signed_in"] == ""


def test_a_waiting_yes_dies_of_any_later_word(ada, slow):
    waits = say(ada, "LE.HOM")
    no = records.deny(ada, "LE.HOM", by="self", at=NOW + DAY)
    assert spoken(ada, "LE.HOM", NOW + 30 * DAY) == [no.seq] != [waits.seq]


def test_how_she_signed_in_stands_in_the_ledger(ada):
    say(ada, "QC", sign_in=SignIn("totp", NOW - timedelta(minutes=9)))
    event = LedgerEvent.objects.filter(kind=events.GIVEN.tag).order_by("-id")[0]
    assert event.opening.said["fields"]["signed_in"] == "totp"


@pytest.mark.parametrize(
    "proof",
    [
        None,
        SignIn("password", NOW),
        SignIn("totp", NOW - timedelta(minutes=11)),
        SignIn("totp", NOW + timedelta(seconds=1)),
        SignIn("totp", NOW.replace(tzinfo=None)),
    ],
)
def test_a_widening_without_a_fresh_proof_is_refused(ada, proof):
    position = fence.position()
    with pytest.raises(StatementRefused, match="passkey or a second factor"):
        records.give(ada, "QC", form=adult(), by="self", at=NOW, sign_in=proof)
    assert fence.position() == position


@pytest.mark.parametrize("paper", [Paper("clerk1", "clerk1", True), Paper(None, None, True)])
def test_a_paper_that_two_people_did_not_read_is_refused(ada, paper):
    position = fence.position()
    with pytest.raises(StatementRefused, match="two different people"):
        say(ada, "QC", paper=paper)
    assert fence.position() == position


def test_paper_needs_no_sign_in_and_waits_all_the_same(ada, slow):
    said = records.Wording(paper=Paper("clerk1", "clerk2", True))
    row = records.give(ada, "AI", form=adult(), by="clerk2", at=NOW, wording=said)
    assert records.read(row, ada.pseudonym).effective_at == NOW + DAY


def test_what_would_be_recorded_can_be_seen_before(ada, slow):
    position = fence.position()
    offer = records.weigh(ada, "LE.HOM", form=adult(), at=NOW)
    assert offer.widens
    assert offer.statement.effective_at == NOW + 7 * DAY
    assert not records.weigh(
        ada, "RESEARCH", form=adult(), at=NOW, wording=records.Wording(permissions=[HMB])
    ).widens
    assert fence.position() == position


MALFORMED = {
    "GS": (Modifier("GS"), "needs its regions"),
    "TS of more months than anybody counts": (Modifier.of("TS", months=10**30), "1200 months at most"),
    "GS of text": (Modifier.of("GS", regions="EU"), "needs its regions"),
    "an unknown place": (Modifier.of("GS", regions=["EU", "ATLANTIS"]), "'ATLANTIS' is no place"),
    "RS": (Modifier.of("RS", topics=[]), "needs its topics"),
    "US": (Modifier("US"), "needs its users"),
    "PS": (Modifier("PS"), "needs its projects"),
    "IS": (Modifier("IS"), "needs its institutions"),
    "TS": (Modifier.of("TS", months="12"), "needs its months"),
    "MOR": (Modifier.of("MOR", until="soon"), "needs its until"),
    "a retired code": (Modifier("GRU-CC"), "not a known condition"),
    "a retired id": (Modifier("DUO:0000014"), "not a known condition"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_condition_that_nobody_could_meet_is_refused(ada, case):
    modifier, sentence = MALFORMED[case]
    with pytest.raises(StatementRefused, match=sentence):
        say(ada, "RESEARCH", permissions=[GRU], modifiers=[modifier])


@pytest.mark.parametrize(
    "modifier",
    [
        Modifier.of("GS", regions=["EU"]),
        Modifier.of("TS", months=12),
        Modifier.of("MOR", until="2027-01-01T00:00:00Z"),
        Modifier.of("RS", topics=["ageing"]),
        Modifier("NPU"),
    ],
)
def test_a_whole_condition_is_taken(ada, modifier):
    assert say(ada, "RESEARCH", permissions=[GRU], modifiers=[modifier]).modifiers == (modifier,)


@pytest.mark.parametrize("named", ["valid_to", "effective_at"])
def test_a_day_that_no_calendar_tells_is_refused(ada, named):
    with pytest.raises(StatementRefused, match="The year 9999 is too far away"):
        say(ada, "QC", **{named: datetime.max.replace(tzinfo=UTC)})
    assert say(ada, "QC", **{named: NOW + 365 * 100 * DAY})


KINDS = {
    "no disease": (Permission("DS"), "names at least one"),
    "an unknown disease": (Permission("DS", ("MONDO:1",)), "'MONDO:1' is no disease"),
    "a disease beside another kind": (Permission("GRU", ("MONDO:0004992",)), "is not about named diseases"),
    "a retired kind": (Permission("GRU-CC"), "was retired"),
    "an unheard kind": (Permission("ALL"), "not a DUO permission"),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_kind_of_research_that_means_nothing_is_refused(ada, case):
    permission, sentence = KINDS[case]
    with pytest.raises(StatementRefused, match=sentence):
        say(ada, "RESEARCH", permissions=[permission])


def test_kinds_of_research_belong_to_research(ada):
    with pytest.raises(StatementRefused, match="says nothing about QC"):
        say(ada, "QC", permissions=[GRU])


def test_a_yes_may_not_end_before_its_cooling_off_is_over(ada, slow):
    with pytest.raises(StatementRefused, match="on 8 June 2026"):
        say(ada, "LE.HOM", valid_to=NOW + 6 * DAY)


def test_only_her_own_living_files_are_spoken_of(world, ada):
    ben = world.join("Ben")
    theirs = ben.holdings.get()
    for verb in (
        lambda: say(ada, "QC", file=theirs.file),
        lambda: records.deny(ada, "QC", by="self", at=NOW, wording=records.Wording(file=theirs.file)),
    ):
        with pytest.raises(StatementRefused, match="no such file"):
            verb()
    holdings.set_state(theirs, theirs.State.ERASED, by="x", at=NOW)
    with pytest.raises(StatementRefused, match="no such file"):
        say(ben, "QC", file=theirs.file)
    own = ada.holdings.get().file
    assert say(ada, "QC", file=own).file == str(own)


def test_a_yes_that_can_never_hold_is_refused_at_once(world):
    child = participants.register(born_on=date(2015, 4, 2), by="x", at=EARLIER)
    guardian = Authority(Capacity.GUARDIAN, True)
    form = forms.current("F-GUARDIAN")
    for authority, family, sentence, its in (
        (Authority(Capacity.SELF, True), "QC", "before the participant is of age", adult()),
        (guardian, "QC", "written for adults", adult()),
        (Authority(Capacity.SELF, True), "QC", "written for guardians", form),
        (guardian, "LE.MIS", "for somebody else", form),
        (Authority(Capacity.GUARDIAN, False), "QC", "Nobody has verified", form),
        (Authority(Capacity.NEXT_OF_KIN, True), "QC", "next of kin can go on", adult()),
        (Authority(Capacity.PROXY, True), "CLINICAL", "for somebody else", adult()),
    ):
        with pytest.raises(StatementRefused, match=sentence):
            say(child, family, authority=authority, form=its)
    with pytest.raises(StatementRefused, match="decides alone"):
        say(child, "QC", authority=guardian, form=form, at=NOW + 3000 * DAY)
    kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    said = {"authority": guardian, "form": form, "modifiers": [Modifier("IDENTITY_ONLY")]}
    assert say(child, "LE.MIS", by="mother", **said).authority == guardian


def test_a_yes_is_given_on_the_form_in_force(world, ada):
    old = adult()
    new = drafts.published(drafts.adult(version="9.9"), at=NOW - DAY)
    with pytest.raises(StatementRefused, match="not the one in force"):
        say(ada, "QC", form=old)
    assert say(ada, "QC", form=new).form.version == "9.9"


@pytest.mark.parametrize(
    ("days", "taken"), [(-3, True), (-1, True), (0, False), (1, False), (-400, False), (None, False)]
)
def test_a_paper_counts_on_the_form_of_the_day_it_was_signed(world, ada, days, taken):
    old = adult()
    drafts.published(drafts.adult(version="9.9"), at=NOW - DAY)
    said = {
        "form": old,
        "paper": Paper("clerk1", "clerk2", True),
        "signed_on": None if days is None else (NOW + days * DAY).date(),
    }
    if taken:
        assert say(ada, "QC", **said).form.version == old.version
    else:
        with pytest.raises(StatementRefused, match="not the one in force"):
            say(ada, "QC", **said)


def test_a_paper_on_a_retired_form_counts_no_more(world, ada):
    old = adult()
    drafts.published(drafts.adult(version="9.9"), at=NOW - DAY)
    forms.retire(old.draft, by="steward", at=NOW)
    with pytest.raises(StatementRefused, match="not the one in force"):
        say(ada, "QC", form=old, paper=Paper("a", "b", True), signed_on=(NOW - 3 * DAY).date())


def test_nobody_says_yes_to_words_that_were_changed(ada):
    draft = adult().draft
    body = draft.body.replace("A doctor who treats me", "Anybody who treats me")
    with unsafe_without_triggers(connection):
        unsafe_rows(FormDraft).filter(pk=draft.pk).update(body=body)
    with pytest.raises(StatementRefused, match=r"not those that people agreed to.* Nothing was recorded"):
        say(ada, "QC")


def test_a_guardians_yes_waits_for_the_childs_no_to_be_taken_back(world):
    """It is not dead for good, so it is recorded."""
    child = participants.register(born_on=date(2015, 4, 2), by="x", at=EARLIER)
    kin.verify(kin.claim("mother", child, at=EARLIER), by="steward", at=EARLIER)
    participants.record_dissent(child, dissents=True, by="child", at=EARLIER)
    wording = {"authority": Authority(Capacity.GUARDIAN, True), "permissions": [GRU]}
    said = say(child, "RESEARCH", by="mother", form=forms.current("F-GUARDIAN"), **wording)

    def against() -> list[Reason]:
        subject = participants.subject_of(child)
        return list(check(said, subject, [said], policies.in_force(at=NOW), NOW))

    assert against() == [Reason.AUTH_MINOR_DISSENT]
    participants.record_dissent(child, dissents=False, by="child", at=NOW)
    assert against() == []


def test_a_genuine_body_under_another_seal_of_ours_is_nobodys(world, ada):
    """The seal covers place and person: what is sealed for one place says another in its body."""
    row = ada.statements.get()
    salt, body = bytes(row.salt), row.body
    commitment = seals.commit(salt, body.encode())
    elsewhere = seals.seal(row.seq + 1, ada.pseudonym, commitment)
    with pytest.raises(SealBroken):
        seals.unseal(row.seq + 1, ada.pseudonym, body, salt, commitment, elsewhere, row.seal_key)
    somebody = seals.seal(row.seq, "P-2222-2222", commitment)
    with pytest.raises(SealBroken):
        seals.unseal(row.seq, "P-2222-2222", body, salt, commitment, somebody, row.seal_key)
    assert seals.unseal(
        row.seq, ada.pseudonym, body, salt, commitment, bytes(row.seal), row.seal_key
    ) == records.read(row, ada.pseudonym)


@pytest.mark.parametrize("verb", [records.deny, records.withdraw])
def test_a_no_to_a_family_that_is_none_is_refused(ada, verb):
    with pytest.raises(StatementRefused, match="no family called 'CHESS'"):
        verb(ada, "CHESS", by="self", at=NOW)
