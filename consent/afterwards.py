"""What a database that was put back has to be told again: whatever narrows or ends, in a file outside of it;
and the names of what is lost with it, for somebody to bring once more.

    afterwards.require_current()      # raises DatabaseBehind while the database is older than the file
    afterwards.missing()              # what it does not remember, oldest first

The file lies beside the checkpoint file and is written after each commit, under the gate lock's order. Lines
are sealed under the seal key, for they say about whom they are; an erasure takes what a person's older lines
say. Each checkpoint names the last line and a digest of all (`binding`), so that none can be taken out or
cut off unseen. What is missing is done again by the verbs (broker.restoring); then the file is begun anew.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings

from consent import bodies, events, kept_lines
from consent.errors import DatabaseBehind, LedgerBroken
from consent.kept_lines import Kept, Line
from consent.ledger import checkpoints, heads, kinds, moves, note
from consent.models.ledger import LedgerCheckpoint, LedgerEvent
from consent.models.statements import Statement

NARROWING = (
    events.ERASED.tag,
    events.DENIED.tag,
    events.WITHDRAWN.tag,
    events.FROZEN.tag,
    events.DISSENT.tag,
    events.DIED.tag,
    events.HOLDING_CHANGED.tag,
    events.MOVED.tag,
    events.FORM_RETIRED.tag,
    events.KIN_LIMITED.tag,
    events.KIN_REJECTED.tag,
    events.KIN_ENDED.tag,
    events.TWINS_REGISTERED.tag,
    *kinds.TAKEN_AWAY_ABOVE,
)
TOLD = (
    events.POLICY_ADOPTED.tag,
    events.FORM_PUBLISHED.tag,
    events.DISEASES_LOADED.tag,
    events.PAPER_RECEIVED.tag,
    *kinds.BROUGHT_ABOVE,
)
"""What cannot be done again, for its words are in the database alone. Of these only the name is kept here."""
KEPT = (*NARROWING, *TOLD)
NAME = "afterwards"  # of the extension line of a checkpoint

# By file: its newest line, and the newest event that was held against it.
_looked: dict[Path, tuple[UUID | None, int, UUID]] = {}


def catch_up() -> None:
    """Write what the file lacks. Called after each commit that took the gate lock for a change."""
    with kept_lines.alone(kept_lines.path()) as file:
        known = kept_lines.newest(file)
        rows = LedgerEvent.objects.filter(kind__in=KEPT).order_by("id").select_related("opening")
        if known is not None:
            at = LedgerEvent.objects.filter(uid=known).values_list("id", flat=True).first()
            if at is None:
                return  # the database is behind, and says so at every door: nothing is added to such a file
            rows = rows.filter(id__gt=at)
        rows = rows.filter(id__gt=_looked_upto(known))
        lines: list[Line] = []
        newest: LedgerEvent | None = None
        for newest in rows.iterator():
            if (line := _line(newest)) is not None:
                lines.append(line)
        if lines:
            _write(file, lines)
        if newest is not None:
            _looked[kept_lines.path()] = lines[-1].event if lines else known, newest.id, newest.uid


def _looked_upto(known: UUID | None) -> int:
    """The event up to which this process has looked while `known` was the newest line: none before it wants a
    line. They are written under the gate lock, so none comes late with a smaller id. 0 after a restore."""
    looked = _looked.get(kept_lines.path())
    if looked is None or looked[0] != known:
        return 0
    _, event, uid = looked
    return event if LedgerEvent.objects.filter(id=event, uid=uid).exists() else 0


def missing() -> list[Line]:
    """What the file remembers and the database does not, oldest first: what is to be done again, and what can
    only be told (TOLD). Raises LedgerBroken for a line that
    is not as it was written."""
    if not kept_lines.path().exists():
        return []
    with kept_lines.alone(kept_lines.path()) as file:
        lines = list(kept_lines.lines(file))
        _require_bound(file, _bound(checkpoints.newest_published()))
    known = {line.event for line in lines}
    known &= set(LedgerEvent.objects.filter(uid__in=known).values_list("uid", flat=True))
    return [line for line in lines if line.event not in known]


def behind() -> str:
    """Why the database is older than what is kept outside it; empty when it is not. Reads the ends of two
    files and two rows."""
    newest = checkpoints.newest_published()
    if newest is not None:
        ours = LedgerCheckpoint.newest()
        if ours is None or ours.size < newest.size:
            return (
                f"The checkpoint file vouches for {newest.size} events, the database for "
                f"{ours.size if ours else 0}"
            )
    last, bound = None, _bound(newest)
    if kept_lines.path().exists():
        with kept_lines.path().open("rb") as file:
            last = kept_lines.newest(file)
        if last is not None and not LedgerEvent.objects.filter(uid=last).exists():
            return "Something that was recorded, and may not be forgotten, is not in the database"
    if bound is not None and last != bound[0]:  # the newest line, or one that came after it
        ids = dict(LedgerEvent.objects.filter(uid__in=[last, bound[0]]).values_list("uid", "id"))
        if last is None or ids.get(last, 0) < ids.get(bound[0], 0):
            return f"{kept_lines.path().name} has lost its end"
    return ""


def binding(signed: note.Checkpoint | None) -> str:
    """What the next checkpoint says of the file: its last line, and the digest of all; empty while there is
    none. Raises LedgerBroken when it is not the file that `signed`, the newest checkpoint, names."""
    bound = _bound(signed)
    if not kept_lines.path().exists():
        if bound is not None:
            raise LedgerBroken(kept_lines.sentence())
        return ""
    with kept_lines.alone(kept_lines.path()) as file:
        last = kept_lines.newest(file)
        if last is not None and (bound is None or bound[0] != last):
            _require_bound(file, bound)
            bound = last, kept_lines.digests(file)[last]
    return f"{NAME} {bound[0]} {base64.b64encode(bound[1]).decode()}" if bound else ""


def require_current() -> None:
    """Raises DatabaseBehind while something is missing: then nobody is read and no door opens."""
    why = behind()
    if why:
        raise DatabaseBehind(
            f"{why}: it was put back to an earlier day. Nothing is answered until what was said since is "
            "done again; an operator runs `manage.py replay_after_restore`."
        )


def set_aside(*, at: datetime) -> list[Path]:
    """Keep the files under another name, for an auditor, and begin anew."""
    moved = []
    for path in (kept_lines.path(), Path(settings.CHECKPOINT_FILE), heads.path()):
        if path.exists():
            aside = path.with_name(f"{path.name}.until-{at:%Y%m%dT%H%M%S}")
            path.rename(aside)
            moved.append(aside)
    moves.begin(ours.size if (ours := LedgerCheckpoint.newest()) else 0)
    catch_up()
    return moved


def is_kept(kind: str, fields: Mapping[str, Any]) -> bool:
    """Whether this event may not be forgotten by a restore: a signature is kept when it is a no."""
    if kind in TOLD:
        return True
    widens = fields.get("approves") is True or fields.get("state") == "ACTIVE"
    return kind in NARROWING and not widens


def trim(*, at: datetime, life: timedelta) -> None:
    """Leave out what every backup that still exists remembers, but for the newest line."""
    with kept_lines.alone(kept_lines.path()) as file:
        kept = list(kept_lines.kept(file))
        young = next((n for n, one in enumerate(kept) if _is_young(one, at, life)), len(kept) - 1)
        if young > 0:
            kept_lines.rewrite(file, kept[young:], since=kept_lines.digests(file)[kept[young - 1].event])


def _is_young(kept: Kept, at: datetime, life: timedelta) -> bool:
    """Whether some backup may not remember it; one whose words are gone is remembered by the erasure's."""
    if kept.sealed is None:
        return False
    return at - datetime.fromisoformat(kept_lines.opened(kept).said["at"]) < life


def _line(event: LedgerEvent) -> Line | None:
    opening = getattr(event, "opening", None)
    if opening is None:
        return None  # what it said was erased since
    said = opening.said
    if not is_kept(event.kind, said["fields"]):
        return None
    if event.kind in TOLD:
        return Line(event=event.uid, said={**said, "fields": {}})  # a name: what it said is no reminder
    if event.kind in (events.DENIED.tag, events.WITHDRAWN.tag):
        statement = Statement.objects.filter(event=event.uid).first()
        _, value = bodies.read(statement.body) if statement is not None else (None, None)
        said = {**said, "file": value.file if value is not None else None}
    return Line(event=event.uid, said=said)


def _write(file: BinaryIO, lines: list[Line]) -> None:
    gone = {line.said["subject"] for line in lines if line.kind == events.ERASED.tag}
    if gone:
        old = [_without(one, gone) for one in kept_lines.kept(file)]
        new = [_without(kept_lines.sealed(line), gone) for line in lines]
        kept_lines.rewrite(file, [*old, *new], since=kept_lines.since(file))
        return
    kept_lines.append(file, lines)


def _without(kept: Kept, gone: set[str]) -> Kept:
    """A line without what it says, if it is about an erased person and does not tell of the erasure."""
    if kept.sealed is None:
        return kept
    line = kept_lines.opened(kept)
    stays = line.kind == events.ERASED.tag or line.said["subject"] not in gone
    return kept if stays else Kept(kept.event, None)


def _bound(signed: note.Checkpoint | None) -> tuple[UUID, bytes] | None:
    """The last line and the digest that a checkpoint names; None for one from before the files were begun."""
    if signed is None or signed.size <= heads.begun():
        return None
    for extension in signed.extensions:
        name, _, rest = extension.partition(" ")
        if name == NAME:
            event, _, digest = rest.partition(" ")
            return UUID(event), base64.b64decode(digest)
    return None


def _require_bound(file: BinaryIO, bound: tuple[UUID, bytes] | None) -> None:
    """Raise LedgerBroken unless every line that a checkpoint was signed over is there, or was left out with
    all before it because every backup remembers it."""
    if bound is None:
        return
    found = kept_lines.digests(file).get(bound[0])
    if found != bound[1] and not (found is None and kept_lines.since(file)):
        raise LedgerBroken(kept_lines.sentence())
