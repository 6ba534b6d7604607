"""The law. No HTTP, no Celery, no file format, no user account."""
