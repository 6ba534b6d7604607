"""What the house owes: an answer to a court, a telling to people, a statement to the public, each by its day;
and a policy that keeps within its own bounds. One finding each, for broker.health.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from broker import processes, statements, tellings
from consent import policies

Well = tuple[bool, str]


def demands(at: datetime) -> Well:
    waiting = processes.unanswered()
    late = waiting.filter(due_at__lt=at).count()
    words = _("%(waiting)d demands of courts and agencies wait for an answer, ") % {
        "waiting": waiting.count()
    }
    return not late, words + _("%(late)d of them too long.") % {"late": late}


def told(at: datetime) -> Well:
    late = tellings.overdue(at=at)
    if late:
        return False, _("%(late)d cases should have been told by now. Is a worker running?") % {"late": late}
    return True, _("Every search that can be told has been told.")


def stated(at: datetime) -> Well:
    if not (lost := statements.missing(at=at)):
        return True, _("Every month has its signed statement on orders.")
    months = ", ".join(f"{month:%Y-%m}" for month in lost)
    return False, _("There is no statement of %(months)s. Run manage.py statement.") % {"months": months}


def policy(at: datetime) -> Well:
    """One that was adopted before bounds came in may go beyond them: then nobody is read. None is as it was
    adopted whose row was changed or put in by hand."""
    for wrong in policies.altered():
        return False, wrong
    then = policies.as_of(at)
    for wrong in then.beyond():
        told = {"version": then.version, "wrong": wrong}
        return False, _(
            "Policy %(version)s goes beyond the bounds: %(wrong)s. Nobody is read: manage.py bound_policy."
        ) % told
    return True, _("Policy %(version)s is in force.") % {"version": then.version}
