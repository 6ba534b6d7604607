"""Where somebody is at home, as a country or a part of one: one field to type in, with the places as a list.

Nothing is guessed of a person: the field begins with the house's own region (HOME_REGION), and may be left
empty. Why it is asked (the age of majority is not the same everywhere) is in consent.policy.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker import uses
from consent.hierarchies import REGION_NAMES

WHY = gettext_lazy(
    "Type a country, a state or a province, and choose from the list. It decides at which age one is grown "
    "and chooses alone: mostly 18, in some places later. Leave it empty if you would rather not say; then it "
    "is 18."
)
UNKNOWN = gettext_lazy("This is no place that we know. Choose one from the list, or leave it empty.")


class Typed(forms.TextInput):
    """A line to type in, with the regions as a list that needs no script."""

    template_name = "django/forms/region.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["regions"] = [(code, _(name)) for code, name in REGION_NAMES.items()]
        return context


class RegionField(forms.CharField):
    """A region that the policy in force knows, by its code or by its name; empty for none."""

    widget = Typed

    def __init__(self, **kwargs: Any) -> None:
        told = {"help_text": WHY, "max_length": 64, "initial": home_region, "required": False}
        super().__init__(**{**told, **kwargs})

    def to_python(self, value: Any) -> str:
        said = super().to_python(value) or ""
        if not said:
            return ""
        typed, known = said.casefold(), uses.dials(timezone.now()).region_parents
        named = (
            code for code, name in REGION_NAMES.items() if typed in (name.casefold(), _(name).casefold())
        )
        found = next((code for code in (said.upper(), *named) if known.knows(code)), "")
        if not found:
            raise forms.ValidationError(UNKNOWN)
        return found


def place(region: str, zone: str) -> str:
    """A home in a line: the region by its name, and the time zone."""
    name = _(REGION_NAMES[region]) if region in REGION_NAMES else _("no region said")
    return f"{name}, {zone}"


def home_region() -> str:
    """The region that a form begins with."""
    region: str = settings.HOME_REGION
    return region
