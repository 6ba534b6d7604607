"""The same question put to everybody at once and one by one."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from consent.eligibility import eligible, survey
from consent.policy import Policy
from consent.terms import DataUse
from tests.cast import care, police, quality, research
from tests.world import NOW

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
