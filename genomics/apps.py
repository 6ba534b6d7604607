"""Django's name for this floor. Whether files can be read behind walls is asked whenever the house starts."""

from django.apps import AppConfig
from django.core import checks

from genomics.intake.sandbox import check_walls


class GenomicsConfig(AppConfig):
    name = "genomics"

    def ready(self) -> None:
        checks.register(check_walls)
