"""What a participant or a guardian fills in: a file, the terms of a yes, a filter of the list of uses.

A no has no form: it is one press. The terms become a records.Wording here, and are told in record_words.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker.wards import Ward
from consent import duo, records
from consent.hierarchies import DISEASE_NAMES, DISEASES
from consent.terms import Modifier, Permission, Statement
from genomics.coordinates import Build

KINDS = ("HMB", "DS", "POA", "GRU", "NRES")  # the narrow ones first
GS_EU = "GS_EU"
CONDITIONS: dict[str, Modifier] = {
    "NPU": Modifier.of("NPU"),
    "NCU": Modifier.of("NCU"),
    "IRB": Modifier.of("IRB"),
    GS_EU: Modifier.of("GS", regions=["EU"]),
}
NAMED_DISEASES = "DS"
FOR_A_CHILD = {"LE.MIS": (Modifier.of("IDENTITY_ONLY"),)}  # a guardian may allow no more than that


class FileForm(forms.Form):
    """One genotype file."""

    file = forms.FileField(
        label=gettext_lazy("Your file"),
        help_text=gettext_lazy(
            "A VCF of one person, or raw data as 23andMe writes them. It may be zipped. "
            "We check it, lock it, and keep nothing of a file that we cannot take."
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


class TermsForm(forms.Form):
    """The terms of a yes to one family. `version` is the form whose words she has read."""

    version = forms.CharField(widget=forms.HiddenInput)
    until = forms.DateField(
        label=gettext_lazy("When should this yes end?"),
        help_text=gettext_lazy("From that day on it is a no again. Leave it empty for a yes without an end."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now().date():
            raise forms.ValidationError(_("Choose a day after today, or leave it empty."))
        return until

    @property
    def ends_at(self) -> datetime | None:
        until: date | None = self.cleaned_data["until"]
        return datetime.combine(until, time.min, tzinfo=UTC) if until else None

    @property
    def permissions(self) -> tuple[Permission, ...]:
        return ()

    @property
    def modifiers(self) -> tuple[Modifier, ...]:
        return ()

    def wording(self, family: str, ward: Ward) -> records.Wording:
        """What is recorded when she confirms it."""
        bound = FOR_A_CHILD.get(family, ()) if ward.is_child else ()
        return records.Wording(
            permissions=self.permissions,
            modifiers=(*self.modifiers, *bound),
            valid_to=ward.bounded(self.ends_at),
            authority=ward.authority,
        )


class ResearchForm(TermsForm):
    """A yes to research says which kind, and may set conditions."""

    kind = forms.ChoiceField(label=gettext_lazy("Which kind of research?"), widget=forms.RadioSelect)
    diseases = forms.MultipleChoiceField(
        label=gettext_lazy("Which diseases?"),
        help_text=gettext_lazy(
            "Only if you chose named diseases. A disease includes its kinds: cancer includes melanoma."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    conditions = forms.MultipleChoiceField(
        label=gettext_lazy("On which conditions?"),
        help_text=gettext_lazy("Each one you tick makes your yes smaller."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("kind", "diseases", "conditions", "until", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (code, _option(duo.PERMISSIONS[code])) for code in KINDS
        ]
        self.fields["diseases"].choices = [  # type: ignore[attr-defined]
            (code, format_html('<span>{} <small class="code">{}</small></span>', _(name), code))
            for code, name in sorted(DISEASE_NAMES.items(), key=lambda pair: pair[1])
            if DISEASES.upwards(code) != {code}  # the root is no named disease
        ]
        self.fields["conditions"].choices = [  # type: ignore[attr-defined]
            (name, _condition(name, modifier)) for name, modifier in CONDITIONS.items()
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("kind") == NAMED_DISEASES and not said.get("diseases"):
            self.add_error("diseases", _("Tick at least one disease."))
        if said.get("kind") not in {NAMED_DISEASES, None} and said.get("diseases"):
            self.add_error("diseases", _("You named diseases, but chose another kind of research above."))
        return said

    @property
    def permissions(self) -> tuple[Permission, ...]:
        kind = self.cleaned_data["kind"]
        return (Permission(code=kind, diseases=tuple(sorted(self.cleaned_data["diseases"]))),)

    @property
    def modifiers(self) -> tuple[Modifier, ...]:
        return tuple(CONDITIONS[name] for name in self.cleaned_data["conditions"])


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


def terms_form(family: str) -> type[TermsForm]:
    """The form that asks for the terms of a yes to this family."""
    return ResearchForm if family == "RESEARCH" else TermsForm


def as_said(grant: Statement, *, at: datetime) -> dict[str, Any]:
    """The terms of an earlier yes, to fill a form with."""
    conditions = [name for name, modifier in CONDITIONS.items() if modifier in grant.modifiers]
    kind = grant.permissions[0] if len(grant.permissions) == 1 else None
    ends_later = grant.valid_to is not None and grant.valid_to > at
    return {
        "kind": kind.code if kind else None,
        "diseases": list(kind.diseases) if kind else [],
        "conditions": conditions,
        "until": grant.valid_to.date() if ends_later and grant.valid_to else None,
    }


def _option(term: duo.Term) -> SafeString:
    plain = '<span><strong>{}</strong> <small class="code">{}</small><br>{}</span>'
    return format_html(plain, _(term.label), term.id, _(term.meaning))


def _condition(name: str, modifier: Modifier) -> SafeString:
    term = duo.MODIFIERS[modifier.code]
    words = _("Only inside the European Union.") if name == GS_EU else _(term.meaning)
    return format_html('<span>{} <small class="code">{}</small></span>', words, term.id)
