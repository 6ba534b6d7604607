"""The top floor: people, and every door."""

from broker.celery import app as celery_app

__all__ = ["celery_app"]
