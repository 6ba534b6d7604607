"""A command that opens sign-ins works where nothing real is kept, and nowhere else."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from broker import people
from broker.factors import totp
from tests import factors

pytestmark = pytest.mark.django_db


def test_it_prints_a_code_that_signs_in(settings):
    settings.DEBUG = True
    now = timezone.now()
    user = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=now)
    with pytest.raises(CommandError, match="has no app"):
        call_command("unsafe_code", "eve")
    factors.enrol(user, at=now)
    out = StringIO()
    call_command("unsafe_code", "eve", stdout=out)
    totp.check(user, out.getvalue(), at=timezone.now())


def test_it_refuses_in_production(settings):
    settings.DEBUG = settings.DEMO = False
    with pytest.raises(CommandError, match="Nothing was shown"):
        call_command("unsafe_code", "eve")


def test_it_refuses_on_a_database_that_is_not_embedded(settings, tmp_path):
    settings.DEBUG, settings.HOME = True, tmp_path
    with pytest.raises(CommandError, match="embedded"):
        call_command("unsafe_code", "eve")
