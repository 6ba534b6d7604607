"""What somebody can prove herself with beside her password, and how often a guess was made.

Secrets lie here sealed (broker.factors.seals); a recovery code only as a digest. None goes to the ledger.
"""

from django.db import models

from broker.models.people import User


class Totp(models.Model):
    """The app on her phone that shows six digits. `last_step` is the newest step whose code was accepted."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    sealed = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    strong_from = models.DateTimeField()  # before it, she can sign in with it and widen nothing


class Passkey(models.Model):
    """A key in her phone or computer. `sealed` is its public half: a row made by hand opens nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    credential = models.CharField(max_length=1400, unique=True)
    sealed = models.BinaryField()
    counter = models.BigIntegerField()
    name = models.CharField(max_length=60)
    added_at = models.DateTimeField()
    strong_from = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class RecoveryCode(models.Model):
    """A code on paper, good once. Used ones stay, for a new factor has to wait after one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class Guess(models.Model):
    """That somebody tried a password or a code. `what` is a digest: what people type may be a password."""

    what = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["what", "at"], name="guess_what_at")]
