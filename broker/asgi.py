"""The door for a ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
application = get_asgi_application()

from broker.walls import logging_in  # noqa: E402 - models are there once Django is set up
from broker.walls.tables import Login  # noqa: E402

logging_in.require(Login.WEB)
