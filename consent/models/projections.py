"""The population at a consent position, sealed in parts: to start quickly, and never the truth."""

from django.db import models


class Projection(models.Model):
    """One kept population. It can be thrown away at any time: the statements say the same."""

    policy_version = models.CharField(max_length=64)
    position = models.PositiveBigIntegerField()
    mark = models.BinaryField(max_length=16)
    made_at = models.DateTimeField()
    parts = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["policy_version", "position"])]

    def __str__(self) -> str:
        return f"projection at {self.position} under policy {self.policy_version}"


class ProjectionPart(models.Model):
    """Some megabytes of it, sealed."""

    projection = models.ForeignKey(Projection, on_delete=models.CASCADE, related_name="sealed")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["projection", "number"], name="projection_part_once")]
