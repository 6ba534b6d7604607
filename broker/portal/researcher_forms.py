"""What a researcher says: a project's name, what it applies for, a question.

Shape alone is checked here. Whether she may, and whether it is lawful, is asked by the verbs.
"""

import hashlib
import json
import re
import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from broker.access import Application
from broker.portal.dates import day_field, end_of, months_later
from broker.portal.disease_field import DiseaseField, FindsDiseases
from broker.submissions import ASKABLE
from consent.hierarchies import Hierarchy
from consent.purposes import PURPOSES
from consent.regions import COUNTRY_NAMES
from genomics.coordinates import Build, parse_region
from genomics.errors import NotACoordinate
from genomics.variants import parse_variant

# Purposes of research for which there is a kind of question.
OFFERED = [
    (str(purpose), format_lazy("{}: {}", _(kind.words.label), _(kind.words.meaning)))
    for purpose, kind in PURPOSES.items()
    if kind.domain in "RA" and ASKABLE[kind.domain]
]
YES, NO = "yes", "no"
_REGION = re.compile(r"[0-9A-Za-z]{1,5}(\s*:[0-9,\s-]*)?")  # no alleles: whoever wrote it means a region


def _yes_or_no(label: Any, help_text: Any) -> forms.TypedChoiceField:
    """A question with neither answer set beforehand."""
    return forms.TypedChoiceField(
        label=label,
        help_text=help_text,
        choices=[(NO, _("No")), (YES, _("Yes"))],
        coerce=lambda said: said == YES,
        widget=forms.RadioSelect,
    )


class ProjectForm(forms.Form):
    """A new project."""

    title = forms.CharField(
        label=_("What is the project called?"),
        help_text=_("Stewards see this name."),
        max_length=200,
    )


class ApplicationForm(FindsDiseases):
    """What a project wants to do with the data, and what it undertakes."""

    summary = forms.CharField(
        label=_("What is the project about?"),
        help_text=_("A few sentences that somebody from another field understands."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    purposes = forms.MultipleChoiceField(
        label=_("What is the data for?"),
        help_text=_("A person has to allow all that you tick before her data is read. Tick little."),
        choices=OFFERED,
        widget=forms.CheckboxSelectMultiple,
    )
    disease = DiseaseField(
        label=_("Which disease?"),
        help_text=_("Needed for research on one disease."),
        required=False,
    )
    commercial_use = _yes_or_no(
        _("Is it meant to earn money?"),
        _("Yes, if a company takes part, or somebody means to sell what comes of it."),
    )
    regions = forms.MultipleChoiceField(
        label=_("Where is the work done?"),
        help_text=_("Some people allow certain places only."),
        choices=[(code, _(name)) for code, name in COUNTRY_NAMES.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    months = forms.IntegerField(
        label=_("For how many months?"),
        help_text=_("The approval ends then. 60 at most."),
        min_value=1,
        max_value=60,
    )
    ethics_ref = forms.CharField(
        label=_("Number of the ethics approval"),
        help_text=_("People who ask for one are left out without it."),
        max_length=64,
        required=False,
    )
    ethics_valid_to = day_field(_("Ethics approval good until"), required=False)
    undertakes = forms.MultipleChoiceField(
        label=_("What do you undertake?"),
        help_text=_("People who ask for one of these are left out without it."),
        choices=[
            ("publication", _("We will publish what we find.")),
            ("collaboration", _("We will work with those who first collected the data.")),
            ("return_data", _("We will bring back the data that we make from it.")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, known: Hierarchy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["disease"].over(known)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "R.DS" in said.get("purposes", []) and not said.get("disease"):
            self.add_error("disease", _("Research on one disease names the disease."))
        if bool(said.get("ethics_ref")) != bool(said.get("ethics_valid_to")):
            missing = "ethics_valid_to" if said.get("ethics_ref") else "ethics_ref"
            self.add_error(missing, _("Give the number of the ethics approval and its last day, or neither."))
        return said

    def application(self, *, at: datetime) -> Application:
        said = self.cleaned_data
        until = said["ethics_valid_to"]
        return Application(
            summary=said["summary"],
            purposes=tuple(said["purposes"]),
            disease=said["disease"],
            commercial_use=said["commercial_use"],
            regions=tuple(said["regions"]),
            duration_months=said["months"],
            valid_to=months_later(at, said["months"]),
            ethics_ref=said["ethics_ref"],
            ethics_valid_to=end_of(until) if until else None,
            publication="publication" in said["undertakes"],
            collaboration="collaboration" in said["undertakes"],
            return_data="return_data" in said["undertakes"],
        )


class QuestionForm(forms.Form):
    """A question that is answered with a number. Sent twice, it is asked once."""

    kind = forms.ChoiceField(
        label=_("What do you want to know?"),
        choices=[
            ("carriers", _("How many people carry it")),
            ("frequencies", _("How common one variant is")),
        ],
        widget=forms.RadioSelect,
    )
    place = forms.CharField(
        label=_("Where?"),
        help_text=_(
            "A variant, such as 20:1000226 A>T, or a region, such as 20:1000000-1001000. "
            "Positions are counted from 1, and both ends belong to a region."
        ),
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    build = forms.ChoiceField(
        label=_("Positions are of"),
        help_text=_("People whose files are in the other build are not counted."),
        choices=[(build.value, build.value) for build in Build],
        initial=Build.GRCh37.value,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex

    def clean_place(self) -> tuple[str, str]:
        """As a question names it: which of the two it is, and how the house writes it."""
        text = self.cleaned_data["place"]
        region = _REGION.fullmatch(text.strip())
        try:
            return ("region", str(parse_region(text))) if region else ("variant", str(parse_variant(text)))
        except NotACoordinate as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("kind") == "frequencies" and said.get("place", ("",))[0] == "region":
            self.add_error("place", _("How common it is can be asked of one variant, not of a region."))
        return said

    def question(self) -> dict[str, str]:
        said = self.cleaned_data
        which, place = said["place"]
        return {"kind": said["kind"], which: place, "build": said["build"]}

    def idempotency_key(self) -> str:
        """The same form with the same question, sent twice, is one question; with another, it is another."""
        told = json.dumps([self.cleaned_data["key"], self.question()])
        return hashlib.sha256(told.encode()).hexdigest() if self.cleaned_data["key"] else ""
