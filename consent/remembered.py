"""What the ledger remembers of a participant, read from its rows; and whether her row still says the same.

How a trail is folded into a state is in history. An erased participant has no trail any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from consent import events, fence, history
from consent.canonical import instant, plain
from consent.errors import LedgerBroken
from consent.history import Facts, Said
from consent.ledger import tree
from consent.ledger.leaves import commit, leaf_data
from consent.models import KinLink, LedgerOpening, Participant
from consent.terms import Freeze

CHUNK = 500  # people looked at together
COLUMNS = (
    "born_on",
    "home_region",
    "home_zone",
    "identity_verified",
    "minor_dissent",
    "dissent_until",
    "died_at",
    "erased_at",
)
# What each event of a link makes of it.
LINKS = {
    events.KIN_CLAIMED.tag: "CLAIMED",
    events.KIN_SEEN.tag: "SEEN",
    events.KIN_VERIFIED.tag: "VERIFIED",
    events.KIN_REJECTED.tag: "REJECTED",
    events.KIN_ENDED.tag: "ENDED",
    events.KIN_LIMITED.tag: "",
}
OVER = ("REJECTED", "ENDED")
STATEMENTS = (events.GIVEN.tag, events.DENIED.tag, events.WITHDRAWN.tag, events.CONTINUED.tag)


def trail(participant: Participant) -> list[Said]:
    """Everything the ledger says of her facts and her files, oldest first. Raises LedgerBroken for an
    opening that is not what its event committed to, or whose event is not what was placed in the tree."""
    return _openings(participant, history.TAGS)


def is_told(trail: Iterable[Said]) -> bool:
    """Whether a trail says more than that she was erased."""
    return any(said["kind"] != events.ERASED.tag for said in trail)


def said_by_ledger(participant: Participant) -> set[int]:
    """The sequence numbers of her statements as the ledger has them. Raises LedgerBroken likewise."""
    return {said["fields"]["seq"] for said in _openings(participant, STATEMENTS)}


def _openings(participant: Participant, tags: Sequence[str]) -> list[Said]:
    rows = LedgerOpening.objects.filter(subject=participant.pseudonym, event__kind__in=tags)
    return [_read(row) for row in rows.select_related("event__leaf").order_by("event_id")]


def _read(row: LedgerOpening) -> Said:
    event = row.event
    commitment = commit(bytes(row.salt), row.body)
    leaf = getattr(event, "leaf", None)
    data = leaf_data(uid=str(event.uid), kind=event.kind, commitment=commitment)
    placed = leaf is None or bytes(leaf.leaf_hash) == tree.leaf_hash(data)
    if commitment != bytes(event.commitment) or not placed:
        raise LedgerBroken(
            f"Event {event.uid} is not as it was recorded, so nothing can be decided again that rests on it. "
            "Tell an auditor."
        )
    return row.said


def altered_rows() -> Iterator[str]:
    """A sentence for every participant, file and link of kin whose row says otherwise than the ledger."""
    ordinals = list(Participant.objects.order_by("ordinal").values_list("ordinal", flat=True))
    for first in range(0, len(ordinals), CHUNK):
        chunk = ordinals[first : first + CHUNK]
        if any(_differences(chunk)):
            with transaction.atomic():  # once more, with every change kept out: perhaps one came between
                fence.hold()
                found = list(_differences(chunk))
            yield from found


def _differences(ordinals: Sequence[int]) -> Iterator[str]:
    people = list(Participant.objects.filter(ordinal__in=ordinals).prefetch_related("freezes", "holdings"))
    links: dict[int, list[KinLink]] = defaultdict(list)
    for link in KinLink.objects.filter(person__in=ordinals).order_by("id"):
        links[link.person_id].append(link)
    said: dict[str, list[Said]] = defaultdict(list)
    rows = LedgerOpening.objects.filter(
        subject__in=[one.pseudonym for one in people], event__kind__in=(*history.TAGS, *LINKS)
    )
    for row in rows.order_by("event_id"):
        said[row.subject].append(row.said)
    for person in people:
        told = said[person.pseudonym]
        if person.erased_at is not None and not is_told(told):
            # What was said of her was destroyed with her data; that it was is remembered.
            if [instant(one["at"]) for one in told] != [person.erased_at]:
                yield f"The ledger does not remember that {person} was erased."
            continue
        yield from _of_person(person, history.facts([one for one in told if one["kind"] in history.TAGS]))
        yield from _of_links(person, links[person.ordinal], [one for one in told if one["kind"] in LINKS])


def _of_person(person: Participant, known: Facts) -> Iterator[str]:
    if not known.columns:
        yield f"The ledger does not remember that {person} was registered."
        return
    for name in COLUMNS:
        if name in known.columns and getattr(person, name) != known.columns[name]:
            yield _differs(f"{name} of {person}", getattr(person, name), known.columns[name])
    freezes = tuple(Freeze(one.since, one.until) for one in person.freezes.all())
    if sorted(freezes, key=_order) != sorted(known.freezes, key=_order):
        yield _differs(f"The freezes of {person}", _plain(freezes), _plain(known.freezes))
    if person.epoch < known.position:
        yield _differs(f"The last change of {person}", person.epoch, known.position)
    held = {str(one.file): one.state for one in person.holdings.all()}
    for file in sorted(held.keys() | known.files.keys()):
        if held.get(file) != known.files.get(file):
            what = f"File {file} of {person}"
            yield _differs(what, held.get(file, "not hers"), known.files.get(file, "not hers"))


def _of_links(person: Participant, links: Sequence[KinLink], told: Sequence[Said]) -> Iterator[str]:
    """Each claimant's links in the order in which they were claimed."""
    remembered: list[dict[str, Any]] = []
    for said in told:
        fields, state = said["fields"], LINKS[said["kind"]]
        if said["kind"] == events.KIN_CLAIMED.tag:
            began = {name: fields[name] for name in ("actor", "capacity", "relation")}
            between = {name: fields[name] for name in ("valid_from", "valid_to") if fields[name]}
            remembered.append(began | {n: plain(instant(t)) for n, t in between.items()} | {"state": state})
            remembered[-1]["claimed_at"] = said["at"]
            continue
        whose = {name: fields[name] for name in ("actor", "capacity") if name in fields}
        living = [one for one in remembered if one["state"] not in OVER and whose.items() <= one.items()]
        for link in living[-1:]:
            link |= {"state": state or link["state"]} | _moved(said)
    kept = [_link(link) for link in links]
    if sorted(kept, key=str) != sorted(remembered, key=str):
        yield _differs(f"Who acts for {person}", kept, remembered)


def _moved(said: Said) -> dict[str, Any]:
    match said["kind"]:
        case events.KIN_SEEN.tag:
            return {"seen_by": said["by"]}
        case events.KIN_VERIFIED.tag:
            return {"verified_at": said["at"], "verified_by": said["by"]}
        case events.KIN_LIMITED.tag:
            return {"limits": said["fields"]["families"]}
    return {"ended_at": said["at"]}


def _link(link: KinLink) -> dict[str, Any]:
    facts = {
        "actor": link.claimant,
        "capacity": str(link.capacity),
        "relation": str(link.kind),
        "valid_from": plain(link.valid_from),
        "valid_to": plain(link.valid_to),
        "state": str(link.state),
        "claimed_at": plain(link.claimed_at),
        "seen_by": link.seen_by,
        "verified_at": plain(link.verified_at),
        "verified_by": link.verified_by,
        "ended_at": plain(link.ended_at),
    }
    limits = {"limits": link.limits} if link.limits else {}
    return {name: value for name, value in facts.items() if value} | limits


def _differs(what: str, kept: object, known: object) -> str:
    return f"{what} is {kept} in its row, and {known} in the ledger."


def _plain(freezes: Sequence[Freeze]) -> str:
    return ", ".join(f"{plain(one.since)} to {plain(one.until) or 'no end'}" for one in freezes) or "none"


def _order(freeze: Freeze) -> tuple[datetime, bool, datetime]:
    return (freeze.since, freeze.until is None, freeze.until or freeze.since)
