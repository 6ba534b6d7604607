"""A clearance asked for, cut again and looked at in a line."""

from datetime import timedelta

from django.db import transaction

from consent import clearance as proofs
from consent import standing
from consent.clearance import Clearance
from consent.policy import Policy
from tests.world import NOW

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def clear(use, at=NOW) -> Clearance:
    return proofs.clear(use(), policy=Policy.default(), at=at)


def recut(clearance, use, at=NOW, only=None) -> Clearance:
    return proofs.recut(clearance, use=use(), policy=Policy.default(), at=at, only=only)


def permitted(clearance: Clearance) -> set[int]:
    return {one.ordinal for one in clearance.permitted}


def facts(clearance: Clearance) -> tuple:
    """What no narrowing changes."""
    one = clearance
    return one.use, one.at, one.position, one.policy_version, one.reasons, one.lapses_at, one.asker


def stands(clearance, use, at=NOW) -> bool:
    with transaction.atomic():
        return standing.stands(clearance, use=use(), policy=Policy.default(), at=at)
