"""Django's name for this floor."""

from django.apps import AppConfig


class GenomicsConfig(AppConfig):
    name = "genomics"
