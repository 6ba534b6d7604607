"""Characters that turn the text behind them round, refused wherever people type.

U+202E and its like make "long" read "gnol" on the page that two people sign. Languages written from right to
left need none of them: their letters, and the marks U+200E and U+200F, are taken. What is shown, and how, is
no part of this (Unicode Standard Annex 9, 2.1 and 2.2).
"""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def refuse(text: object) -> None:
    """Raises ValidationError for a text with such a character in it."""
    if isinstance(text, str) and TURNS.search(text):
        raise ValidationError(
            _("This text has a hidden character that turns letters round. Type it again by hand."),
            code="turned_text",
        )


def refuse_everywhere() -> None:
    """Every text field of a form and of the REST interface asks from now on; at start, once."""
    fields: tuple[Any, ...] = (forms.CharField, serializers.CharField)
    for field in fields:
        if refuse not in field.default_validators:
            field.default_validators = [*field.default_validators, refuse]
