"""A pytest plugin: the test database in memory, for runs that make it anew some hundred times."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    from django.conf import settings

    settings.DATABASES["default"]["TEST"]["NAME"] = None
    settings.DATABASES["default"]["OPTIONS"].pop("init_command", None)
