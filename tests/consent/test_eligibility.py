"""Who may be asked, for everybody at once: equal to asking one by one, and never of another history."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from consent import eligibility, fence, holdings, participants, policies, projection, records, twins
from consent.eligibility import eligible, survey
from consent.errors import SealBroken
from consent.models import Holding, Participant, Projection, ProjectionPart, TwinLink
from consent.participants import subject_of
from consent.policy import Policy
from consent.population import Population
from consent.reasons import Reason
from consent.rebuild import _part as rebuild_share
from consent.rebuild import rebuild, rows
from consent.terms import DataUse, Modifier, Permission, Relations, Side
from tests.cast import care, police, quality, relatives, research
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

POLICY = Policy.default()
DAY = timedelta(days=1)
SECOND_FILE = UUID("00112233-4455-6677-8899-aabbccddeeff")
ASKED = {
    "general research": research("R.GRU"),
    "cancer research": research("R.DS"),
    "training beside research": research("R.HMB", "A.TRAIN"),
    "police": police("L.HOM"),
    "quality": quality(),
    "care": care(),
    "a request that fails by itself": replace(research("R.GRU"), purposes=frozenset({"L.NVC"})),
}


@pytest.fixture
def world() -> World:
    eligibility.forget()
    world = World()
    for name in ("Ada", "Ben", "Noor", "Cleo", "Dov"):
        world.join(name)
    return world


def one_by_one(use: DataUse, at: datetime = NOW, policy: Policy = POLICY) -> dict[int, tuple]:
    return {one.ordinal: (one.files, one.reasons) for one in survey(use, policy=policy, at=at)}


def at_once(use: DataUse, at: datetime = NOW, policy: Policy = POLICY) -> dict[int, tuple]:
    found = eligible(use, policy=policy, at=at, why=True)
    told: dict[int, tuple] = {int(o): ((), reasons) for reasons, people in found.left_out for o in people}
    for ordinal, file in zip(found.ordinals[found.permitted], found.files[found.permitted], strict=True):
        files, _ = told.get(int(ordinal), ((), ()))
        told[int(ordinal)] = ((*files, UUID(bytes=file.tobytes())), ())
    return told


def permitted(use: DataUse, at: datetime = NOW, policy: Policy = POLICY) -> set[int]:
    return set(eligible(use, policy=policy, at=at).people.tolist())


@pytest.mark.parametrize("use", ASKED.values(), ids=ASKED)
def test_it_says_of_everybody_what_the_law_says_of_each(world: World, use: DataUse):
    found = eligible(use, policy=POLICY, at=NOW, why=True)
    if found.reasons:
        assert not found.permitted.any()
        assert found.left_out == ()
        assert all(set(found.reasons) <= set(reasons) for _, reasons in one_by_one(use).values())
    else:
        assert at_once(use) == one_by_one(use)
        assert set(at_once(use)) == {person.ordinal for person in world.people.values()}


def test_an_order_that_compels_changes_nothing(world: World):
    plain = police("L.HOM")
    order = replace(plain.le.judicial_authorisation, compels_non_consenting=True)
    compelling = replace(plain, le=replace(plain.le, judicial_authorisation=order))
    assert permitted(compelling) == permitted(plain) == {world.people["Noor"].ordinal}
    assert at_once(compelling) == at_once(plain)


def test_what_is_said_holds_for_the_next_question(world: World):
    dov, use = world.people["Dov"], research("R.GRU")
    assert dov.ordinal not in permitted(use)
    world.give(dov, "RESEARCH", Permission(code="GRU"), at=NOW)
    assert dov.ordinal in permitted(use)
    records.withdraw(dov, by="self", at=NOW)
    assert dov.ordinal not in permitted(use)
    assert at_once(use) == one_by_one(use)


def test_what_was_rolled_back_was_never_said(world: World):
    dov, use = world.people["Dov"], research("R.GRU")
    before = permitted(use)
    with transaction.atomic():
        world.give(dov, "RESEARCH", Permission(code="GRU"), at=NOW)
        assert dov.ordinal in permitted(use)
        transaction.set_rollback(True)
    records.deny(world.people["Ben"], "RESEARCH", by="self", at=NOW)  # the same position, another history
    assert permitted(use) == before
    assert at_once(use) == one_by_one(use)


def test_files_that_come_go_and_come_back(world: World):
    ada, use = world.people["Ada"], research("R.GRU")
    permitted(use)
    first = Holding.objects.get(participant=ada)
    second = holdings.add(ada, SECOND_FILE, by="self", at=NOW)
    assert len(at_once(use)[ada.ordinal][0]) == 2
    holdings.set_state(first, Holding.State.QUARANTINED, by="staff", at=NOW)
    assert at_once(use)[ada.ordinal][0] == (second.file,)
    holdings.set_state(second, Holding.State.ERASED, by="self", at=NOW)
    assert at_once(use)[ada.ordinal] == ((), (Reason.FILE_QUARANTINED,)) or at_once(use) == one_by_one(use)
    holdings.set_state(first, Holding.State.ACTIVE, by="staff", at=NOW)
    assert at_once(use)[ada.ordinal][0] == (first.file,)
    assert at_once(use) == one_by_one(use)


def test_of_several_refused_files_the_one_that_came_closest_explains(world: World):
    ben, use = world.people["Ben"], research("R.GRU")
    second = holdings.add(ben, SECOND_FILE, by="self", at=NOW)
    holdings.set_state(second, Holding.State.QUARANTINED, by="staff", at=NOW)
    assert at_once(use)[ben.ordinal] == ((), (Reason.PURPOSE_NOT_COVERED,))
    assert at_once(use) == one_by_one(use)


def test_time_passes_forwards_and_backwards(world: World):
    dov, use = world.people["Dov"], research("R.GRU")
    world.give(dov, "RESEARCH", Permission(code="GRU"), valid_to=NOW + 10 * DAY)
    participants.freeze(world.people["Ada"], until=NOW + 2 * DAY, by="staff", at=NOW + DAY)
    second = timedelta(seconds=1)
    for at in (NOW, NOW + DAY, NOW + 2 * DAY, NOW + 10 * DAY - second, NOW + 10 * DAY, NOW, NOW - DAY):
        assert at_once(use, at) == one_by_one(use, at)
    assert dov.ordinal in permitted(use, NOW + 10 * DAY - second)
    assert dov.ordinal not in permitted(use, NOW + 10 * DAY)


def test_it_says_when_time_alone_could_change_something(world: World):
    dov = world.people["Dov"]
    use = replace(research("R.GRU"), project=replace(research("R.GRU").project, valid_to=NOW + 50 * DAY))
    assert eligible(use, policy=POLICY, at=NOW).lapses_at == NOW + 50 * DAY
    until = Modifier.of("MOR", until=(NOW - DAY).isoformat())
    world.give(dov, "RESEARCH", Permission(code="GRU"), modifiers=[until], valid_to=NOW + 10 * DAY)
    assert eligible(use, policy=POLICY, at=NOW).lapses_at == NOW + 10 * DAY
    assert eligible(police("L.NVC"), policy=POLICY, at=NOW).lapses_at is None


def test_another_policy_is_another_population(world: World):
    use = research("R.DS", disease="MONDO:0005105")
    ben = world.people["Ben"].ordinal
    assert ben in permitted(use)
    unknown = POLICY.overlay({"policy_version": "no diseases", "disease_parents": {}})
    assert ben not in permitted(use, policy=unknown)
    assert ben in permitted(use)
    disguised = POLICY.overlay({"disease_parents": {}})  # the same version, and not the same policy
    assert ben not in permitted(use, policy=disguised)
    for number in range(3):
        permitted(use, policy=POLICY.overlay({"policy_version": str(number)}))
    assert len(eligibility._populations) == eligibility.KEPT


def test_a_second_question_reads_only_whom_something_touched(world: World, monkeypatch):
    permitted(research("R.GRU"))
    read: list[list[int]] = []

    def noting(ordinals, policy, at):
        read.append(list(ordinals))
        return rows(ordinals, policy, at)

    monkeypatch.setattr(eligibility, "rows", noting)
    monkeypatch.setattr(eligibility, "rebuild", None)
    monkeypatch.setattr(projection, "load", None)
    permitted(research("R.GRU"))
    permitted(quality(), at=NOW + timedelta(seconds=1))
    assert read == []
    records.deny(world.people["Noor"], "QC", by="self", at=NOW)
    found = eligible(quality(), policy=POLICY, at=NOW + DAY)
    assert read == [[world.people["Noor"].ordinal]]
    assert found.position == fence.position()
    permitted(quality(), at=NOW + DAY)
    assert len(read) == 1


def test_one_who_is_asked_alone_is_told_with_her_statements_and_until_when(world: World):
    ada, dov = world.people["Ada"], world.people["Dov"]
    said = world.give(ada, "RESEARCH", Permission(code="GRU"), valid_to=NOW + 10 * DAY)
    use = replace(research("R.GRU"), project=replace(research("R.GRU").project, valid_to=NOW + 50 * DAY))
    asked = survey(use, policy=POLICY, at=NOW + timedelta(seconds=1), only=[dov.ordinal, 10**6, ada.ordinal])
    told, silent = asked
    assert (told.ordinal, told.permitted, told.heads, told.reasons) == (ada.ordinal, True, (said.seq,), ())
    assert told.lapses_at == NOW + 10 * DAY
    assert told.files == (ada.holdings.get().file,)
    assert (silent.ordinal, silent.files, silent.heads, silent.lapses_at) == (dov.ordinal, (), (), None)
    assert silent.reasons == (Reason.CONSENT_NONE,)
    assert not silent.permitted


def test_what_a_process_keeps_is_kept_for_the_next(world: World, monkeypatch):
    at_first = permitted(research("R.GRU"))
    eligibility.keep(policy=POLICY, at=NOW + DAY)
    assert Projection.objects.get().made_at == NOW + DAY
    eligibility.forget()
    monkeypatch.setattr(eligibility, "rebuild", None)
    assert permitted(research("R.GRU")) == at_first


class TestAfterARestart:
    """A process begins with what was kept, and with everything that was said since."""

    @pytest.fixture(autouse=True)
    def kept(self, world: World) -> Projection:
        made = projection.save(rebuild(policy=POLICY, at=NOW), at=NOW)
        eligibility.forget()
        return made

    def test_it_says_the_same(self, world: World, monkeypatch):
        monkeypatch.setattr(eligibility, "rebuild", None)  # it is not needed
        for use in ASKED.values():
            assert at_once(use) == one_by_one(use) or eligible(use, policy=POLICY, at=NOW).reasons

    def test_what_was_said_since_counts(self, world: World, monkeypatch):
        monkeypatch.setattr(eligibility, "rebuild", None)
        dov, ada = world.people["Dov"], world.people["Ada"]
        records.withdraw(ada, by="self", at=NOW)
        world.give(dov, "RESEARCH", Permission(code="GRU"), at=NOW)
        late = world.join("Late", says="Ada")
        use = research("R.GRU")
        assert permitted(use) == {dov.ordinal, late.ordinal}
        assert at_once(use) == one_by_one(use)

    def test_one_that_was_changed_is_refused(self, world: World):
        part = ProjectionPart.objects.get()
        sealed = bytearray(part.data)
        sealed[40] ^= 1
        ProjectionPart.objects.update(data=bytes(sealed))
        with pytest.raises(SealBroken, match="not as it was sealed"):
            permitted(research("R.GRU"))

    def test_one_that_was_cut_short_is_refused(self, world: World):
        ProjectionPart.objects.all().delete()
        with pytest.raises(SealBroken, match="not as it was sealed"):
            permitted(research("R.GRU"))

    def test_one_under_another_position_is_refused(self, world: World, kept: Projection):
        records.deny(world.people["Ada"], "RESEARCH", by="self", at=NOW)
        position, mark = fence.newest()
        Projection.objects.update(position=position, mark=mark)  # as if it knew of the no
        with pytest.raises(SealBroken, match="not as it was sealed"):
            permitted(research("R.GRU"))

    def test_one_of_another_history_is_passed_over(self, world: World):
        Projection.objects.update(mark=b"another history!")
        assert permitted(research("R.GRU")) == {world.people["Ada"].ordinal}

    def test_one_of_another_policy_is_passed_over(self, world: World):
        disguised = POLICY.overlay({"disease_parents": {}})
        assert projection.load(disguised) is None
        assert permitted(research("R.DS"), policy=disguised) != set()

    def test_only_the_newest_are_kept(self, world: World):
        for _ in range(3):
            projection.save(rebuild(policy=POLICY, at=NOW), at=NOW)
        assert Projection.objects.count() == projection.KEPT


def test_a_statement_that_was_changed_by_hand_stops_the_next_start(world: World):
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_statement SET body = replace(body, 'DS', 'GRU')")
    eligibility.forget()
    with pytest.raises(SealBroken):
        permitted(research("R.GRU"))


def test_nobody_is_eligible_in_an_empty_house(db):
    eligibility.forget()
    found = eligible(research("R.GRU"), policy=POLICY, at=NOW, why=True)
    assert found.people.tolist() == []
    assert found.left_out == ()
    assert Participant.objects.count() == 0


def test_the_policy_in_force_is_the_one_adopted_last(db):
    assert policies.in_force(at=NOW) == POLICY
    other = policies.adopt(POLICY.overlay({"policy_version": "2"}), by="steward", at=NOW)
    assert policies.in_force(at=NOW - DAY) == POLICY
    assert policies.in_force(at=NOW) == other == policies.named("2")


@pytest.mark.django_db(transaction=True)
def test_several_processes_read_what_one_reads(world: World, monkeypatch):
    alone = rebuild(policy=POLICY, at=NOW)
    monkeypatch.setattr("consent.rebuild.SHARE", 2)
    monkeypatch.setattr("consent.rebuild.ALONE", 0)
    together = rebuild(policy=POLICY, at=NOW, processes=2)
    assert len(together) == len(alone) == 5
    for use in ASKED.values():
        assert together.allowed(use, NOW).tolist() == alone.allowed(use, NOW).tolist()
    assert together.ordinals.tolist() == alone.ordinals.tolist()
    assert together.files.tolist() == alone.files.tolist()


class TestTwins:
    """A police search for kin through one identical twin is a search for kin of the other."""

    @pytest.fixture(autouse=True)
    def twins_registered(self, world: World) -> None:
        twins.register(world.people["Noor"], world.people["Dov"], by="one", second="other", at=NOW)

    def test_both_must_allow_it(self, world: World):
        noor, dov, use = world.people["Noor"], world.people["Dov"], police("L.HOM")
        assert permitted(use) == set()
        assert at_once(use)[noor.ordinal] == ((), (Reason.REL_MZ_TWIN_NOT_GRANTED,))
        assert at_once(use) == one_by_one(use)
        world.give(dov, "LE.HOM", at=NOW)
        assert permitted(use) == {noor.ordinal, dov.ordinal}
        assert at_once(use) == one_by_one(use)

    def test_who_is_refused_anyway_hears_of_the_twin_too(self, world: World):
        records.deny(world.people["Noor"], "LE.HOM", by="self", at=NOW)
        found = at_once(police("L.HOM"))
        assert found == one_by_one(police("L.HOM"))
        for name, own in (("Noor", Reason.CONSENT_DENIED), ("Dov", Reason.CONSENT_NONE)):
            assert found[world.people[name].ordinal] == ((), (own, Reason.REL_MZ_TWIN_NOT_GRANTED))

    def test_a_check_of_identity_touches_no_twin(self, world: World):
        assert permitted(replace(police("L.HOM"), match_mode="identity")) == {world.people["Noor"].ordinal}

    def test_a_twin_has_no_veto_over_research(self, world: World):
        records.withdraw(world.people["Dov"], by="self", at=NOW)
        world.give(world.people["Noor"], "RESEARCH", Permission(code="GRU"), at=NOW)
        assert world.people["Noor"].ordinal in permitted(research("R.GRU"))

    def test_what_a_twin_says_is_a_change_of_both(self, world: World):
        noor, dov = world.people["Noor"], world.people["Dov"]
        position = fence.position()
        records.deny(dov, "QC", by="self", at=NOW)
        assert fence.changed_since(position) == {noor.ordinal, dov.ordinal}

    def test_when_the_twins_yes_ends_the_others_lapses(self, world: World):
        world.give(world.people["Dov"], "LE.HOM", at=NOW, valid_to=NOW + 3 * DAY)
        found = eligible(police("L.HOM"), policy=POLICY, at=NOW)
        assert found.lapses_at == NOW + 3 * DAY
        assert permitted(police("L.HOM"), NOW + 3 * DAY) == set()

    def test_with_more_people_than_fit_in_one_question_all_pairs_are_looked_through(self, monkeypatch):
        monkeypatch.setattr("consent.models.kin.MANY", 1)
        assert permitted(police("L.HOM")) == set()

    def test_they_are_none_when_it_proves_wrong(self, world: World):
        twins.dissolve(TwinLink.objects.get(), why="their DNA", by="one", second="two", at=NOW)
        assert permitted(police("L.HOM")) == {world.people["Noor"].ordinal}


def test_whoever_looks_for_relatives_must_allow_it_too(world: World):
    ada, ben, use = world.people["Ada"], world.people["Ben"], relatives()
    world.give(ada, "RELMATCH", at=NOW)
    world.give(ben, "RELMATCH", at=NOW, valid_to=NOW + 5 * DAY)

    def found(at: datetime = NOW) -> eligibility.Eligible:
        side = Relations(requesting_participant=Side(subject_of(ben), records.of(ben)))
        return eligible(use, policy=POLICY, at=at, why=True, relations=side)

    assert ada.ordinal in found().people
    assert found().lapses_at == NOW + 5 * DAY
    assert not found(NOW + 5 * DAY).permitted.any()
    reasons = {int(o): why for why, people in found(NOW + 5 * DAY).left_out for o in people}
    assert reasons[ada.ordinal] == (Reason.REL_MUTUAL_CONSENT_MISSING,)
    assert not eligible(use, policy=POLICY, at=NOW).permitted.any()  # nobody asks: nobody is matched


def test_a_share_of_the_people_is_read_as_in_the_whole(world: World):
    whole = rebuild(policy=POLICY, at=NOW)
    ordinals = sorted({int(ordinal) for ordinal in whole.ordinals})
    shares = [rebuild_share((ordinals[:2], POLICY, NOW)), rebuild_share((ordinals[2:], POLICY, NOW))]
    joined = Population(POLICY, whole.position, whole.mark)
    joined.join([one for share in shares if (one := projection.unpacked(share, POLICY, 0, b""))])
    assert joined.ordinals.tolist() == whole.ordinals.tolist()
    for use in ASKED.values():
        assert joined.allowed(use, NOW).tolist() == whole.allowed(use, NOW).tolist()


def test_what_a_process_knows_is_kept_for_the_next(world: World, monkeypatch):
    before = permitted(research("R.GRU"))
    eligibility.keep(policy=POLICY, at=NOW)
    eligibility.forget()
    monkeypatch.setattr(eligibility, "rebuild", None)
    assert permitted(research("R.GRU")) == before


def test_no_more_answers_are_kept_than_fit(world: World, monkeypatch):
    monkeypatch.setattr("consent.population.KEPT_ANSWERS", 3)
    for purpose in ("R.GRU", "R.HMB", "R.POA", "R.NRES", "R.GRU"):
        use = research(purpose)
        assert at_once(use) == one_by_one(use)
        assert len(eligibility._populations[POLICY.version]._answers) <= 3


def test_the_lock_is_for_transactions_and_a_house_without_changes_remembers_nothing(db):
    assert fence.newest() == (0, b"")
    assert fence.remembers(0, b"anything")
    assert not fence.remembers(1, b"anything")


def test_of_files_refused_for_as_many_reasons_the_first_explains(world: World):
    ben, dov, use = world.people["Ben"], world.people["Dov"], research("R.GRU")
    for person in (ben, dov):
        holdings.add(person, uuid4(), by="self", at=NOW)
    first = Holding.objects.filter(participant=ben).order_by("file").first()
    records.deny(ben, "RESEARCH", by="self", at=NOW, wording=records.Wording(file=first.file))
    for family in ("RESEARCH", "QC"):
        assert at_once(use) == one_by_one(use), family
        last = Holding.objects.filter(participant=dov).order_by("file").last()
        records.deny(dov, family, by="self", at=NOW, wording=records.Wording(file=last.file))


def test_a_child_process_has_a_lock_of_its_own():
    with eligibility._upkeep:
        before = eligibility._upkeep
        eligibility._begin()
        assert eligibility._upkeep is not before
        assert not eligibility._upkeep.locked()
