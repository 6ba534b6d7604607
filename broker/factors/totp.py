"""Six digits from an app on her phone (RFC 6238): enrolled once, each code accepted once.

secret = totp.new_secret()                        # shown to her, as a picture and as text
totp.enrol(user, secret, "123456", proven=False, at=at)
totp.check(user, "654321", at=at)                 # raises WrongCode
"""

import hmac
from datetime import datetime

import pyotp
from django.db import transaction
from django.utils.translation import gettext as _

from broker.errors import BrokerError, Refused
from broker.factors import guesses, held, seals
from broker.models import Totp, User
from consent import fence

STEP = 30  # seconds
METHOD = "totp"


class WrongCode(BrokerError):
    """The code is not the one of this moment, or was used already."""


def new_secret() -> str:
    return pyotp.random_base32()


def address(secret: str, user: User, *, issuer: str) -> str:
    """What the picture says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name=issuer)


def code_of(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // STEP


def enrol(user: User, secret: str, code: str, *, proven: bool, at: datetime) -> Totp:
    """Keep the app whose secret she was shown, once she has proved that it works."""
    step = _step_of(secret, code, at=at)
    if step is None:
        raise WrongCode(_wrong())
    with transaction.atomic():
        fence.advance([])  # a restore may not forget that she has one
        User.objects.select_for_update().get(pk=user.pk)
        if Totp.objects.filter(user=user).exists():
            raise Refused(_("You have an app already. Nothing was changed: remove it first."))
        strong = held.strong_from(user, proven=proven, at=at)
        row = Totp.objects.create(
            user=user,
            sealed=seals.seal(secret.encode(), _place(user)),
            last_step=step,
            added_at=at,
            strong_from=strong,
        )
        held.added(user, METHOD, strong_from=strong, at=at)
    return row


def check(user: User, code: str, *, at: datetime) -> Totp:
    """Accept the code of this moment, or of half a minute around it, once."""
    what = f"code/{user.pk}"
    guesses.spend(what, guesses.CODE, at=at)
    row = Totp.objects.filter(user=user).first()
    step = _step_of(secret_of(row), code, at=at) if row else None
    # One guarded UPDATE: of two processes that are shown the same code, one accepts it.
    if row is None or step is None:
        raise WrongCode(_wrong())
    if not Totp.objects.filter(pk=row.pk, last_step__lt=step).update(last_step=step):
        raise WrongCode(_("This code was used already. Nothing was changed. Wait for the next one."))
    guesses.forgive(what)
    return row


def remove(user: User, *, by: str = "", at: datetime) -> None:
    with transaction.atomic():
        fence.advance([])  # nor that it is gone
        gone, _rows = Totp.objects.filter(user=user).delete()
        if gone:
            held.removed(user, METHOD, by=by, at=at)


def secret_of(row: Totp) -> str:
    return seals.unseal(row.sealed, _place(row.user)).decode()


def _step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The step whose code this is: now, or one before or after, for clocks differ."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    now = step_at(at)
    return next(
        (step for step in (now, now - 1, now + 1) if hmac.compare_digest(code_of(secret, step), digits)), None
    )


def _place(user: User) -> str:
    return f"totp/{user.public_id}"


def _wrong() -> str:
    return _("This is not the code of this moment. Nothing was changed. Type the six digits that show now.")
