"""Where somebody is at home, as a time zone: one field to type in, with the zones of the world as a list.

Nothing is guessed of a person: the field begins with the house's own zone. Why it is asked (a birthday begins
at midnight at home) is in consent.rules.authority.
"""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy

WHY = gettext_lazy("Type a town, and choose from the list. A birthday begins at midnight there.")
UNKNOWN = gettext_lazy("This is no time zone that we know. Type a large town near you, such as Jakarta.")
SEVERAL = gettext_lazy("Several places are called so. Choose one from the list.")


class Typed(forms.TextInput):
    """A line to type in, with the zones as a list that needs no script."""

    template_name = "django/forms/zone.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["zones"] = [(zone, _town(zone)) for zone in zones()]
        return context


class ZoneField(forms.CharField):
    """An IANA time zone, by its whole name or by its town."""

    widget = Typed

    def __init__(self, **kwargs: Any) -> None:
        told = {"help_text": WHY, "max_length": 64, "initial": home_zone}
        super().__init__(**{**told, **kwargs})

    def to_python(self, value: Any) -> str:
        said = super().to_python(value) or ""
        typed = said.replace(" ", "_").casefold()
        if not typed or typed == "utc":
            return typed.upper()
        found = [zone for zone in zones() if typed in (zone.casefold(), _place(zone))]
        if len(found) != 1:
            raise forms.ValidationError(SEVERAL if found else UNKNOWN)
        return found[0]


def home_zone() -> str:
    """The zone that a form begins with."""
    zone: str = settings.HOME_ZONE
    return zone


@cache
def zones() -> tuple[str, ...]:
    """The zones that are named by a place, in order."""
    named = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return tuple(sorted(named))


def _place(zone: str) -> str:
    return zone.rpartition("/")[2].casefold()


def _town(zone: str) -> str:
    """As somebody looks for it: "Jakarta (Asia)"."""
    region, _, place = zone.replace("_", " ").rpartition("/")
    return f"{place} ({region})"
