"""The policies on record: adopt one, ask which was in force, find one again by its version.

A policy is a value (consent.policy). Adopting one widens nobody's consent: it holds dials under the ceilings
of the rules. Every version is kept, so that an old decision can be made again under the policy of its day.

A house may have adopted one before the bounds of consent.policy came in, and beyond them. Three ask for it:

    policies.in_force(at=at)       # to decide or to take a yes: refuses, so that nobody is read
    policies.within_bounds(at=at)  # who stands at which door, so that a no is taken all the same
    policies.named("2025.1")       # to make an old decision again: as it was

It is not brought back in silence where something is decided: a decision names its policy, and is made again
from the record and offline, so the policy it was made under has to be on record. `adopt_within_bounds` puts
it there, and an operator reads first what it turns.
"""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from consent import bounds, events, fence
from consent.errors import DialRefused, PolicyRefused
from consent.ledger import log
from consent.models import PolicyVersion
from consent.policy import Policy
from consent.terms import canonical


def adopt(policy: Policy, *, by: str, at: datetime) -> Policy:
    """From now on decisions are made under this policy. The same one again changes nothing; another one under
    a version that is taken is refused."""
    body = canonical(policy).decode()
    digest = hashlib.sha256(body.encode()).hexdigest()
    known = PolicyVersion.objects.filter(version=policy.version).first()
    if known is not None and known.sha256 == digest:
        if in_force(at=at).version != policy.version:
            raise PolicyRefused(
                f"Policy {policy.version} was adopted before, and another one since. Nothing was changed: "
                "give it a new version to bring it back."
            )
        return policy
    if known is not None or (policy.version == Policy.default().version and policy != Policy.default()):
        raise PolicyRefused(
            f"There is another policy {policy.version} already. Nothing was changed: give this one a version "
            "of its own."
        )
    for wrong in policy.beyond():  # one read from the record may be
        raise DialRefused(f"{wrong}. Nothing was changed; correct the policy.")
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first; none under the old policy comes after
        PolicyVersion.objects.create(version=policy.version, body=body, sha256=digest, adopted_at=at)
        log.append(events.POLICY_ADOPTED, at=at, by=by, subject=policy.version, sha256=digest)
    return policy


def adopt_within_bounds(*, by: str, at: datetime) -> Policy:
    """Adopt what is in force brought back within the bounds, under a version of its own. Raises PolicyRefused
    where it goes beyond none."""
    policy = within_bounds(at=at)
    if policy.version == as_of(at).version:
        raise PolicyRefused(f"Policy {policy.version} goes beyond no bound. Nothing was changed.")
    return adopt(replace(policy, version=f"{policy.version}.{at:%Y%m%d%H%M%S}"), by=by, at=at)


def in_force(*, at: datetime) -> Policy:
    """The policy that was adopted last, at this instant; the shipped one where none ever was. Raises
    PolicyRefused for one that goes beyond the bounds of this house."""
    policy = as_of(at)
    for wrong in policy.beyond():
        raise PolicyRefused(
            f"Policy {policy.version} was adopted before this house had bounds for it, and goes beyond them "
            f"({wrong}). Nobody is read and no yes is taken; a no is. Nothing is lost: an operator runs "
            "`manage.py bound_policy`, which says what it would turn, and adopts it so with --by STEWARD."
        )
    return policy


def is_usable(*, at: datetime) -> bool:
    """Whether anything can be decided under the policy in force."""
    return next(as_of(at).beyond(), None) is None


def within_bounds(*, at: datetime) -> Policy:
    """The same, but with every dial brought back to its bound where it goes beyond: for who may come to which
    record, what a page shows and when something is told. Nothing is decided under such a one: its version is
    on no record."""
    policy = as_of(at)
    if next(policy.beyond(), None) is None:
        return policy
    return bounds.within(policy, version=f"{policy.version}+bounds")


def as_of(at: datetime) -> Policy:
    """The policy that was adopted last, at this instant, as it was: to tell what the law said then."""
    newest = (
        PolicyVersion.objects.filter(adopted_at__lte=at)
        .order_by("-adopted_at", "-id")
        .values_list("version", "sha256")
        .first()
    )
    return Policy.default() if newest is None else _read(*newest)


def named(version: str) -> Policy:
    """The policy of this version, as it was adopted. Raises PolicyRefused for one that is not on record."""
    digest = PolicyVersion.objects.filter(version=version).values_list("sha256", flat=True).first()
    if digest is not None:
        return _read(version, digest)
    if version == Policy.default().version:
        return Policy.default()
    raise PolicyRefused(f"There is no policy {version} on record. Nothing was decided.")


@lru_cache(maxsize=8)
def _read(version: str, digest: str) -> Policy:
    """A version never changes, so it is read once by a process."""
    body = PolicyVersion.objects.values_list("body", flat=True).get(version=version)
    if hashlib.sha256(body.encode()).hexdigest() != digest:
        raise PolicyRefused(
            f"Policy {version} is not as it was adopted. Nothing was decided; tell an auditor."
        )
    return Policy.as_adopted(json.loads(body))
