"""The policies on record: adopt one, ask which was in force, find one again by its version.

A policy is a value (consent.policy). Adopting one widens nobody's consent: it holds dials under the ceilings
of the rules. Every version is kept, so that an old decision can be made again under the policy of its day.

A house may have adopted one before the bounds of consent.policy came in, and beyond them. Three ask for it:

    policies.in_force(at=at)       # to decide or to take a yes: refuses, so that nobody is read
    policies.within_bounds(at=at)  # who stands at which door, so that a no is taken all the same
    policies.named("2025.1")       # to make an old decision again: as it was

It is not brought back in silence where something is decided: a decision names its policy, and is made again
from the record and offline, so the policy it was made under has to be on record. `bounding.adopt` puts it
there, and an operator reads first what it turns.

Which was adopted, and when, is the ledger's to say; the table keeps the words alone. A row that somebody put
in by hand is never in force, one that was changed decides nothing, and an audit tells of both (`altered`).
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from consent import bounds, events, fence
from consent.canonical import instant
from consent.errors import DialRefused, PolicyRefused
from consent.ledger import log
from consent.ledger.leaves import commit
from consent.models import LedgerEvent, PolicyVersion
from consent.policy import Policy
from consent.terms import canonical


def adopt(policy: Policy, *, by: str, at: datetime) -> Policy:
    """From now on decisions are made under this policy. The same one again changes nothing; another one under
    a version that is taken is refused."""
    body = canonical(policy).decode()
    digest = _digest(body)
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
    try:
        in_force(at=at)
    except PolicyRefused:
        return False
    return True


def within_bounds(*, at: datetime) -> Policy:
    """The same, but with every dial brought back to its bound where it goes beyond: for who may come to which
    record, what a page shows and when something is told. Nothing is decided under such a one: its version is
    on no record. Where the newest is not as it was adopted the one before serves: a no is taken all the same.
    """
    policy = _newest_readable(at)
    if next(policy.beyond(), None) is None:
        return policy
    return bounds.within(policy, version=f"{policy.version}+bounds")


def as_of(at: datetime) -> Policy:
    """The policy that was adopted last, at this instant, as it was: to tell what the law said then."""
    newest = next(iter(_adopted(at)), None)
    return Policy.default() if newest is None else _read(*newest)


def named(version: str) -> Policy:
    """The policy of this version, as it was adopted. Raises PolicyRefused for one that is not on record."""
    digest = dict(_adopted()).get(version)
    if digest is not None:
        return _read(version, digest)
    if version == Policy.default().version:
        return Policy.default()
    raise PolicyRefused(f"There is no policy {version} on record. Nothing was decided.")


def altered() -> Iterator[str]:
    """A sentence for every policy whose row says otherwise than the ledger: for an audit."""
    adopted = dict(_adopted())
    kept = dict(PolicyVersion.objects.order_by("id").values_list("version", "body"))
    for version in kept.keys() - adopted.keys():
        yield f"Policy {version} was never adopted: its row was put in by hand. Nothing is decided under it."
    for version, digest in adopted.items():
        if version not in kept:
            yield f"The ledger records policy {version}, and it is gone from the record."
        elif _digest(kept[version]) != digest:
            yield f"Policy {version} is not as it was adopted."


def _adopted(at: datetime | None = None) -> list[tuple[str, str]]:
    """The versions that the ledger says were adopted, until an instant, with their hashes; newest first. The
    instant is that of the words, which are committed to; the one in the row of an event is not."""
    rows = LedgerEvent.objects.filter(kind=events.POLICY_ADOPTED.tag).order_by("id")
    found: list[tuple[datetime, str, str]] = []
    columns = ("uid", "at", "commitment", "opening__salt", "opening__body")
    for uid, about, commitment, salt, body in rows.values_list(*columns):
        if body is None or commit(bytes(salt), body) != bytes(commitment):
            found.append((about, f"of event {uid}", ""))  # it says nothing, and nothing is decided under it
            continue
        said = json.loads(body)
        found.append((instant(said["at"]), said["subject"], said["fields"]["sha256"]))
    known = [one for one in found if at is None or one[0] <= at]
    known.sort(key=lambda one: one[0])  # of one instant, in the order of the ledger
    return [(version, digest) for _, version, digest in reversed(known)]


def _newest_readable(at: datetime) -> Policy:
    for adopted in _adopted(at):
        try:
            return _read(*adopted)
        except PolicyRefused:
            continue
    return Policy.default()


@lru_cache(maxsize=8)
def _read(version: str, digest: str) -> Policy:
    """A version never changes, so it is read once by a process."""
    body = PolicyVersion.objects.filter(version=version).values_list("body", flat=True).first()
    if body is None or _digest(body) != digest:
        raise PolicyRefused(
            f"Policy {version} is not as it was adopted. Nothing was decided; tell an auditor."
        )
    return Policy.as_adopted(json.loads(body))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
