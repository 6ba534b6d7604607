"""What a steward or legal reviewer says: her verdict with its reason, the end of an approval, a pseudonym.

A yes needs thought: it is taken only when everything on the list was looked at. A no needs its reason alone.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from broker.roles import Role

APPROVE, REFUSE = "approve", "refuse"

LOOK_AT_REQUEST = (
    ("fits", _("What is asked for fits what the project says it is about.")),
    ("no_more", _("Nothing is asked for that the project does not need.")),
    ("ethics", _("I have read the ethics approval itself, or know why there is none.")),
)
LOOK_AT_CASE = (
    ("offence", _("The facts told fit the offence class that is named.")),
    ("origin", _("The sample comes from where the agency says it does.")),
    ("paper", _("I have read the judicial paper itself, or know why none is needed.")),
)
LOOK_AT_SEARCH = (
    ("evidence", _("The evidence is that of this case, as its papers tell.")),
    ("scope", _("I have read the judicial paper, and it allows this search; or none is needed.")),
    ("no_more", _("No more is searched for than the case needs.")),
)
LOOK_AT_DISCLOSURE = (
    ("needed", _("What the leads are needed for is this case, and nothing else.")),
    ("paper", _("The judicial paper allows it still; or none is needed.")),
    ("lead", _("I know that a lead is not proof, and that no name goes out.")),
)
LOOK_AT_EVIDENCE = (
    ("told", _("The laboratory has told me how the file was made, and that explains what looks odd.")),
    ("one", _("It is the profile of one person.")),
)
LOOK_AT = {"Case": LOOK_AT_CASE, "Query": LOOK_AT_SEARCH, "Disclosure": LOOK_AT_DISCLOSURE}

SIGNS_AS = {Role.STEWARD: _("As steward"), Role.LEGAL_REVIEWER: _("As legal reviewer")}


class VerdictForm(forms.Form):
    """Approve or refuse, with the reason."""

    decision = forms.ChoiceField(
        label=_("What do you decide?"),
        help_text=_("To approve, tick every line below. To refuse, tick none."),
        choices=[(REFUSE, _("Refuse")), (APPROVE, _("Approve"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Your reason"),
        help_text=_("Those who asked read it, and it stays with the decision."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, look_at: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.look_at = [name for name, _words in look_at]
        ticks = {name: forms.BooleanField(label=words, required=False) for name, words in look_at}
        self.fields = {
            "decision": self.fields["decision"],
            **ticks,
            "reason": self.fields["reason"],
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("decision") == APPROVE:
            for name in self.look_at:
                if not said.get(name):
                    self.add_error(name, _("An approval needs this."))
        return said

    @property
    def approves(self) -> bool:
        return bool(self.cleaned_data["decision"] == APPROVE)


class SignatureForm(VerdictForm):
    """A verdict on a step of a case, by one of the two signatures that are still open to her."""

    def __init__(
        self, *args: Any, roles: Iterable[Role], look_at: Iterable[tuple[str, Any]], **kwargs: Any
    ) -> None:
        super().__init__(*args, look_at=look_at, **kwargs)
        choices = [(role.value, SIGNS_AS[role]) for role in roles]
        one = len(choices) == 1
        role = forms.ChoiceField(
            label=_("How do you sign?"),
            choices=choices,
            initial=choices[0][0] if one else None,
            widget=forms.HiddenInput if one else forms.RadioSelect,
        )
        self.fields = {"role": role, **self.fields}


class CloseForm(forms.Form):
    """The end of an approval."""

    reason = forms.CharField(
        label=_("Why does it end?"),
        help_text=_("It holds at once: what has not been released by then is not released."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class FindForm(forms.Form):
    """One participant, by what she says her pseudonym is."""

    pseudonym = forms.CharField(label=_("Find a pseudonym"), max_length=16)

    def clean_pseudonym(self) -> str:
        said: str = self.cleaned_data["pseudonym"]
        return said.strip().upper()
