"""The names of diseases that an operator loaded. Reference data: a decision never reads it."""

from django.db import models


class DiseaseName(models.Model):
    """What one disease is called, in English, as its source calls it."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=400)  # for finding, whatever the case
    source_version = models.CharField(max_length=200)
