"""How a participant and her files stood at an earlier time, folded from what the ledger says of her. Pure.

Rows change and events do not: whoever replays a decision reads the events. What they say is private and goes
with an erasure; then nothing can be folded, and that is meant so.

    said = history.until(trail, at=at, position=40)
    history.subject(said, "P-17"), history.files(said)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from consent import events
from consent.canonical import instant, instant_or_none
from consent.errors import NotRemembered
from consent.terms import File, FileState, Freeze, Subject

Said = Mapping[str, Any]  # what the opening of an event says: kind, at, by, subject, fields

OF_PERSON = (
    events.REGISTERED.tag,
    events.IDENTITY_VERIFIED.tag,
    events.MOVED.tag,
    events.FROZEN.tag,
    events.DISSENT.tag,
    events.DIED.tag,
    events.ERASED.tag,
)
TAGS = (*OF_PERSON, events.HOLDING_CHANGED.tag)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is remembered of a participant, by the names of the columns; a name that is absent was never
    said."""

    columns: Mapping[str, Any]
    freezes: tuple[Freeze, ...]
    files: Mapping[str, FileState]
    position: int  # the consent position of the last change


def until(trail: Iterable[Said], *, at: datetime, position: int | None = None) -> list[Said]:
    """The part of a trail that was known: up to a consent position, or where none is given up to an instant.
    An event that names no position is placed by its instant."""

    def known(said: Said) -> bool:
        placed = said["fields"].get("position")
        if position is None or placed is None:
            return instant(said["at"]) <= at
        return bool(placed <= position)

    return [said for said in trail if known(said)]


def facts(said: Sequence[Said]) -> Facts:
    """Everything that a trail says, the later word over the earlier one."""
    columns: dict[str, Any] = {}
    freezes: list[Freeze] = []
    files: dict[str, FileState] = {}
    position = 0
    for event in said:
        fields = event["fields"]
        position = max(position, fields.get("position") or 0)
        match event["kind"]:
            case events.REGISTERED.tag:
                columns |= {"identity_verified": False, "minor_dissent": False}
                columns |= {"died_at": None, "erased_at": None, "dissent_until": None}
                if "born_on" in fields:
                    columns["born_on"] = date.fromisoformat(fields["born_on"])
                    columns["home_region"] = fields["home_region"]
                    columns["home_zone"] = fields["home_zone"]
            case events.MOVED.tag:
                columns |= {name: fields[name] for name in ("home_region", "home_zone")}
            case events.IDENTITY_VERIFIED.tag:
                columns["identity_verified"] = True
            case events.FROZEN.tag:
                since = instant(fields.get("since") or event["at"])
                freezes.append(Freeze(since, instant_or_none(fields["until"])))
            case events.DISSENT.tag:
                columns["minor_dissent"] = fields["dissents"]
                columns["dissent_until"] = instant_or_none(fields.get("until"))
            case events.DIED.tag:
                columns["died_at"] = instant(fields["died_at"])
            case events.ERASED.tag:
                columns["erased_at"] = instant(event["at"])
            case events.HOLDING_CHANGED.tag:
                files[fields["file"]] = FileState(fields["state"])
    return Facts(columns, tuple(freezes), files, position)


def subject(said: Sequence[Said], pseudonym: str) -> Subject:
    """The participant as decision takes her. Raises NotRemembered when her birthday is not on record."""
    known = facts(said)
    if "born_on" not in known.columns:
        raise NotRemembered(
            f"The ledger does not remember {pseudonym} at that time, so nothing can be decided again as it "
            "was then. Either she was not registered yet, or what it said of her went with her data."
        )
    return Subject(
        id=pseudonym,
        dob=known.columns["born_on"],
        died_at=known.columns["died_at"],
        identity_verified=known.columns["identity_verified"],
        freezes=known.freezes,
        minor_dissent=known.columns["minor_dissent"],
        dissent_until=known.columns["dissent_until"],
        erased_at=known.columns["erased_at"],
        zone=known.columns["home_zone"],
        region=known.columns["home_region"],
    )


def files(said: Sequence[Said]) -> tuple[File, ...]:
    """Her files and how each stood, in the order in which the law asks about them."""
    return tuple(File(file, state) for file, state in sorted(facts(said).files.items()))


def steps(trail: Iterable[Said]) -> list[int]:
    """The consent positions at which something about her changed."""
    return sorted({said["fields"]["position"] for said in trail if said["fields"].get("position")})
