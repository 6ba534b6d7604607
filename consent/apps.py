"""Django's name for this floor."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"
