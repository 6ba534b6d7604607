"""Which factors somebody has, from when one counts as strong, and the ledger's word of each change."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker import events
from broker.models import Passkey, RecoveryCode, Totp, User
from consent.ledger import log

AFTER_RECOVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody can prove herself with."""

    totp: Totp | None
    passkeys: tuple[Passkey, ...]
    codes_left: int

    def __bool__(self) -> bool:
        """Whether there is a second step at all. Recovery codes alone are none."""
        return self.totp is not None or bool(self.passkeys)

    @property
    def strong_from(self) -> datetime | None:
        """From when she can prove herself strongly; None if she has nothing for it."""
        every = [one.strong_from for one in self.passkeys]
        if self.totp is not None:
            every.append(self.totp.strong_from)
        return min(every, default=None)


def of(user: User) -> Held:
    return Held(
        totp=Totp.objects.filter(user=user).first(),
        passkeys=tuple(Passkey.objects.filter(user=user).order_by("added_at", "pk")),
        codes_left=RecoveryCode.objects.filter(user=user, used_at__isnull=True).count(),
    )


def strong_from(user: User, *, proven: bool, at: datetime) -> datetime:
    """From when a factor that is added now counts as strong: at once, unless she came in by a recovery code
    lately and has not shown another factor since (`proven`). Who finds a code on paper waits a week."""
    used = RecoveryCode.objects.filter(user=user, used_at__isnull=False).order_by("-used_at").first()
    if proven or used is None or used.used_at is None:
        return at
    return max(at, used.used_at + AFTER_RECOVERY)


def doubt(user: User, *, at: datetime) -> None:
    """After a restore that took her only factor: whoever adds one knows no more than a password, and it does
    not count as strong for a while, as after a recovery code."""
    spent = secrets.token_hex(32)  # the digest of no code
    RecoveryCode.objects.create(user=user, digest=spent, made_at=at, used_at=at)


def added(user: User, factor: str, *, strong_from: datetime, at: datetime) -> None:
    """Tell the ledger; in the transaction of the change, which began with the gate lock."""
    log.append(
        events.FACTOR_ADDED,
        at=at,
        by=user.reference,
        subject=user.reference,
        factor=factor,
        strong_from=strong_from.isoformat(),
    )


def removed(user: User, factor: str, *, which: str = "", by: str = "", at: datetime) -> None:
    """Tell the ledger, under the gate lock; and when it was the last factor, the unused recovery codes go
    with it."""
    log.append(
        events.FACTOR_REMOVED,
        at=at,
        by=by or user.reference,
        subject=user.reference,
        factor=factor,
        which=which,
    )
    if not of(user):
        RecoveryCode.objects.filter(user=user, used_at__isnull=True).delete()
