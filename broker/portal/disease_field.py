"""Choosing diseases in a form: a short table is shown whole, a long one is searched by a few letters.

It works without a script: the press on Find sends the form back with what was found, and says nothing yet. It
is a post, so that what somebody looks for stands in no address and in no log of addresses. What is known is
the hierarchy in force; what a disease is called is in consent.diseases.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from consent import diseases
from consent.hierarchies import Hierarchy

WHOLE = 30  # a table of so many terms is shown whole
SHOWN = 20  # so many of what was found
FIND = "find"  # the name of the button
EMPTY = Hierarchy.of({})  # a field that was given no table knows no disease

Option = tuple[str, SafeString | str]


def called(codes: Iterable[str]) -> dict[str, str]:
    """What these diseases are called, in the reader's language."""
    return diseases.names_of(codes, _language())


class FindsDiseases(forms.Form):
    """A form with a field of diseases. While she only looks, nothing is wrong with it and nothing is said."""

    @property
    def only_looks(self) -> bool:
        return self.is_bound and FIND in self.data

    def is_valid(self) -> bool:
        return not self.only_looks and super().is_valid()

    def full_clean(self) -> None:
        if self.only_looks:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()


class _Finder(forms.widgets.ChoiceWidget):
    """The place to look, and what is chosen or was found, to tick."""

    template_name = "django/forms/diseases.html"
    table = EMPTY
    text = ""
    nothing: tuple[Option, ...] = ()  # what stands before all: no disease at all

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        chosen = [one for one in self.format_value(value) or () if is_named(one, self.table)]
        if len(self.table.parents) <= WHOLE:
            shown, said = _sorted(code for code, _above in self.table.parents), ""
        else:
            shown, said = self._looked_up(chosen)
        self.choices = (
            *self.nothing,
            *((code, _option(name, code)) for code, name in shown if is_named(code, self.table)),
        )
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["find"] = said and {"name": f"{name}_text", "text": self.text, "said": said}
        return context

    def _looked_up(self, chosen: list[str]) -> tuple[list[tuple[str, str]], str]:
        """The chosen ones, then what was found; and a sentence about it."""
        every = diseases.find(self.text, diseases.MOST, _language())
        found = [(code, name) for code, name in every if is_named(code, self.table)]
        shown = _sorted(chosen) + [one for one in found[:SHOWN] if one[0] not in chosen]
        if not self.text.strip():
            known = {"n": len(self.table.parents)}
            return shown, _("%(n)d diseases are known here. Type a few letters of one.") % known
        if not found:
            return shown, _("No disease is called so here. Try fewer letters, or another name.")
        if len(found) > SHOWN:
            return shown, _("Many are called so. Here are the %(n)d nearest: add letters.") % {"n": SHOWN}
        return shown, ngettext("%(n)d was found.", "%(n)d were found.", len(found)) % {"n": len(found)}


class Boxes(_Finder, forms.CheckboxSelectMultiple):
    """Any number of them."""


class Radios(_Finder, forms.RadioSelect):
    """One of them, or none."""

    nothing = (("", gettext_lazy("None")),)  # type: ignore[assignment]


class _Known(forms.Field):
    """What both fields share: a table to hold what is sent against, and the letters that were typed."""

    default_error_messages = {
        "invalid_choice": gettext_lazy(
            "A disease you chose is not known here. Find it again, or leave it out."
        )
    }
    widget: _Finder

    def over(self, table: Hierarchy) -> None:
        """From now on these are the diseases that are known."""
        self.table = self.widget.table = table

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        bound = super().get_bound_field(form, field_name)
        self.widget.text = str(form.data.get(f"{bound.html_name}_text", ""))
        return bound

    def valid_value(self, value: object) -> bool:
        return is_named(str(value), getattr(self, "table", EMPTY))


class DiseasesField(_Known, forms.MultipleChoiceField):
    """Any number of diseases."""

    widget = Boxes  # type: ignore[assignment]


class DiseaseField(_Known, forms.ChoiceField):
    """One disease."""

    widget = Radios  # type: ignore[assignment]


def is_named(code: str, table: Hierarchy) -> bool:
    """Whether the table has this disease; its root, under which all lie, is no named disease."""
    return code in (above := table.upwards(code)) and len(above) > 1


def _sorted(codes: Iterable[str]) -> list[tuple[str, str]]:
    return sorted(called(list(codes)).items(), key=lambda one: (one[1].casefold(), one[0]))


def _option(name: str, code: str) -> SafeString:
    return format_html('<span>{} <small class="code">{}</small></span>', name, code)


def _language() -> str:
    return (get_language() or "en")[:2]
