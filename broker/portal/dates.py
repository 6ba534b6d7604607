"""Days as people write them in a form, and the instants that the house keeps: in UTC, to the end of a day."""

from calendar import monthrange
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms


def day_field(label: Any, *, help_text: Any = "", required: bool = True) -> forms.DateField:
    """One day, in the browser's own way to ask for it."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def end_of(day: date) -> datetime:
    """The last second of a day: what is good until then is good all that day."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


def months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last; 31 January and one month is 28 February."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
