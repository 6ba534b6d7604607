"""Django's name for this floor."""

from django.apps import AppConfig


class BrokerConfig(AppConfig):
    name = "broker"
