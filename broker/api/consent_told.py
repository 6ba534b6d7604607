"""A consent record as JSON: where somebody stands on each use, a statement, the clauses that are put to her.

What rests on somebody else or on a hold is told as in the portal: as a condition that is not hers. Who keyed
a paper form is nobody's to read here.
"""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from broker.standing import Standing, why_not
from broker.wards import Ward
from consent import forms
from consent.models import FormVersion
from consent.purposes import FAMILIES
from consent.reasons import NOT_YOURS, Reason
from consent.scope import Choice
from consent.terms import Statement

OTHERS = "NOT_YOURS"  # in the place of every reason that is not hers to know


class ReasonOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class StatementOut(serializers.Serializer[Any]):
    seq = serializers.IntegerField(help_text="its place in the order of all that is said in this house")
    family = serializers.CharField(help_text="the use it is about; * is everything")
    decision = serializers.CharField(help_text="grant, deny, withdraw or continue")
    file = serializers.CharField(allow_null=True, help_text="the one file it is about; null for all files")
    recorded_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField(help_text="from when it holds; a yes waits its cooling-off time")
    valid_to = serializers.DateTimeField(allow_null=True)
    permissions = serializers.ListField(child=serializers.DictField(), help_text="DUO permissions")
    modifiers = serializers.ListField(child=serializers.DictField(), help_text="DUO modifiers")
    after_death = serializers.CharField()
    form = serializers.CharField(help_text="the form agreed to and its version; empty for a no")
    came_by = serializers.CharField(help_text="portal or paper")
    said_by = serializers.CharField(help_text="in which capacity it was said")
    receipt = serializers.CharField(help_text="where its receipt is found")


class FileChoiceOut(serializers.Serializer[Any]):
    file = serializers.CharField()
    allowed = serializers.BooleanField()
    reasons = ReasonOut(many=True)


class FamilyOut(serializers.Serializer[Any]):
    family = serializers.CharField()
    called = serializers.CharField(help_text="what the use is called")
    allowed = serializers.BooleanField(help_text="for all files")
    reasons = ReasonOut(many=True, help_text="why it is not allowed; empty where it is")
    statement = StatementOut(allow_null=True, help_text="the one that speaks now, for all files")
    waiting = StatementOut(allow_null=True, help_text="a yes that was said and does not hold yet")
    files = FileChoiceOut(many=True, help_text="where something was said of one file alone")


class ClauseOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    family = serializers.CharField()
    asks = serializers.CharField(allow_null=True, help_text="diseases or regions, where it asks for a list")
    text = serializers.CharField()


class FormOut(serializers.Serializer[Any]):
    form = serializers.CharField()
    version = serializers.CharField()
    language = serializers.CharField()
    notice = serializers.CharField(help_text="to be read before any yes to police")
    clauses = ClauseOut(many=True)


class ConsentOut(serializers.Serializer[Any]):
    participant = serializers.CharField()
    at = serializers.DateTimeField()
    families = FamilyOut(many=True)
    form = FormOut(allow_null=True, help_text="the form that is put to you")


def where(
    ward: Ward, stands: Standing, version: FormVersion | None, *, language: str, at: datetime
) -> dict[str, Any]:
    """Where she stands, in the shape of ConsentOut."""
    return {
        "participant": ward.participant.pseudonym,
        "at": at,
        "families": [_family(name, choice, stands, at) for name, choice in stands.choices.items()],
        "form": _form(version, language) if version else None,
    }


def of_statement(said: Statement) -> dict[str, Any]:
    """One statement, in the shape of StatementOut."""
    whole = said.as_json()
    return {
        "seq": said.seq,
        "family": said.family,
        "decision": str(said.decision),
        "file": said.file,
        "recorded_at": said.recorded_at,
        "effective_at": said.effective_at,
        "valid_to": said.valid_to,
        "permissions": whole.get("permissions", []),
        "modifiers": whole.get("modifiers", []),
        "after_death": str(said.after_death),
        "form": f"{said.form.id} {said.form.version}".strip(),
        "came_by": str(said.source),
        "said_by": str(said.authority.capacity),
        "receipt": reverse("api:receipt", args=[said.seq]),
    }


def _family(family: str, choice: Choice, stands: Standing, at: datetime) -> dict[str, Any]:
    waiting = stands.waiting(family, at=at)
    return {
        "family": family,
        "called": _(FAMILIES[family].label),
        "allowed": choice.allowed,
        "reasons": [reason_told(one) for one in choice.reasons],
        "statement": of_statement(choice.head) if choice.head else None,
        "waiting": of_statement(waiting) if waiting else None,
        "files": [
            {
                "file": file,
                "allowed": by_family[family].allowed,
                "reasons": [reason_told(one) for one in by_family[family].reasons],
            }
            for file, by_family in stands.by_file.items()
            if any(said.file == file and said.family == family for said in stands.statements)
        ],
    }


def reason_told(reason: Reason) -> dict[str, str]:
    """A reason and its sentence; what rests on others or on a hold keeps its name to itself."""
    code = OTHERS if reason.sentence == NOT_YOURS else str(reason)
    return {"code": code, "sentence": why_not(reason)}


def _form(version: FormVersion, language: str) -> dict[str, Any]:
    text = forms.text_of(version, language)
    return {
        "form": version.form,
        "version": version.version,
        "language": language,
        "notice": text["notice"],
        "clauses": [
            {"id": one.id, "family": one.family, "asks": one.asks, "text": text["clauses"].get(one.id, "")}
            for one in forms.clauses(version)
        ],
    }
