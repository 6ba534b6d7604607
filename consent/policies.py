"""The policies on record: adopt one, ask which was in force, find one again by its version.

A policy is a value (consent.policy). Adopting one widens nobody's consent: it holds dials under the ceilings
of the rules. Every version is kept, so that an old decision can be made again under the policy of its day.
"""

import hashlib
import json
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from consent import events, fence
from consent.errors import PolicyRefused
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
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first; none under the old policy comes after
        PolicyVersion.objects.create(version=policy.version, body=body, sha256=digest, adopted_at=at)
        log.append(events.POLICY_ADOPTED, at=at, by=by, subject=policy.version, sha256=digest)
    return policy


def in_force(*, at: datetime) -> Policy:
    """The policy that was adopted last, at this instant; the shipped one where none ever was."""
    newest = (
        PolicyVersion.objects.filter(adopted_at__lte=at)
        .order_by("-adopted_at", "-id")
        .values_list("version", "sha256")
        .first()
    )
    return Policy.default() if newest is None else _read(*newest)


def named(version: str) -> Policy:
    """The policy of this version. Raises PolicyRefused for one that is not on record."""
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
    return Policy().overlay(json.loads(body))
