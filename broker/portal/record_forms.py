"""What a participant or a guardian fills in: a file, the terms of a yes, a filter of the list of uses.

A no has no form: it is one press. What can be ticked, and in which words, the consent form says; the terms
become a records.Wording here, and are told in record_words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker import uses
from broker.portal.dates import begin_of, day_of
from broker.portal.desk import Desk
from broker.portal.disease_field import DiseasesField, FindsDiseases
from broker.wards import Ward
from consent import clauses as clause_rules
from consent import duo, records
from consent.clauses import Clause
from consent.hierarchies import REGION_NAMES, Hierarchy
from consent.terms import Modifier, Statement
from genomics.coordinates import Build

# What a clause may ask for: what is said when it was chosen and nothing named, and the other way round.
ASKED = {
    "diseases": (
        gettext_lazy("Tick at least one disease."),
        gettext_lazy("You named diseases, but chose another kind of research above."),
    ),
    "regions": (
        gettext_lazy("Tick at least one place."),
        gettext_lazy("You named places, but did not tick that it must stay inside them."),
    ),
}


class FileForm(forms.Form):
    """One genotype file."""

    file = forms.FileField(
        label=gettext_lazy("Your file"),
        help_text=gettext_lazy(
            "Raw data as you downloaded them from 23andMe, AncestryDNA, MyHeritage, FamilyTreeDNA or Living "
            "DNA; or from a laboratory a VCF, gVCF or BCF of one person, or reads as BAM, CRAM or SAM. It "
            "may be zipped. We check it, lock it, and keep nothing of a file that we cannot take."
        ),
    )
    build = forms.ChoiceField(
        label=gettext_lazy("If the file does not say its genome build"),
        help_text=gettext_lazy("Most files say it. If you do not know, leave this as it is."),
        required=False,
        choices=[
            ("", gettext_lazy("I do not know")),
            (Build.GRCh37.value, "GRCh37 (hg19)"),
            (Build.GRCh38.value, "GRCh38 (hg38)"),
        ],
    )

    @property
    def assume(self) -> Build | None:
        said = self.cleaned_data["build"]
        return Build(said) if said else None


class TermsForm(FindsDiseases):
    """The terms of a yes to one family, as the consent form asks for them: a tick for each clause, in its own
    words. `version` is the form whose words she has read."""

    version = forms.CharField(widget=forms.HiddenInput)
    kind = forms.MultipleChoiceField(
        label=gettext_lazy("Which kinds of research?"),
        help_text=gettext_lazy("Tick at least one. Each one you tick makes your yes wider."),
        widget=forms.CheckboxSelectMultiple,
    )
    diseases = DiseasesField(
        label=gettext_lazy("Which diseases?"),
        help_text=gettext_lazy(
            "Only if you chose named diseases. A disease includes its kinds: cancer includes melanoma."
        ),
        required=False,
    )
    conditions = forms.MultipleChoiceField(
        label=gettext_lazy("On which conditions?"),
        help_text=gettext_lazy("Each one you tick makes your yes smaller."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    regions = forms.MultipleChoiceField(
        label=gettext_lazy("Which places?"),
        help_text=gettext_lazy("Only if you ticked that it must stay inside certain places."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    until = forms.DateField(
        label=gettext_lazy("When should this yes end?"),
        help_text=gettext_lazy("From that day on it is a no again. Leave it empty for a yes without an end."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ("kind", "diseases", "conditions", "regions", "until", "version")

    def __init__(
        self,
        *args: Any,
        clauses: Sequence[Clause] = (),
        words: Mapping[str, str] | None = None,
        known: Hierarchy,
        zone: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone  # where her days begin
        self.clauses = {meaning_of(clause): clause for clause in clauses}
        told = words or {}
        options: dict[str, list[tuple[str, SafeString]]] = {
            "kind": [
                (key, _option(clause.permission.code, told.get(clause.id, "")))
                for key, clause in self.clauses.items()
                if clause.permission is not None
            ],
            "conditions": [
                (key, _condition(clause.modifier.code, told.get(clause.id, "")))
                for key, clause in self.clauses.items()
                if clause.modifier is not None and not clause.allows
            ],
            "regions": _regions(),
        }
        asked = {clause.asks for clause in clauses}
        for name, choices in options.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["diseases"].over(known)  # type: ignore[attr-defined]
        for name in [name for name in ASKED if name not in asked]:
            del self.fields[name]
        for name in [name for name in ("kind", "conditions") if not options[name]]:
            del self.fields[name]

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until <= day_of(timezone.now(), self.zone):
            raise forms.ValidationError(_("Choose a day after today, or leave it empty."))
        return until

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for key, clause in self.clauses.items():
            if clause.asks is None or clause.asks not in said:
                continue
            field = "kind" if clause.permission else "conditions"
            chosen, named = key in said.get(field, ()), bool(said[clause.asks])
            if chosen and not named:
                self.add_error(clause.asks, ASKED[clause.asks][0])
            elif named and not chosen and field in said:
                self.add_error(clause.asks, ASKED[clause.asks][1])
        return said

    @property
    def ends_at(self) -> datetime | None:
        until: date | None = self.cleaned_data["until"]
        return begin_of(until, self.zone) if until else None

    @property
    def ticked(self) -> dict[str, object]:
        """The clauses she ticked, with what she named beside them. Where there is but one way to say yes, the
        yes itself is the tick."""
        said = self.cleaned_data
        chosen = {*said.get("kind", ()), *said.get("conditions", ())}
        return {
            clause.id: list(said[clause.asks]) if clause.asks else True
            for key, clause in self.clauses.items()
            if key in chosen or (clause.allows and clause.permission is None)
        }

    def wording(self, family: str, ward: Ward) -> records.Wording:
        """What is recorded when she confirms it."""
        said = clause_rules.said(tuple(self.clauses.values()), self.ticked)[family]
        return records.Wording(
            permissions=said.permissions,
            modifiers=said.modifiers,
            valid_to=ward.bounded(self.ends_at),
            authority=ward.authority,
        )


class FindForm(forms.Form):
    """Which uses to list."""

    year = forms.ChoiceField(label=gettext_lazy("Year"), required=False)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)

    def __init__(
        self, *args: Any, years: Iterable[int], purposes: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        anything = [("", _("All"))]
        self.fields["year"].choices = [*anything, *((str(y), str(y)) for y in years)]  # type: ignore[attr-defined]
        self.fields["purpose"].choices = [*anything, *purposes]  # type: ignore[attr-defined]


def terms_form(family: str, desk: Desk) -> Callable[..., TermsForm]:
    """The form that asks for the terms of a yes to this family, in the words of the form on the desk."""
    asked = [clause for clause in desk.clauses() if clause.family == family]
    known = uses.dials(desk.at).disease_parents
    zone = desk.ward.participant.home_zone
    return partial(TermsForm, clauses=asked, words=desk.words(), known=known, zone=zone)


def as_said(grant: Statement, *, zone: str, at: datetime) -> dict[str, Any]:
    """The terms of an earlier yes, to fill a form with; it may be another version than she said it on."""
    ends_later = grant.valid_to is not None and grant.valid_to > at
    regions = [modifier.get("regions") for modifier in grant.modifiers if modifier.code == "GS"]
    return {
        "kind": [permission.code for permission in grant.permissions],
        "diseases": [disease for permission in grant.permissions for disease in permission.diseases],
        "conditions": [key for modifier in grant.modifiers for key in {modifier.code, key_of(modifier)}],
        "regions": [region for listed in regions if isinstance(listed, tuple) for region in listed],
        "until": day_of(grant.valid_to, zone) if ends_later and grant.valid_to else None,
    }


def meaning_of(clause: Clause) -> str:
    """What a tick is called in the page's form: by the code, so that an earlier yes fills in a newer form."""
    if clause.permission is not None:
        return "_".join((clause.permission.code, *clause.permission.diseases))
    return clause.family if clause.modifier is None else key_of(clause.modifier)


def key_of(modifier: Modifier) -> str:
    """GS_EU: a condition with what it states."""
    stated = (value if isinstance(value, tuple) else (value,) for _, value in modifier.parameters)
    return "_".join((modifier.code, *(str(one) for values in stated for one in values)))


def _option(code: str, words: str) -> SafeString:
    term = duo.PERMISSIONS[code]
    plain = '<span><strong>{}</strong> <small class="code">{}</small><br>{}</span>'
    return format_html(plain, _(term.label), term.id, words or _(term.meaning))


def _condition(code: str, words: str) -> SafeString:
    term = duo.MODIFIERS[code]
    return format_html('<span>{} <small class="code">{}</small></span>', words or _(term.meaning), term.id)


def _regions() -> list[tuple[str, SafeString]]:
    plain = '<span>{} <small class="code">{}</small></span>'
    return [(code, format_html(plain, _(name), code)) for code, name in REGION_NAMES.items()]
