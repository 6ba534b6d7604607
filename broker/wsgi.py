"""The door for a WSGI server, for example gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
application = get_wsgi_application()

from broker.walls import logging_in  # noqa: E402 - models are there once Django is set up
from broker.walls.tables import Login  # noqa: E402

logging_in.require(Login.WEB)
