"""Celery's app. Which transport it speaks through (the queue) is the environment's choice."""

import os

import celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
TRANSPORT_ALIASES["embedded"] = "broker.embedded_queue:Transport"

app = celery.Celery("broker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
