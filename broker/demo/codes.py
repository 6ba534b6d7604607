"""A second step for the demo's people, and the six digits that a newcomer without their phone can ask for."""

from datetime import datetime

from broker.factors import totp
from broker.models import Totp, User


def enrol(user: User, *, at: datetime) -> str:
    """An app for her. Returns its secret, to be printed."""
    secret = totp.new_secret()
    totp.enrol(user, secret, totp.code_of(secret, totp.step_at(at) - 1), proven=False, at=at)
    return secret


def unsafe_code(user: User, *, at: datetime) -> str:
    """The digits her app shows next, and that were not used yet. For demos and tests alone."""
    row = Totp.objects.get(user=user)
    return totp.code_of(totp.secret_of(row), max(totp.step_at(at), row.last_step + 1))
