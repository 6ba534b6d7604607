"""What each participant's key of names is drawn from; see consent.naming."""

from django.db import models

from consent.models.people import Participant


class ManifestKey(models.Model):
    """Drawn at random, once a person; gone with her erasure, and nobody can tell any more which were hers."""

    participant = models.OneToOneField(
        Participant, primary_key=True, on_delete=models.PROTECT, related_name="manifest_key"
    )
    salt = models.BinaryField(max_length=32)
