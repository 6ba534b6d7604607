"""A browser session whose owner has just shown a second factor, as the pages of signing in would leave it."""

from django.test import Client
from django.utils import timezone

from broker import fresh


def prove(client: Client, method: str = "totp") -> Client:
    session = client.session
    session[fresh.STRONG] = {"method": method, "at": timezone.now().isoformat()}
    session.save()
    return client
