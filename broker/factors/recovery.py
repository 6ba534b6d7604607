"""Codes on paper, for when phone or passkey is lost. Each is good once; none can widen anything."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from broker import events
from broker.errors import BrokerError
from broker.factors import guesses, seals
from broker.models import RecoveryCode, User
from consent import fence
from consent.ledger import log

MANY = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
LENGTH = 12  # 59 bits


class WrongRecoveryCode(BrokerError):
    """No code of hers, or used already."""


def make(user: User, *, at: datetime) -> list[str]:
    """New codes in place of those that are left. They are shown once and kept as digests."""
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(MANY)]
    with transaction.atomic():
        fence.advance([])  # a restore may not bring the old ones back
        RecoveryCode.objects.filter(user=user, used_at__isnull=True).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(user=user, digest=_digest(user, code), made_at=at) for code in codes
        )
        log.append(events.RECOVERY_MADE, at=at, by=user.reference, subject=user.reference)
    return ["-".join(code[part : part + 4] for part in range(0, LENGTH, 4)) for code in codes]


def use(user: User, code: str, *, at: datetime) -> int:
    """Use one up. Returns how many are left; raises WrongRecoveryCode."""
    what = f"recovery/{user.pk}"
    guesses.spend(what, guesses.CODE, at=at)
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    with transaction.atomic():
        fence.advance([])  # nor make a used one good again
        unused = RecoveryCode.objects.filter(user=user, used_at__isnull=True)
        if not unused.filter(digest=_digest(user, plain)).update(used_at=at):
            raise WrongRecoveryCode(
                _("This is no recovery code of yours, or it was used already. Nothing was changed.")
            )
        left = unused.count()
        log.append(events.RECOVERY_USED, at=at, by=user.reference, subject=user.reference, left=left)
    guesses.forgive(what)
    return left


def end_unused(user: User) -> int:
    """After a restore: nobody knows which of them were used since. Returns how many ended."""
    ended, _rows = RecoveryCode.objects.filter(user=user, used_at__isnull=True).delete()
    return ended


def _digest(user: User, code: str) -> str:
    return seals.digest("recovery", f"{user.public_id}/{code}").hex()
