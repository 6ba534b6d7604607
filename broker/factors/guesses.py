"""How often somebody may guess a password or a code, counted in the database: all processes count together.

A guess is written down before it is looked at, so many at once are counted singly. What a passkey brings is
no guess and is never counted: whoever locks a login by guessing does not lock out its passkey.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from broker.errors import BrokerError
from broker.factors import seals
from broker.models import Guess

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
Limits = tuple[tuple[int, timedelta], ...]
CODE: Limits = ((5, QUARTER), (20, DAY))
PASSWORD: Limits = ((10, QUARTER),)  # by one address
PASSWORD_ANYWHERE: Limits = ((100, QUARTER),)


class TooManyGuesses(BrokerError):
    """Guessed too often; nothing was looked at."""


def spend(what: str, limits: Limits, *, at: datetime) -> None:
    """Count one guess, or raise TooManyGuesses. Call it outside the transaction of what is guessed at."""
    name = seals.digest("guesses", what).hex()
    mine = Guess.objects.create(what=name, at=at)
    Guess.objects.filter(at__lt=at - DAY).delete()
    for most, within in limits:
        if Guess.objects.filter(what=name, at__gt=at - within).count() > most:
            mine.delete()  # who waits is let in again, also when somebody goes on guessing
            minutes = int(within.total_seconds() // 60)
            raise TooManyGuesses(
                _("Too many wrong tries. Nothing was changed. Try again in %(minutes)d minutes at most.")
                % {"minutes": minutes}
            )


def forgive(what: str) -> None:
    """It was no guess: she knew it."""
    Guess.objects.filter(what=seals.digest("guesses", what).hex()).delete()
