"""After a restore, the top floor again: what was taken away since the backup is taken away once more.

One function for each kind of event that broker keeps outside the database; each looks first how the row of
the older database stands, so that a replay that was cut off may begin again. What came after the backup is
not in that database and needs no ending. Sign-ins, which no event tells of, end all together.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from django.contrib.sessions.models import Session
from knox.models import AuthToken

from broker import access, case_ends, cases, disclosures, events, notices, people, stopping, submissions
from broker.factors import held, passkeys, recovery, totp
from broker.models import (
    AccessRequest,
    Appointment,
    Case,
    Channel,
    Disclosure,
    DisclosureState,
    Job,
    Organisation,
    Passkey,
    Query,
    QueryState,
    Reviewed,
    User,
)
from consent.kept_lines import Line

WHO = "restore"  # by whom what is done again is done: nobody pressed anything
OPEN = (Reviewed.SUBMITTED, Reviewed.APPROVED)


def sign_everybody_out() -> Counter[str]:
    """Every session and every token of an older database ends: among them are some that were ended since."""
    done = Counter(sessions=Session.objects.count(), tokens=AuthToken.objects.count())
    Session.objects.all().delete()
    AuthToken.objects.all().delete()
    return +done


def _role(line: Line, at: datetime) -> None:
    user, role = _login(line), line.said["fields"]["role"]
    for appointment in Appointment.objects.filter(user=user, role=role, ended_at__isnull=True):
        people.end_role(appointment, by=WHO, at=at)


def _organisation(line: Line, at: datetime) -> None:
    verified = Organisation.objects.filter(name=line.said["subject"], confirmed_by__isnull=False)
    for organisation in verified:
        people.unverify(organisation, why=line.said["fields"]["why"], by=WHO, at=at)


def _request(line: Line, at: datetime) -> None:
    for request in AccessRequest.objects.filter(pk=line.said["subject"], state__in=OPEN):
        access.end_again(request, by=WHO, at=at)


def _case_refused(line: Line, at: datetime) -> None:
    for case in Case.objects.filter(pk=_named(line), state=Reviewed.SUBMITTED):
        cases.refuse_again(case, role=line.said["fields"]["role"], by=WHO, at=at)


def _case_ended(line: Line, at: datetime) -> None:
    for case in Case.objects.filter(pk=_named(line), state__in=OPEN):
        case_ends.end_again(case, by=WHO, at=at)


def _search(line: Line, at: datetime) -> None:
    for query in Query.objects.filter(pk=_named(line), state=QueryState.SUBMITTED):
        submissions.refuse_again(query, role=line.said["fields"]["role"], by=WHO, at=at)


def _disclosure(line: Line, at: datetime) -> None:
    for waiting in Disclosure.objects.filter(pk=_named(line), state=DisclosureState.PROPOSED):
        disclosures.lapse_again(waiting, by=WHO, at=at)


def _job(line: Line, at: datetime) -> None:
    stopping.stop(Job.objects.filter(pk=_named(line)), by=WHO, at=at)


def _factor_added(line: Line, at: datetime) -> None:
    """She had more than a password, and the older database does not know it."""
    user = _login(line)
    if user is not None and user.is_active and not held.of(user):
        held.doubt(user, at=at)
        notices.tell([user], "factor_changed", at=at)


def _factor_removed(line: Line, at: datetime) -> None:
    user, said = _login(line), line.said["fields"]
    if user is None:
        return
    gone: list[Passkey] = []
    if said["factor"] == totp.METHOD:
        totp.remove(user, by=WHO, at=at)
    else:
        gone = [one for one in held.of(user).passkeys if passkeys.name_of(one) == said["which"]]
    for one in gone:
        passkeys.remove(one, by=WHO, at=at)


def _codes(line: Line, at: datetime) -> None:
    """Which codes were used, or made new, nobody wrote down: all that she has left end."""
    user = _login(line)
    if user is not None and recovery.end_unused(user) and user.is_active:
        held.doubt(user, at=at)
        notices.tell([user], "factor_changed", at=at)


def _channel(line: Line, at: datetime) -> None:
    for channel in Channel.objects.filter(pk=line.said["fields"]["channel"], ended_at__isnull=True):
        notices.end_again(channel, by=WHO, at=at)


def _login(line: Line) -> User | None:
    return User.objects.filter(public_id=_named(line)).first()


def _named(line: Line) -> str:
    """The id behind `user:`, `case:` and the like."""
    return str(line.said["subject"]).partition(":")[2]


AGAIN: dict[str, Callable[[Line, datetime], None]] = {
    events.ENDED.tag: _role,
    events.ORGANISATION_WITHDRAWN.tag: _organisation,
    events.REQUEST_DECIDED.tag: _request,
    events.CASE_DECIDED.tag: _case_refused,
    events.CASE_CLOSED.tag: _case_ended,
    events.CASE_LAPSED.tag: _case_ended,
    events.SEARCH_DECIDED.tag: _search,
    events.DISCLOSURE_DECIDED.tag: _disclosure,
    events.DISCLOSURE_LAPSED.tag: _disclosure,
    events.JOB_CANCELLED.tag: _job,
    events.FACTOR_ADDED.tag: _factor_added,
    events.FACTOR_REMOVED.tag: _factor_removed,
    events.RECOVERY_MADE.tag: _codes,
    events.RECOVERY_USED.tag: _codes,
    events.CHANNEL_ENDED.tag: _channel,
}
