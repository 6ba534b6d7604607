"""No text that two people sign reads otherwise than it was typed."""

import pytest
from django import forms
from rest_framework import serializers

from broker.portal.auditor_ledger import SearchForm
from tests.world import NOW


class Form(forms.Form):
    why = forms.CharField()


class Said(serializers.Serializer):
    why = serializers.CharField()


@pytest.mark.parametrize("turned", ["a \u202egnol\u202c way", "\u2067x\u2069"])
def test_a_hidden_character_that_turns_text_is_refused(turned):
    assert Form({"why": turned}).errors["why"][0].startswith("This text has a hidden character")
    said = Said(data={"why": turned})
    assert not said.is_valid()
    assert [one.code for one in said.errors["why"]] == ["turned_text"]


@pytest.mark.parametrize("plain", ["a long way", "שלום עולם", "مرحبا\u200f!", "Zażółć", "Ω"])
def test_every_language_is_taken(plain):
    assert Form({"why": plain}).is_valid()
    assert Said(data={"why": plain}).is_valid()


def test_the_forms_of_the_house_ask_too():
    assert "q" in SearchForm({"q": "actor:\u202euser"}, at=NOW).errors
