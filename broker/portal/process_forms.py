"""What a desk says about a court's paper: what stands on it, and what was done. Shape alone is checked."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broker.models import LEGAL_TRANSITIONS, Case, LegalProcess
from broker.portal.dates import day_field, end_of
from broker.processes import Particulars
from consent.models import Participant

EVERYBODY, NAMED = "everybody", "named"


class ReceiveForm(forms.Form):
    """A paper that has come."""

    kind = forms.ChoiceField(
        label=_("What is it?"), choices=LegalProcess.Kind.choices, widget=forms.RadioSelect
    )
    issuer = forms.CharField(label=_("Which court or agency?"), max_length=200)
    number = forms.CharField(label=_("Its number"), max_length=64)
    issued_on = day_field(_("Its date"))
    asks = forms.CharField(label=_("What does it ask for?"), widget=forms.Textarea(attrs={"rows": 4}))
    whom = forms.ChoiceField(
        label=_("Whom does it concern?"),
        choices=[(EVERYBODY, _("Everybody here")), (NAMED, _("The people named below"))],
        widget=forms.RadioSelect,
    )
    references = forms.CharField(
        label=_("Their references"),
        help_text=_("Such as P-2345-6789, with spaces between. Only if it does not concern everybody."),
        required=False,
    )
    compels = forms.ChoiceField(
        label=_("Does it demand data of people who have not agreed?"),
        help_text=_("It is written down and reported. It changes nothing: there is no such function."),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    due_on = day_field(
        _("By when does it want an answer?"),
        help_text=_("If it names no day, leave this empty: it is due in two weeks."),
        required=False,
    )
    gag_until = day_field(
        _("Until when does it forbid to speak of it?"),
        help_text=_("If it does not, leave this empty. A ban without an end is not a ban: ask the court."),
        required=False,
    )
    case = forms.CharField(
        label=_("Does it belong to a case here?"),
        help_text=_("The agency's case number. People are then told of both together."),
        required=False,
        max_length=64,
    )
    document = forms.FileField(label=_("The paper"), help_text=_("PDF, PNG or JPEG, at most 20 MB."))

    def clean_references(self) -> list[Participant]:
        named = self.cleaned_data["references"].upper().replace(",", " ").split()
        found = Participant.objects.filter(pseudonym__in=named, erased_at__isnull=True)
        unknown = sorted({*named} - {one.pseudonym for one in found})
        if unknown:
            raise forms.ValidationError(
                gettext("Nobody here is called %(who)s.") % {"who": ", ".join(unknown)}
            )
        return list(found)

    def clean_case(self) -> Case | None:
        said = self.cleaned_data["case"].strip()
        if not said:
            return None
        by_id = Q(pk=said) if _is_uuid(said) else Q()
        found = list(Case.objects.filter(Q(number=said) | by_id if by_id else Q(number=said))[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                gettext("No case here has this number.")
                if not found
                else gettext("Several cases here have this number. Give our own number of the case.")
            )
        return found[0]

    def particulars(self, at: Any) -> Particulars:
        said = self.cleaned_data
        return Particulars(
            kind=LegalProcess.Kind(said["kind"]),
            issuer=said["issuer"].strip(),
            number=said["number"].strip(),
            issued_on=said["issued_on"],
            asks=said["asks"],
            concerned=None if said["whom"] == EVERYBODY else said["references"],
            compels_non_consenting=said["compels"] == "yes",
            received_at=at,
            due_at=end_of(said["due_on"]) if said["due_on"] else None,
            case=said["case"],
            gag_until=end_of(said["gag_until"]) if said["gag_until"] else None,
        )


class StepForm(forms.Form):
    """The next step, with its reason."""

    state = forms.ChoiceField(label=_("What happens next?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("The reason of an answer is printed in the letter."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, state: LegalProcess.State, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        after = [one for one in LegalProcess.State if one in LEGAL_TRANSITIONS[state]]
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one), one.label) for one in after]


class GagForm(forms.Form):
    """That a court lifted its ban."""

    reason = forms.CharField(label=_("What did the court say?"), widget=forms.Textarea(attrs={"rows": 2}))


def _is_uuid(said: str) -> bool:
    try:
        UUID(said)
    except ValueError:
        return False
    return True
