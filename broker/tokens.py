"""The verbs of a token: somebody's key for her programs. It opens what she may open, and no more.

knox keeps its digest alone, so it can be shown once, when it is issued.
"""

from datetime import timedelta

from django.db import transaction
from knox.models import AuthToken

from broker.models import TokenName, User


def issue(user: User, name: str, *, lasts: timedelta) -> tuple[TokenName, str]:
    """A new token under a name of her choice; and the token itself, for this once."""
    with transaction.atomic():
        token, plain = AuthToken.objects.create(user=user, expiry=lasts)
        return TokenName.objects.create(token=token, name=name), plain


def revoke(called: TokenName) -> None:
    """End a token at once; its name goes with it."""
    called.token.delete()
