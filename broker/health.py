"""Is the house well? Its database, queue, ledger, storage and jobs: one finding each, in words.

The doctor at the terminal and the administrators' page ask here. Nothing is changed by asking: what a crash
left on the shelf is cleared by the doctor.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlparse

from django.conf import settings
from django.db import Error, connection
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from kombu.connection import Connection
from kombu.exceptions import KombuError

from broker import clock, cutting, notices, owing, postman, reopening
from broker.models import Job, JobRange, JobState, RangeState, Upload, UploadState
from broker.walls import logging_in
from consent import afterwards, alarms
from consent.apps import append_only_tables
from consent.errors import ConsentError
from consent.ledger import witnesses
from consent.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf
from genomics.errors import GenomicsError
from genomics.intake import sandbox, upkeep
from genomics.intake.walled import walls

SEAL_WITHIN = timedelta(seconds=10)  # an event that waits longer for its place: the sequencer stands still
WITNESS_WITHIN = timedelta(minutes=5)  # a checkpoint that waits longer to be cosigned: the witness is away
BEGIN_WITHIN = timedelta(minutes=5)  # a job that waits longer: no worker, or too few
LOST_FOR = timedelta(minutes=1)  # a job that nobody is at for longer: no sweeper, or no worker
TICKS_WITHIN = timedelta(minutes=1)  # it ticks every few seconds
ROOM = 1024**3  # bytes that storage should have to spare


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part of the house, and how it is."""

    part: str
    well: bool
    words: str


def look(*, at: datetime) -> Iterator[Finding]:
    """Every part in turn; a part that cannot be asked is not well, and the others are asked all the same."""
    for part, check in CHECKS.items():
        try:
            well, words = check(at)
        except (Error, OSError, KombuError, ConsentError, GenomicsError) as trouble:
            well, words = False, _("It does not answer: %(why)s") % {"why": trouble}
        yield Finding(part=part, well=well, words=words)


def _database(_at: datetime) -> tuple[bool, str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        fenced = {row[0] for row in cursor.fetchall()}
    bare = sorted({*append_only_tables()} - fenced)
    if bare:
        return False, _("%(vendor)s answers, but nothing keeps %(tables)s from being changed.") % {
            "vendor": connection.display_name,
            "tables": ", ".join(bare),
        }
    fault = next(logging_in.faults(), None) if settings.WALLS_REQUIRED else None
    if fault is not None:
        return False, fault
    return True, _("%(vendor)s answers, and the append-only tables are fenced.") % {
        "vendor": connection.display_name
    }


def _queue(_at: datetime) -> tuple[bool, str]:
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=3) as queue:
        queue.ensure_connection(max_retries=1, timeout=3)
    return True, _("The queue answers (%(kind)s).") % {"kind": settings.CELERY_BROKER_URL.split("://")[0]}


def _ledger(at: datetime) -> tuple[bool, str]:
    newest = LedgerCheckpoint.newest()
    if newest is None:
        return False, _("There is no checkpoint yet. Is the sequencer running?")
    placed = LedgerLeaf.objects.order_by("-position").values_list("event_id", flat=True).first() or 0
    waiting = LedgerEvent.objects.filter(id__gt=placed).order_by("id")
    oldest = waiting.first()
    told = {"size": newest.size, "age": _ago(newest.at, at), "waiting": waiting.count()}
    if oldest is not None and min(at - oldest.at, at - newest.at) > SEAL_WITHIN:
        return False, (
            _(
                "%(waiting)d events wait for their place; the newest checkpoint is %(age)s old. "
                "Is the sequencer running?"
            )
            % told
        )
    return True, _("%(size)d events lie under a checkpoint that is %(age)s old; %(waiting)d wait.") % told


def _witness(at: datetime) -> tuple[bool, str]:
    if not witnesses.is_named():
        return True, _("No witness is named: nobody outside this house keeps its checkpoints (WITNESS_URL).")
    newest, seen = LedgerCheckpoint.newest(), witnesses.newest()
    size = seen.checkpoint.size if seen else 0
    if newest is None or newest.size == size:
        return True, _("The witness has cosigned all %(size)d events.") % {"size": size}
    # The newest is seconds old in a house at work: how long the first that it lacks has waited is what tells.
    lacks = LedgerCheckpoint.objects.filter(size__gt=size).order_by("size").first()
    late = lacks is not None and at - lacks.at > WITNESS_WITHIN
    return not late, _("The witness has cosigned %(size)d of %(all)d events.") % {
        "size": size,
        "all": newest.size,
    }


def _storage(_at: datetime) -> tuple[bool, str]:
    url = urlparse(settings.STORAGE_URL)
    if url.scheme != "file":
        return True, _("Files lie elsewhere (%(kind)s).") % {"kind": url.scheme}
    folder = Path(unquote(url.path))
    while not folder.exists():  # it is made with the first file
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return False, _("The folder of the files cannot be written to.")
    free = shutil.disk_usage(folder).free
    words = _("%(free).1f GB are free.") % {"free": free / 1024**3}
    return free >= ROOM, words


def _sandbox(_at: datetime) -> tuple[bool, str]:
    missing = walls.missing()
    if not missing:
        return True, _("Files are read behind walls: no file, network or program is in a reader's reach.")
    if sandbox.is_good_enough():
        return False, _("Files are read without %(walls)s, for debugging only.") % {
            "walls": ", ".join(missing)
        }
    return False, _("No file is taken in: this machine lacks %(walls)s.") % {"walls": ", ".join(missing)}


def _jobs(at: datetime) -> tuple[bool, str]:
    queued = Job.objects.filter(state=JobState.QUEUED)
    told = {
        "queued": queued.count(),
        "running": Job.objects.filter(state__in=cutting.UNDER_WAY).count(),
        "paused": Job.objects.filter(state=JobState.PAUSED).count(),
    }
    words = _("%(queued)d wait, %(running)d run, %(paused)d are paused.") % told
    oldest = queued.order_by("created_at").first()
    late = oldest is not None and at - oldest.created_at > BEGIN_WITHIN
    if oldest is not None and late:
        words += " " + _("The oldest has waited %(age)s. Is a worker running?") % {
            "age": _ago(oldest.created_at, at)
        }
    since = at - LOST_FOR
    gone = Job.objects.filter(state__in=[JobState.RUNNING, JobState.RELEASING], lease_until__lt=since)
    parts = JobRange.objects.filter(state=RangeState.RUNNING, lease_until__lt=since)
    ends = [end for rows in (gone, parts) for end in rows.values_list("lease_until", flat=True)]
    lost = sorted(end for end in ends if end is not None)
    if lost:
        words += " " + _("%(lost)d lost their worker, the first %(age)s ago, and nobody took them up.") % {
            "lost": len(lost),
            "age": _ago(lost[0], at),
        }
    if told["paused"]:
        words += " " + _("Look into the worker's log, then run manage.py requeue.")
    return not (told["paused"] or late or lost), words


def _clock(at: datetime) -> tuple[bool, str]:
    ticked = clock.last_tick()
    if ticked is None:
        return False, _("The clock of this home has never ticked. Is a worker running that has it (-B)?")
    words = _("The clock ticked %(age)s ago.") % {"age": _ago(ticked, at)}
    if at - ticked <= TICKS_WITHIN:
        return True, words
    return False, f"{words} " + _(
        "Nothing is swept, told or ended meanwhile. Start the worker again that has it (-B)."
    )


def _uploads(at: datetime) -> tuple[bool, str]:
    whole = Upload.objects.filter(state__in=[UploadState.ARRIVED, UploadState.CHECKING])
    told = {"arriving": Upload.objects.filter(state=UploadState.ARRIVING).count(), "whole": whole.count()}
    words = _("%(arriving)d arrive, %(whole)d wait or are being checked.") % told
    oldest = whole.filter(state=UploadState.ARRIVED, arrived_at__lt=at - BEGIN_WITHIN).first()
    if oldest is None or oldest.arrived_at is None:
        return True, words
    late = _("The oldest has waited %(age)s. Is a worker running?") % {"age": _ago(oldest.arrived_at, at)}
    return False, f"{words} {late}"


def _yeses(at: datetime) -> tuple[bool, str]:
    rang = alarms.newest(since=at - timedelta(days=7))
    if rang is None:
        return True, _("Yeses come as usual.")
    return False, _("Many more yeses than usual came %(age)s ago. Tell an auditor.") % {
        "age": _ago(rang.at, at)
    }


def _records(at: datetime) -> tuple[bool, str]:
    rang = alarms.newest_unsound(since=at - timedelta(days=7))
    if rang is None:
        return True, _("Every record that was looked at is whole.")
    return False, _("A record was not as it was recorded, %(age)s ago. Tell an auditor.") % {
        "age": _ago(rang.at, at)
    }


def _notices(at: datetime) -> tuple[bool, str]:
    failed = postman.failed().filter(at__gt=at - timedelta(days=7)).count()
    waiting = len(postman.due(at=at - timedelta(hours=1)))
    told = {"failed": failed, "waiting": waiting, "letters": notices.letters().count()}
    words = _("%(failed)d could not be delivered in a week, %(waiting)d mails wait too long, ") % told
    return not (failed or waiting), words + _("%(letters)d letters are to be posted.") % told


def _ago(then: datetime, at: datetime) -> str:
    seconds = max(0, int((at - then).total_seconds()))
    return _("%(n)d seconds") % {"n": seconds} if seconds < 60 else timesince(then, at)


def _restored(_at: datetime) -> tuple[bool, str]:
    why = afterwards.behind()
    if why:
        return False, _("%(why)s. Every door is shut: run manage.py replay_after_restore.") % {"why": why}
    if reopening.is_held():
        return False, _(
            "An older database was put back. Nothing is asked before a steward looked: manage.py look_over."
        )
    return True, _("The database remembers everything that is kept outside it.")


def _keys(at: datetime) -> tuple[bool, str]:
    all_seen = logging_in.sees_every_key()  # what is not seen cannot be missed
    lost = upkeep.lost_epochs() if all_seen else []
    if lost:
        return False, _("The keys of epochs %(lost)s are gone, and files need them.") % {
            "lost": ", ".join(map(str, lost))
        }
    began = upkeep.newest_began()
    if began is None:
        return True, _("No key has been made yet.")
    words = _("The newest key epoch is %(age)s old.") % {"age": _ago(began, at)}
    if not all_seen:
        words += " " + _(
            "This login sees no keys: whether one is lost is told by manage.py doctor, run with the keeper's."
        )
    late = at - began > 2 * upkeep.DAY
    return not late, words + (" " + _("Is a worker running? Or run manage.py roll_keys.") if late else "")


def _rows(_at: datetime) -> tuple[bool, str]:
    room = upkeep.room_for_rows()
    if room is None:
        return True, _("No panel of sites is loaded.")
    told = dict(zip(("rows", "held", "mb"), room, strict=True))
    if settings.SKETCHES:
        return True, _("%(rows)d rows; sketches are compared first.") % told
    words = _("%(rows)d rows may be compared; a worker's memory holds %(held)d.") % told
    if told["held"] >= told["rows"] or not settings.ROWS_BYTES:  # none is kept: so somebody wanted it
        return True, words
    return False, f"{words} " + _(
        "The others are decrypted in every search. Raise ROWS_MB to %(mb)d, or set SKETCHES=1."
    ) % told


CHECKS: dict[str, Callable[[datetime], tuple[bool, str]]] = {
    "database": _database,
    "queue": _queue,
    "ledger": _ledger,
    "witness": _witness,
    "storage": _storage,
    "sandbox": _sandbox,
    "keys": _keys,
    "rows": _rows,
    "restore": _restored,
    "jobs": _jobs,
    "clock": _clock,
    "uploads": _uploads,
    "yeses": _yeses,
    "records": _records,
    "notices": _notices,
    "demands": owing.demands,
    "tellings": owing.told,
    "statements": owing.stated,
    "policy": owing.policy,
}
