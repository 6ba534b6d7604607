"""What somebody fills in to prove who she is: a code, a recovery code, her password.

A passkey fills in its own form, by script.
"""

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """The six digits that show now."""

    code = forms.CharField(
        label=_("Six-digit code"),
        help_text=_("From the app on your phone."),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class RecoveryForm(forms.Form):
    """A code on paper."""

    recovery = forms.CharField(
        label=_("Recovery code"),
        help_text=_("One of the codes that you kept. Each is good once."),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class PasswordForm(forms.Form):
    """Her password, again."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasskeyForm(forms.Form):
    """What a passkey answered; the script puts it here."""

    answer = forms.CharField(widget=forms.HiddenInput, strip=False, required=False)


class NewPasskeyForm(PasskeyForm):
    """A new passkey, and what she calls it."""

    name = forms.CharField(
        label=_("What do you call it?"),
        help_text=_("For example: my phone."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
