"""What an administrator fills in: a role proposed, a login for staff, an organisation."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broker import people
from broker.models import Organisation, User
from broker.roles import SELF_TAKEN, WHO, Role
from consent.hierarchies import REGION_NAMES


def role_name(role: str) -> str:
    return gettext(role.replace("_", " ").capitalize())


def region_name(code: str) -> str:
    return gettext(REGION_NAMES[code]) if code in REGION_NAMES else code


def _roles() -> list[tuple[str, str]]:
    offered = [role for role in Role if role not in SELF_TAKEN]
    return [
        ("", gettext("Choose one")),
        *((role.value, f"{role_name(role)}: {gettext(WHO[role])}") for role in offered),
    ]


class ProposeForm(forms.Form):
    """Somebody for a role. Only logins of staff are known here: a participant's name is nobody's to try."""

    username = forms.CharField(label=_("User name"), max_length=150)
    role = forms.ChoiceField(label=_("Role"), choices=_roles)

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"].strip()
        if not people.staff().filter(username=name).exists():
            raise ValidationError(_("No login of staff has this name. Make one first."))
        return name

    @property
    def user(self) -> User:
        return people.staff().get(username=self.cleaned_data["username"])


class EnrolForm(forms.Form):
    """A login for somebody who works here or belongs to an organisation."""

    username = forms.CharField(label=_("User name"), max_length=150, validators=[User.username_validator])
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=Organisation.objects.filter(confirmed_by__isnull=False).order_by("name"),
        required=False,
        empty_label=_("None: she works for this house"),
        help_text=_("Researchers, investigators and counsel belong to one. It must be verified."),
    )


class OrganisationForm(forms.Form):
    """An organisation that two administrators have looked at."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(
        label=_("Kind"),
        help_text=_("Some people allow only organisations that are not for profit."),
        choices=lambda: [
            ("", _("Choose one")),
            *((k.value, _(k.label).capitalize()) for k in Organisation.Kind),
        ],
    )
    region = forms.ChoiceField(
        label=_("Where it is"),
        choices=lambda: [
            ("", _("Choose one")),
            *sorted(((code, _(name)) for code, name in REGION_NAMES.items()), key=lambda one: str(one[1])),
        ],
    )


class WithdrawForm(forms.Form):
    """The end of an organisation's verification."""

    organisation = forms.ModelChoiceField(
        label=_("Which organisation?"),
        queryset=Organisation.objects.filter(confirmed_by__isnull=False).order_by("name"),
    )
    why = forms.CharField(label=_("Why?"), max_length=500)
