"""Days as people write them in a form, and the instants that the house keeps.

A participant's day begins at midnight in the zone of her home; a day of an office's paper ends in the house's
own zone (HOME_ZONE).
"""

from calendar import monthrange
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings


def day_field(label: Any, *, help_text: Any = "", required: bool = True) -> forms.DateField:
    """One day, in the browser's own way to ask for it."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def end_of(day: date) -> datetime:
    """The last second of a day where the house is at home: what is good until then is good all that day."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(settings.HOME_ZONE))


def begin_of(day: date, zone: str) -> datetime:
    """The first instant of a day in somebody's home zone."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def day_of(at: datetime, zone: str) -> date:
    """The day that it is in somebody's home zone at this instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last; 31 January and one month is 28 February."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
