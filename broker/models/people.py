"""Who signs in. A User is a login and never a Participant: the link between them is a guardian row.

What somebody may do here follows from her appointments (broker.roles); Django's own staff and superuser
flags open nothing.
"""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A login. `public_id` is how ledger lines and consent records name her: `user:<uuid>`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    language = models.CharField(max_length=2, default="en")

    @property
    def reference(self) -> str:
        """The actor reference that verbs take as `by`."""
        return f"user:{self.public_id}"
