"""What an investigator or counsel says: a case, a judicial paper, the evidence, a search.

Shape alone is checked here. Whether she may, and whether it is lawful, is asked by the verbs.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator
from django.template.defaultfilters import filesizeformat
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broker.cases import Particulars
from broker.court_papers import Paper
from broker.models import Case, CasePermission, User
from broker.people import staff
from broker.portal.dates import day_field, end_of
from broker.portal.steward_papers import ALLOWS
from broker.roles import Role
from consent.hierarchies import REGION_NAMES
from consent.policy import Policy
from consent.purposes import PURPOSES, Purpose
from genomics.coordinates import Build
from genomics.matching.relatives import MOST_CM

LARGEST = 10 * 1024 * 1024  # bytes of a judicial paper
DOMAINS = {Role.INVESTIGATOR: "L", Role.COUNSEL: "E"}
ABOUT: dict[str, Any] = {
    Purpose.HOMICIDE: _("A killing"),
    Purpose.SEXUAL_ASSAULT: _("Rape or sexual assault"),
    Purpose.ABDUCTION: _("An abduction or kidnapping"),
    Purpose.OTHER_VIOLENT_CRIME: _("Another violent crime"),
    Purpose.UNIDENTIFIED_REMAINS: _("Naming an unknown dead person"),
    Purpose.MISSING_PERSON: _("A missing person"),
    Purpose.EXONERATION: _("Freeing the innocent: an accused or convicted person did not do it"),
}
BUILDS = [("", _("Refuse it")), *((one.value, format_lazy(_("Take it as {}"), one.value)) for one in Build)]


def offered(roles: Iterable[Role]) -> list[tuple[str, Any]]:
    """The purposes a role may open a case for: for police, the offences that the policy offers."""
    domains = {DOMAINS[role] for role in roles if role in DOMAINS}
    return [
        (str(purpose), ABOUT[purpose])
        for purpose, kind in PURPOSES.items()
        if kind.domain in domains and (kind.domain != "L" or purpose in Policy.default().offences_offered)
    ]


class CaseForm(forms.Form):
    """A new case."""

    number = forms.CharField(label=_("Case number"), help_text=_("Your organisation's own."), max_length=64)
    purpose = forms.ChoiceField(label=_("What is the case about?"), widget=forms.RadioSelect)
    jurisdiction = forms.ChoiceField(
        label=_("Jurisdiction"),
        help_text=_("Its law decides whether a judicial paper is needed."),
        choices=[("", _("Choose one")), *((code, _(name)) for code, name in REGION_NAMES.items())],
    )
    sample_origin = forms.ChoiceField(
        label=_("Whose sample is it?"),
        help_text=_("We never search with the sample of a victim or a bystander."),
        choices=[(origin.value, _(origin.label.capitalize())) for origin in Case.Origin],
        widget=forms.RadioSelect,
    )
    summary = forms.CharField(
        label=_("What happened?"),
        help_text=_("For the two who decide about it. Name nobody."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    codis_searched = forms.BooleanField(
        label=_("The police database was searched, without an answer."), required=False
    )
    leads_exhausted = forms.BooleanField(label=_("All other leads are exhausted."), required=False)
    until = day_field(_("Search until"), help_text=_("After that day nothing is searched or released."))

    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purpose = self.fields["purpose"]
        assert isinstance(purpose, forms.ChoiceField)
        purpose.choices = offered(roles)

    def particulars(self) -> Particulars:
        said = self.cleaned_data
        return Particulars(
            number=said["number"],
            purpose=said["purpose"],
            jurisdiction=said["jurisdiction"],
            sample_origin=Case.Origin(said["sample_origin"]),
            summary=said["summary"],
            codis_searched=said["codis_searched"],
            leads_exhausted=said["leads_exhausted"],
            valid_to=end_of(said["until"]),
        )


class PaperForm(forms.Form):
    """A judicial paper."""

    court = forms.CharField(label=_("Court"), max_length=200)
    number = forms.CharField(label=_("Number of the paper"), max_length=64)
    scope = forms.MultipleChoiceField(
        label=_("What does it allow?"),
        help_text=_("Only what stands on it. Anything else is refused, whoever signs."),
        choices=[(kind, format_lazy("{}", words)) for kind, words in ALLOWS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    until = day_field(_("Good until"))
    document = forms.FileField(
        label=_("The paper itself"),
        help_text=_("A PDF, PNG or JPEG. It is sealed; those who sign read it, and each look is recorded."),
    )
    compels = forms.BooleanField(
        label=_("It demands people who did not consent."),
        help_text=_("This changes nothing here: this system has no such function."),
        required=False,
    )

    def clean_document(self) -> Any:
        document = self.cleaned_data["document"]
        if document.size > LARGEST:
            raise forms.ValidationError(_("At most %(most)s.") % {"most": filesizeformat(LARGEST)})
        return document

    def paper(self) -> Paper:
        said = self.cleaned_data
        return Paper(
            court=said["court"],
            number=said["number"],
            scope=frozenset(said["scope"]),
            valid_to=end_of(said["until"]),
            document=said["document"].read(),
            compels_non_consenting=said["compels"],
        )


class DiscloseForm(forms.Form):
    """Why the leads of a search are needed."""

    reason = forms.CharField(
        label=_("What are the leads needed for?"),
        help_text=_("For the two who decide about it. Name nobody."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ColleagueForm(forms.Form):
    """A colleague of the same organisation."""

    colleague = forms.ModelChoiceField(
        label=_("Who?"),
        help_text=_("Somebody of your organisation who works on cases. She can then not sign for this one."),
        queryset=User.objects.none(),
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["colleague"]
        assert isinstance(field, forms.ModelChoiceField)
        working = CasePermission.objects.filter(content_object=case).values("user")
        field.queryset = staff().filter(organisation=case.organisation).exclude(pk__in=working)


class EvidenceForm(forms.Form):
    """The profile of the unknown person."""

    file = forms.FileField(
        label=_("The profile"),
        allow_empty_file=True,  # an empty one is refused by intake, in its own words
    )
    build = forms.ChoiceField(
        label=_("If the file does not say its reference genome"),
        help_text=_("What the file says itself comes first."),
        choices=BUILDS,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = filesizeformat(settings.UPLOAD_BYTES)
        self.fields["file"].help_text = gettext("%(most)s at most.") % {"most": most}

    def assume(self) -> Build | None:
        return Build(self.cleaned_data["build"]) if self.cleaned_data["build"] else None


class SearchForm(forms.Form):
    """Who is related to the person of the evidence? Sent twice, it is asked once."""

    min_cm = forms.FloatField(
        label=_("Shortest segment, in centimorgans"),
        max_value=MOST_CM,
        initial=7,
    )
    min_total_cm = forms.FloatField(
        label=_("Shared in all, in centimorgans"),
        help_text=_("Second cousins share about 200, third cousins about 70, fourth about 30."),
        max_value=MOST_CM,
        initial=20,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args: Any, least: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        short = gettext("At least %(least)s. Short segments often come from chance.") % {"least": least}
        self.fields["min_cm"].help_text = short
        for name in ("min_cm", "min_total_cm"):
            self.fields[name].validators.append(MinValueValidator(least))
            self.fields[name].widget.attrs["min"] = least
        self.fields["key"].initial = uuid.uuid4().hex

    def question(self, evidence: UUID) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "kind": "relatives",
            "evidence": str(evidence),
            "min_cm": said["min_cm"],
            "min_total_cm": said["min_total_cm"],
        }

    def idempotency_key(self, evidence: UUID) -> str:
        """The same form with the same question, sent twice, is one search; with another, it is another."""
        told = json.dumps([self.cleaned_data["key"], self.question(evidence)])
        return hashlib.sha256(told.encode()).hexdigest() if self.cleaned_data["key"] else ""
