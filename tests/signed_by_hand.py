"""Signatures that hold though no verb gave them: for tests of what comes after, or is refused."""

from datetime import datetime

from broker import signature_seals
from broker.models import Approval, Case, Disclosure, Query, User


def signed(step: Case | Query | Disclosure, *, by: User, role: str, at: datetime) -> Approval:
    """An approval under its true seal."""
    name = type(step).__name__.lower()
    now = type(step)._default_manager.get(pk=step.pk)
    one = Approval(**{name: now}, by=by, role=role, approves=True, reason="x", at=at)
    one.seal = signature_seals.seal(name, now, one)
    one.save()
    return one


def sealed_anew(step: Case | Query | Disclosure) -> None:
    """After a test has changed what was signed, as if that had been signed."""
    name = type(step).__name__.lower()
    now = type(step)._default_manager.get(pk=step.pk)
    for one in now.approvals.all():
        Approval.objects.filter(pk=one.pk).update(seal=signature_seals.seal(name, now, one))
