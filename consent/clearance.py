"""The proof that the law was asked: for which use, who may be read, at which consent heads, and why not the
others. Minted here and nowhere else; it narrows, and never widens.

A Clearance cannot be built by hand, copied, pickled or sent. That stops mistakes; against intruders stand
the keys, the database's roles and the ledger. It grants nothing by itself: the gate decides again for each
batch, and a release asks whether it still stands (consent.standing).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from consent import eligibility, fence, roll
from consent.decision import request_reasons
from consent.errors import NotCleared
from consent.reasons import Reason
from consent.terms import NONE, DataUse, Policy, Relations, Side, canonical

_SECRET = secrets.token_bytes(32)  # of this process: a Clearance from anywhere else has the wrong tag


@dataclass(frozen=True, slots=True)
class Permitted:
    """One participant who may be read: which files, resting on which statements (heads: none until recut)."""

    ordinal: int
    files: tuple[UUID, ...]
    heads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One participant who may not be read, with every reason, the gravest first."""

    ordinal: int
    reasons: tuple[Reason, ...]


class Clearance:
    """See the doorplate. `reasons` is not empty when the request itself fails; then nobody is permitted."""

    __slots__ = (
        *("_files", "_tag", "asker", "at", "lapses_at", "left_out", "permitted", "policy_version"),
        *("position", "reasons", "use"),
    )

    use: DataUse
    at: datetime
    position: int  # the consent position it has looked up to
    policy_version: str
    permitted: tuple[Permitted, ...]
    left_out: tuple[LeftOut, ...]
    reasons: tuple[Reason, ...]
    lapses_at: datetime | None
    asker: int | None  # the ordinal of the participant who asks, and so must agree too; she is not read
    _files: frozenset[UUID]
    _tag: bytes

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        raise NotCleared("A Clearance is not built by hand: ask consent.clearance.clear().")

    def __init_subclass__(cls, **_kwargs: object) -> None:
        raise NotCleared("There is one kind of Clearance.")

    def __setattr__(self, name: str, *_value: object) -> None:
        raise NotCleared(f"A Clearance does not change ({name}): ask clear() or recut() for another.")

    __delattr__ = __setattr__

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise NotCleared("A Clearance does not travel: send the job's id, and decide anew there.")

    def __copy__(self, _memo: object = None) -> NoReturn:
        raise NotCleared("A Clearance is not copied.")

    __deepcopy__ = __copy__

    def __repr__(self) -> str:
        return f"<Clearance: {len(self.permitted)} permitted at position {self.position}>"

    def covers(self, file: UUID) -> bool:
        return file in self._files

    def beyond(self, files: Iterable[UUID]) -> set[UUID]:
        """Those of these files that it does not cover."""
        return set(files).difference(self._files)


def clear(
    use: DataUse,
    *,
    policy: Policy,
    at: datetime,
    asker: int | None = None,
    only: Collection[int] | None = None,
) -> Clearance:
    """Ask the law about all who hold a file, or `only` these; `asker` seeks her kin. Raises as recut does."""
    before = fence.position()  # first: a change of the asker's that comes after it is seen as one
    asks = relations(asker)
    found = eligibility.eligible(use, policy=policy, at=at, why=only is None, relations=asks, only=only)
    files: dict[int, list[UUID]] = {}
    for ordinal, file in zip(
        found.ordinals[found.permitted].tolist(), found.files[found.permitted].tolist(), strict=True
    ):
        files.setdefault(ordinal, []).append(UUID(bytes=file))
    left_out = {ordinal: reasons for reasons, people in found.left_out for ordinal in people.tolist()}
    if only is not None and not found.reasons:  # a few: why not is asked one by one
        others = set(only).difference(files)
        few = eligibility.survey(use, policy=policy, at=at, only=others, relations=asks, whole=True)
        left_out = {one.ordinal: one.reasons for one in few}
    return _build(
        use=use,
        at=at,
        position=found.position if asker is None else before,
        policy_version=policy.version,
        permitted=tuple(Permitted(ordinal, tuple(ids), ()) for ordinal, ids in files.items()),
        left_out=tuple(LeftOut(ordinal, reasons) for ordinal, reasons in sorted(left_out.items())),
        reasons=found.reasons,
        lapses_at=found.lapses_at,
        asker=asker,
    )


def recut(
    clearance: Clearance,
    *,
    use: DataUse,
    policy: Policy,
    at: datetime,
    only: Collection[int] | None = None,
) -> Clearance:
    """Ask again about those who were permitted (of them, `only` these ordinals), each on her own sealed
    statements, and on those of whoever asks. Whoever is lost is left out as revoked in flight; nobody joins.
    `use` is the request as it stands now. Raises SealBroken, HeadMissing when something said is gone."""
    require(clearance)
    position = fence.position()  # first: a change that comes after it is seen as one
    reasons = request_reasons(use, policy, at)
    before = {
        one.ordinal: frozenset(one.files)
        for one in clearance.permitted
        if not reasons and (only is None or one.ordinal in only)
    }
    asks = relations(clearance.asker)
    permitted: list[Permitted] = []
    lost: list[LeftOut] = []
    ends: list[datetime] = []
    for one in eligibility.survey(use, policy=policy, at=at, only=before, relations=asks, whole=True):
        # A file that came after the first look does not join.
        files = tuple(file for file in one.files if file in before[one.ordinal])
        if files:
            permitted.append(Permitted(one.ordinal, files, one.heads))
            if one.lapses_at is not None:
                ends.append(one.lapses_at)
        else:
            lost.append(LeftOut(one.ordinal, (*one.reasons, Reason.JOB_REVOKED_IN_FLIGHT)))
    return _build(
        use=use,
        at=at,
        position=position,
        policy_version=policy.version,
        permitted=tuple(permitted),
        left_out=(*clearance.left_out, *lost),
        reasons=reasons,
        lapses_at=min(ends, default=None),
        asker=clearance.asker,
    )


def within(clearance: Clearance, snapshot: Collection[int]) -> Clearance:
    """The same, without those whom an earlier snapshot did not permit: later grants never join a job."""
    kept = {one.ordinal: one for one in require(clearance).permitted if one.ordinal in snapshot}
    return narrowed(clearance, kept, lambda _ordinal: (Reason.JOB_NOT_IN_SNAPSHOT,))


def narrowed(
    clearance: Clearance, to: Mapping[int, Permitted], why: Callable[[int], tuple[Reason, ...]]
) -> Clearance:
    """The same, of these people and files alone, on the heads found then; `why` the others are out."""
    kept, out = list[Permitted](), list[LeftOut]()
    for one in require(clearance).permitted:
        then = to.get(one.ordinal)
        files = tuple(file for file in then.files if file in one.files) if then else ()
        if then and files:
            kept.append(Permitted(one.ordinal, files, then.heads))
        else:
            out.append(LeftOut(one.ordinal, why(one.ordinal)))
    return _same(clearance, permitted=tuple(kept), left_out=(*clearance.left_out, *out))


def parts(clearance: Clearance, size: int, only: Collection[int] | None = None) -> Iterator[Clearance]:
    """The same for `size` people at a time, or for `only` these, so that each recut costs by them and not by
    everybody."""
    people = require(clearance).permitted
    if only is not None:
        people = tuple(one for one in people if one.ordinal in only)
    for first in range(0, len(people), size):
        yield _same(clearance, permitted=people[first : first + size], left_out=())


def without_lost(clearance: Clearance, asked: Iterable[Permitted], *again: Clearance) -> Clearance:
    """The same, as recuts of some of its people (`asked`) found them `again`: without those they lost. Its
    position stays the older one: who changed since is asked about once more at the release."""
    require(clearance)
    now = {one.ordinal: one for found in again for one in require(found).permitted}
    gone = {one.ordinal for one in asked} - set(now)
    lost = (one for found in again for one in found.left_out if one.ordinal in gone)
    return _same(
        clearance,
        permitted=tuple(now.get(one.ordinal, one) for one in clearance.permitted if one.ordinal not in gone),
        left_out=(*clearance.left_out, *lost),
    )


def relations(asker: int | None) -> Relations:
    """The one who asks, with her record as it stands at this moment."""
    found = [] if asker is None else list(roll.people([asker], whole=True))
    return Relations(requesting_participant=Side(found[0].subject, found[0].statements)) if found else NONE


def require(clearance: object) -> Clearance:
    """The Clearance, if it is one that this process minted. Raises NotCleared otherwise."""
    if type(clearance) is not Clearance:
        raise NotCleared("No genotype is read without a Clearance; this is none. Nothing was read.")
    try:
        genuine = clearance._files == _files(clearance) and hmac.compare_digest(
            clearance._tag, _tag_of(clearance)
        )
    except AttributeError:
        genuine = False
    if not genuine:
        raise NotCleared("This Clearance was not minted by clear() in this process. Nothing was read.")
    return clearance


def bitmap(ordinals: Iterable[int]) -> bytes:
    """A set of ordinals as bits, little-endian: 163 kB for 1.3 million people."""
    bits = 0
    for ordinal in ordinals:
        bits |= 1 << ordinal
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def from_bitmap(data: bytes) -> frozenset[int]:
    """The set of ordinals behind `bitmap`."""
    return frozenset(
        8 * index + bit for index, byte in enumerate(data) if byte for bit in range(8) if byte >> bit & 1
    )


def _same(clearance: Clearance, **people: object) -> Clearance:
    """Other people, and nothing else."""
    facts = {name: getattr(clearance, name) for name in Clearance.__slots__ if not name.startswith("_")}
    return _build(**facts | people)


def _build(**facts: object) -> Clearance:
    clearance = object.__new__(Clearance)
    for name, value in facts.items():
        object.__setattr__(clearance, name, value)
    object.__setattr__(clearance, "_files", _files(clearance))
    object.__setattr__(clearance, "_tag", _tag_of(clearance))
    return clearance


def _files(clearance: Clearance) -> frozenset[UUID]:
    return frozenset([file for one in clearance.permitted for file in one.files])


def _tag_of(clearance: Clearance) -> bytes:
    """HMAC over everything that matters, under this process's secret."""
    digest = hashlib.sha256()
    digest.update(
        canonical(
            {
                "use": clearance.use.as_json(),
                "at": clearance.at,
                "position": clearance.position,
                "policy": clearance.policy_version,
                "reasons": list(clearance.reasons),
                "lapses_at": clearance.lapses_at,
                "asker": clearance.asker,
            }
        )
    )
    for one in clearance.permitted:
        files = b"".join([file.bytes for file in one.files])
        digest.update(b"%d:%b" % (one.ordinal, files) + b":%d" * len(one.heads) % one.heads)
    return hmac.digest(_SECRET, digest.digest(), "sha256")
