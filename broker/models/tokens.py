"""What somebody calls a token of hers. The token itself is knox's: kept as a digest, with an end."""

from django.db import models
from knox.models import AuthToken


class TokenName(models.Model):
    """A token by the name its owner gave it, so that she knows which one to revoke."""

    token = models.OneToOneField(AuthToken, on_delete=models.CASCADE, related_name="called")
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name
