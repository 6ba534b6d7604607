"""Which participants are canaries: made up, allowing nothing, and never to be touched by anything.

A row tells nobody who it is about: that is sealed, so that in the database a canary looks like anybody else.
"""

import uuid

from django.db import models

from consent.append_only import AppendOnly


class Canary(AppendOnly):
    """One canary. Its pseudonym and its file are in `sealed` (broker.canaries opens it)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    planted_at = models.DateTimeField()
