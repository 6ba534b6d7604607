"""The laws at the end of the consent model, and what follows from them, in made-up worlds."""

import json
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from consent.decision import Outcome, horizon, request_reasons
from consent.duo import WIDENING
from consent.purposes import FAMILIES, POLICE_FAMILIES, PURPOSES, ROLE_DOMAINS
from consent.reasons import Reason, ranked
from consent.rules.authority import majority
from consent.rules.families import needed
from consent.terms import (
    NONE,
    Authority,
    Capacity,
    DataUse,
    File,
    FileState,
    Freeze,
    Level,
    Paper,
    Permission,
    Relations,
    Side,
    Source,
    Statement,
    Verb,
    canonical,
)
from tests.cast import NOW, SIGNED, asked_by, born, no, police, quality, says, stop, yes
from tests.properties.worlds import (
    FILE,
    HOMES,
    POLICIES,
    ZONES,
    World,
    a_police_use,
    modifiers,
    permissions,
    worlds,
)

NO_PROJECT = ({"status": "SUBMITTED"}, {"valid_to": None}, {"approved_purposes": frozenset()})
NO_CASE = ({"agency_verified": False}, {"sample_origin": "victim"}, {"sample_origin": None})
OPERATORS = [role for role, domains in ROLE_DOMAINS.items() if not domains]
SECOND = timedelta(seconds=1)

permitted_worlds = worlds().filter(lambda world: bool(world.decide()))


def changed(world: World, index: int, **changes: object) -> tuple[Statement, ...]:
    said = list(world.statements)
    said[index] = replace(said[index], **changes)
    return tuple(said)


@given(worlds())
def test_a_decision_is_whole(world: World):
    decided = world.decide()
    assert bool(decided) is (decided.outcome is Outcome.PERMIT) is (not decided.reasons)
    assert decided.reasons == ranked(decided.reasons)
    assert bool(decided.relied_on) is bool(decided)
    assert set(request_reasons(world.use, world.policy, world.at)) <= set(decided.reasons)
    grants = {said.seq for said in world.statements if said.decision is Verb.GRANT}
    assert set(decided.relied_on) <= grants


@given(permitted_worlds)
def test_withdrawing_everything_now_always_denies(world: World):
    assert not world.decide(statements=(*world.statements, stop("*", seq=world.next_seq, recorded_at=NOW)))


@given(worlds())
def test_an_empty_record_always_denies(world: World):
    assert not world.decide(statements=())


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_storage_is_irrelevant(world: World, random):
    shuffled = list(world.statements)
    random.shuffle(shuffled)
    assert world.decide(statements=tuple(shuffled)) == world.decide()


@given(worlds(), modifiers, st.data())
def test_adding_a_condition_never_widens(world: World, modifier, data: st.DataObject):
    assume(modifier.code not in WIDENING and world.statements)
    index = data.draw(st.integers(0, len(world.statements) - 1))
    said = world.statements[index]
    guardians = said.authority.capacity is Capacity.GUARDIAN and said.family == "LE.MIS"
    assume(not (guardians and modifier.code == "IDENTITY_ONLY"))
    conditioned = world.decide(statements=changed(world, index, modifiers=(*said.modifiers, modifier)))
    assert not conditioned or world.decide()


@given(permitted_worlds, modifiers, st.data())
def test_taking_a_condition_away_never_narrows(world: World, modifier, data: st.DataObject):
    index = data.draw(st.integers(0, len(world.statements) - 1))
    said = world.statements[index]
    kept = tuple(one for one in said.modifiers if one.code in {"CC", "IDENTITY_ONLY"})
    assert world.decide(statements=changed(world, index, modifiers=kept))


@given(worlds(), permissions, st.data())
def test_adding_a_permission_never_narrows(world: World, permission: Permission, data: st.DataObject):
    assume(world.statements)
    index = data.draw(st.integers(0, len(world.statements) - 1))
    wider = (*world.statements[index].permissions, permission)
    assert world.decide(statements=changed(world, index, permissions=wider)) or not world.decide()


@given(worlds(a_police_use))
def test_the_reach_of_an_order_changes_nothing(world: World):
    paper = world.use.le.judicial_authorisation
    assume(paper is not None)
    everybody = replace(world.use.le, judicial_authorisation=replace(paper, compels_non_consenting=True))
    assert world.decide(use=replace(world.use, le=everybody)) == world.decide()


@given(permitted_worlds, st.sampled_from([*OPERATORS, "", "root", "staff"]))
def test_no_operator_is_ever_permitted(world: World, role: str):
    assert Reason.REQ_ROLE_NOT_ALLOWED in world.decide(use=asked_by(role, world.use)).reasons


@given(permitted_worlds, st.sampled_from([NOW, SIGNED]), st.sampled_from([None, NOW + SECOND]))
def test_a_freeze_always_denies(world: World, since, until):
    frozen = replace(world.subject, freezes=(*world.subject.freezes, Freeze(since, until)))
    assert world.decide(subject=frozen).reasons == (Reason.SUBJ_FROZEN,)


@given(worlds())
def test_the_loss_of_the_ledger_always_denies(world: World):
    assert world.decide(statements=None).reasons == (Reason.JOB_LEDGER_UNAVAILABLE,)


@given(worlds(), st.sampled_from([*FAMILIES]), st.sampled_from([Verb.GRANT, Verb.DENY, Verb.WITHDRAW]))
def test_what_is_said_of_one_family_never_touches_another(world: World, family: str, verb: Verb):
    touched = {*needed(world.use), *(["RESEARCH"] if "C.CARE" in world.use.purposes else [])}
    assume(family not in touched)
    said = (*world.statements, says(verb, family, Permission("NRES"), seq=world.next_seq))
    assert world.decide(statements=said) == world.decide()


@given(st.sets(st.sampled_from(POLICE_FAMILIES)), st.sampled_from(POLICE_FAMILIES))
def test_a_police_search_reads_exactly_its_own_switch(granted: set[str], asked: str):
    said = tuple(yes(family, seq=seq) for seq, family in enumerate(sorted(granted), start=1))
    world = World(subject=born(), statements=said, use=police(asked.replace("LE.", "L.")))
    assert bool(world.decide()) is (asked in granted)


@given(worlds(), st.sampled_from([Verb.DENY, Verb.WITHDRAW]), st.sampled_from(["*", *FAMILIES]))
def test_saying_no_never_widens(world: World, verb: Verb, family: str):
    said = (*world.statements, says(verb, family, seq=world.next_seq, recorded_at=NOW))
    assert world.decide() or not world.decide(statements=said)


@given(worlds(), st.data())
def test_nothing_recorded_later_changes_what_was_decided(world: World, data: st.DataObject):
    late = data.draw(st.sampled_from([Verb.GRANT, Verb.DENY, Verb.WITHDRAW, Verb.CONTINUE]))
    families = st.sampled_from(["*", *FAMILIES])
    backdated = says(
        late,
        data.draw(families),
        Permission("NRES"),
        seq=world.next_seq,
        recorded_at=world.at + SECOND,
        effective_at=world.at - timedelta(days=400),
        continues=1,
    )
    assert world.decide(statements=(*world.statements, backdated)) == world.decide()


@given(permitted_worlds)
def test_a_yes_rests_on_each_head_it_names(world: World):
    for seq in world.decide().relied_on:
        without = tuple(
            replace(said, decision=Verb.DENY) if said.seq == seq else said for said in world.statements
        )
        assert not world.decide(statements=without)


@given(worlds(), st.floats(0, 1, exclude_max=True))
def test_before_the_horizon_time_alone_changes_nothing(world: World, part: float):
    end = horizon(
        world.subject, world.statements, world.use, world.policy, world.at, relations=world.relations
    )
    assert end is None or end > world.at
    until = end or world.at + timedelta(days=36500)
    last = until - timedelta(microseconds=1)
    for later in (world.at + (last - world.at) * part, last):
        assert world.decide(at=later) == world.decide()


@given(worlds())
def test_a_record_that_was_written_down_is_decided_alike(world: World):
    said = tuple(Statement.from_json(json.loads(canonical(one))) for one in world.statements)
    assert said == world.statements
    use = DataUse.from_json(json.loads(canonical(world.use)))
    assert world.decide(statements=said, use=use) == world.decide()


@given(worlds(), st.sampled_from(Capacity), st.booleans(), st.sampled_from([None, Paper("clerk1")]))
def test_anybodys_no_holds_at_once_however_it_came(world: World, capacity, verified: bool, paper):
    """Unverified, post-dated, by somebody who may grant nothing, read once."""
    for family in needed(world.use):
        refused = no(
            family,
            seq=world.next_seq,
            recorded_at=world.at,
            effective_at=world.at + timedelta(days=30),
            authority=Authority(capacity, verified),
            source=Source.PAPER if paper else Source.PORTAL,
            paper=paper,
        )
        assert not world.decide(statements=(*world.statements, refused))


@given(worlds(), permissions)
def test_a_yes_for_a_file_lifts_no_refusal_of_the_participant(world: World, permission: Permission):
    later = world.next_seq
    refused = no("*", seq=later, recorded_at=world.at)
    granted = (
        yes(family, permission, seq=later + number, recorded_at=world.at, level=Level.FILE, file=FILE)
        for number, family in enumerate(needed(world.use), start=1)
    )
    assert not world.decide(statements=(*world.statements, refused, *granted))


@given(worlds(), st.sampled_from([state for state in FileState if state is not FileState.ACTIVE]))
def test_only_an_active_file_is_read(world: World, state: FileState):
    assert not world.decide(file=File(FILE, state))


@given(worlds(), st.sampled_from([Capacity.GUARDIAN, Capacity.NEXT_OF_KIN, Capacity.PROXY]), st.booleans())
def test_what_others_said_for_her_opens_only_what_is_theirs(world: World, capacity: Capacity, verified: bool):
    """Whatever the policy: a guardian research, care, quality and the identity of a missing child, a proxy
    care, next of kin nothing new; and nobody who was not verified."""
    theirs = {
        Capacity.GUARDIAN: {"RESEARCH", "CLINICAL", "QC", "LE.MIS"},
        Capacity.PROXY: {"CLINICAL"},
        Capacity.NEXT_OF_KIN: set(),
    }[capacity]
    said = tuple(replace(one, authority=Authority(capacity, verified)) for one in world.statements)
    if world.decide(statements=said):
        assert verified
        assert set(needed(world.use)) <= theirs
        assert "LE.MIS" not in needed(world.use) or world.use.match_mode == "identity"


@given(
    st.dates(date(1975, 1, 1), date(2030, 1, 1)),
    st.sampled_from(ZONES),
    st.sampled_from(HOMES),
    st.sampled_from(POLICIES),
)
def test_a_guardians_yes_ends_and_ones_own_begins_with_the_birthday_at_home(born_on, zone, region, policy):
    subject = born(born_on, zone=zone, region=region)
    of_age = majority(born_on, policy, zone=zone, region=region)
    midnight = of_age.astimezone(ZoneInfo(zone))
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
    assert midnight.year - born_on.year == policy.age_of_majority(region)
    assert (midnight - timedelta(days=1)).month in {born_on.month, (born_on.month + 10) % 12 + 1}
    spoken_for = yes(
        "QC", recorded_at=of_age - timedelta(days=1), authority=Authority(Capacity.GUARDIAN, True)
    )
    own = [yes("QC", recorded_at=of_age + earlier) for earlier in (-SECOND, timedelta(0))]
    use = quality(project=replace(quality().project, valid_to=of_age + timedelta(days=9)))
    for said, at, expected in (
        (spoken_for, of_age - SECOND, True),
        (spoken_for, of_age, False),
        (own[0], of_age, False),
        (own[1], of_age, True),
    ):
        assert bool(World(subject, (said,), use, at=at, policy=policy).decide()) is expected


@given(permitted_worlds, st.sampled_from(["L.NVC", "X.UNHEARD"]))
def test_what_is_never_offered_is_never_permitted(world: World, purpose: str):
    asked = world.use.purposes | {purpose}
    use = replace(world.use, purposes=asked, project=replace(world.use.project, approved_purposes=asked))
    lax = replace(world.policy, offences_offered=frozenset(PURPOSES))
    assert not world.decide(use=use, policy=lax)


@given(permitted_worlds)
def test_without_its_papers_no_request_is_permitted(world: World):
    """Project, agency, order and care relationship: whichever this use stands on, take it away."""
    use = world.use
    domains = {PURPOSES[purpose].domain for purpose in use.purposes}
    spoiled = []
    if domains & set("RAQLE"):
        spoiled += [replace(use, project=replace(use.project, **change)) for change in NO_PROJECT]
    if use.le is not None:
        spoiled += [replace(use, le=replace(use.le, **change)) for change in NO_CASE]
    if "C" in domains:
        spoiled.append(replace(use, care_relationship=False))
    assert not any(world.decide(use=one) for one in spoiled)


@given(permitted_worlds)
def test_a_twin_or_other_side_who_says_nothing_is_a_no_where_they_count(world: World):
    silent = Side(born(), ())
    if "G.REL" in world.use.purposes:
        assert not world.decide(relations=Relations(requesting_participant=silent))
        assert not world.decide(relations=NONE)
    kinship = (
        any(PURPOSES[one].domain == "L" for one in world.use.purposes) and world.use.match_mode == "kinship"
    )
    if kinship:
        joint = replace(world.policy, mz_twin_joint_le=True)
        assert not world.decide(relations=Relations(mz_twin=silent), policy=joint)
    elif "G.REL" not in world.use.purposes:
        assert world.decide(relations=Relations(mz_twin=silent))


def test_the_worlds_have_something_to_lose():
    """Were nearly all of them refused anyhow, the laws would say little."""
    domains: list[str] = []

    @settings(max_examples=300)  # however few are tried of the laws themselves
    @given(permitted_worlds)
    def look(world: World) -> None:
        domains.append("".join(sorted({purpose[0] for purpose in world.use.purposes})))

    look()
    assert {"C", "E", "L", "R"} <= set(domains)
