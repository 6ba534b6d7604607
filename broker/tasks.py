"""The Celery door, thin. A message carries the id of a job or of a range of one, and nothing else; their rows
are the truth."""

import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app, shared_task
from celery.signals import worker_init, worker_ready
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from broker import (
    anomaly_watch,
    case_ends,
    checks,
    clock,
    duties,
    handovers,
    impact,
    jobs,
    leftovers,
    notices,
    people,
    postman,
    processes,
    ranges,
    reviews,
    statements,
    sweeping,
    tellings,
    transparency,
    uses,
)
from broker.models import Job
from broker.roles import Role
from broker.walls import logging_in
from broker.walls.tables import Login
from consent import afterwards, alarms, eligibility, naming
from genomics.intake import erasure, receive, upkeep
from genomics.matching import segments

logger = logging.getLogger(__name__)
WORKER = "worker"  # who may ring these: only what runs beside the queue


@worker_init.connect
def refuse_to_pass_walls(**_signal: object) -> None:
    """A worker for queries, or for the upkeep, starts with its own login into the database only."""
    try:
        logging_in.require(Login.WORKER, Login.KEEPER)
    except ImproperlyConfigured as unfit:
        raise SystemExit(str(unfit)) from None  # Celery would log any other error and go on


@worker_init.connect
def be_ready_to_compare(**_signal: object) -> None:
    """What is compiled is compiled before the first question comes."""
    segments.make_ready()


@worker_ready.connect
def end_with_the_clock(sender: Any, **_signal: object) -> None:
    """A worker that has the beat does not outlive it."""
    clock.watch(sender.controller)


@shared_task(name="broker.run_job")
def run_job(job_id: str) -> None:
    """Run one job, if it is still there to be run."""
    afterwards.require_current()
    for range_id in jobs.run(UUID(job_id), clock=timezone.now, batch=settings.GATE_BATCH):
        ring_range(range_id)


@shared_task(name="broker.run_range")
def run_range(range_id: str) -> None:
    """Read one range of a job, if it is still there to be read."""
    afterwards.require_current()
    whole = ranges.run(UUID(range_id), clock=timezone.now, batch=settings.GATE_BATCH)
    if whole is not None:
        ring(whole)


@shared_task(name="broker.check_upload")
def check_upload(upload_id: str) -> None:
    """Check one upload that is whole, if it is still there to be checked."""
    checks.run(UUID(upload_id), clock=timezone.now)


@shared_task(name="broker.sweep")
def sweep() -> None:
    """Ring for the jobs, their ranges and the uploads that nobody heard of or whose worker fell silent."""
    now, room = timezone.now(), sweeping.room(waiting())
    for job_id in sweeping.unheard(at=now, most=room):
        ring(job_id)
    for range_id in sweeping.unread(at=now, most=room):
        ring_range(range_id)
    for upload_id in checks.unheard(at=now, most=room):
        ring_check(upload_id)


@shared_task(name="broker.keep_population")
def keep_population() -> None:
    """Keep who may be asked as arrays, so that a worker that starts need not read every statement."""
    afterwards.require_current()
    now = timezone.now()
    eligibility.keep(policy=uses.policy(now), at=now)


@shared_task(name="broker.handovers")
def hand_over() -> None:
    """Take the steps to majority that have come due."""
    afterwards.require_current()
    handovers.sweep(at=timezone.now())


@shared_task(name="broker.upkeep")
def keep_up() -> None:
    """Roll the key epochs when a day is over, finish erasures, make what is derived and missing."""
    afterwards.require_current()
    now = timezone.now()
    afterwards.trim(at=now, life=timedelta(days=settings.BACKUP_DAYS) + 2 * upkeep.DAY)
    upkeep.roll(by=WORKER, at=now)
    erasure.rekey_all(by=WORKER, at=now)
    naming.keep_all(at=now, by=WORKER)
    receive.sweep(before=now - timedelta(hours=1))
    deque(upkeep.rebuild_rows(missing_only=True), maxlen=0)
    upkeep.pack_rows()
    deque(upkeep.fill_slabs(at=now), maxlen=0)


@shared_task(name="broker.look")
def look() -> None:
    """What is looked at every minute, each duty by itself (see LOOKED_AT)."""
    afterwards.require_current()
    duties.do_each(LOOKED_AT, at=timezone.now())


@shared_task(name="broker.end_due")
def end_due() -> None:
    """End the cases that have run out, evidence and all, and let answers go whose time is over. A worker that
    reads strangers' files could do none of it in the database: it is the keeper's, as the upkeep is."""
    afterwards.require_current()
    duties.do_each(ENDED, at=timezone.now())


def _yeses(at: datetime) -> None:
    if (risen := alarms.look(at)) is not None:
        notices.tell(people.holding(Role.AUDITOR), "alarm", at=at, grants=risen.grants)


def _records(at: datetime) -> None:
    if alarms.walk(at) is not None:
        notices.tell(people.holding(Role.AUDITOR), "unsound", at=at)


def _mails(at: datetime) -> None:
    for delivery in postman.due(at=at):
        postman.ring(delivery)


LOOKED_AT: dict[str, duties.Duty] = {
    "yeses in numbers": _yeses,
    "a share of the records": _records,
    "what is unusual": anomaly_watch.look,
    "mails that wait": _mails,
    "searches to be told": lambda at: tellings.tell_due(at=at),
    "demands to be told": lambda at: processes.tell_due(at=at),
    "demands nobody answered": lambda at: processes.alarm_overdue(at=at),
    "the month's statement": lambda at: statements.keep(at=at),
    "the year's report": lambda at: transparency.publish_due(at=at),
    "the day's picture of uses": lambda at: impact.take_daily(at=at),
    "reviews whose time is over": lambda at: reviews.settle_due(at=at),
    "uploads that ran out": lambda at: leftovers.expire(at=at),
    "what uploads left behind": lambda at: leftovers.clear(at=at),
}
ENDED: dict[str, duties.Duty] = {
    "cases that have run out": lambda at: case_ends.lapse_due(at=at),
    "answers whose time is over": lambda at: sweeping.expire(at=at),
}
run_job.allowed = run_range.allowed = check_upload.allowed = sweep.allowed = keep_population.allowed = WORKER
hand_over.allowed = keep_up.allowed = look.allowed = end_due.allowed = WORKER


def waiting() -> int:
    """How many messages wait in the queue to be heard; 0 where nothing was ever sent."""
    with current_app.connection_for_read() as connection:
        try:
            queue = settings.CELERY_TASK_DEFAULT_QUEUE
            told = connection.default_channel.queue_declare(queue=queue, passive=True)
        except connection.channel_errors:
            return 0
        return int(told.message_count)


def ring_on_commit(job: Job) -> None:
    """Ring once the job's row is there for all to see."""
    transaction.on_commit(lambda: ring(job.pk))


def ring(job_id: UUID) -> None:
    """Put the job's id into the queue. If the queue does not answer the sweeper rings again later."""
    try:
        run_job.delay(str(job_id))
    except (OperationalError, OSError) as silent:
        logger.warning("the queue did not answer for job %s: %s", job_id, silent)


def ring_range(range_id: UUID) -> None:
    """The same for a range of a job that was cut."""
    try:
        run_range.delay(str(range_id))
    except (OperationalError, OSError) as silent:
        logger.warning("the queue did not answer for range %s: %s", range_id, silent)


def ring_check(upload_id: UUID) -> None:
    """The same for an upload that is whole."""
    try:
        check_upload.delay(str(upload_id))
    except (OperationalError, OSError) as silent:
        logger.warning("the queue did not answer for upload %s: %s", upload_id, silent)
