"""Drafts of consent forms for tests, and the whole way of one: loaded by Sten, approved by Stella."""

import copy
from datetime import datetime
from typing import Any

from consent import forms
from consent.models import FormVersion


def adult(**changes: Any) -> Any:
    """The shipped adult form as a draft of its own, with changes at the top."""
    return copy.deepcopy(forms.shipped()["F-ADULT 1.0"]) | {"version": "9.0"} | changes


def guardian(**changes: Any) -> Any:
    return copy.deepcopy(forms.shipped()["F-GUARDIAN 1.0"]) | {"version": "9.0"} | changes


def small(*clauses: dict[str, Any], **changes: Any) -> Any:
    """A form of these clauses alone, whose words are their ids."""
    text = {
        "title": "Small",
        "introduction": "Read this.",
        "notice": "Police may find you.",
        "clauses": {clause["id"]: f"Words of {clause['id']}." for clause in clauses},
    }
    draft = {
        "form": "F-SMALL",
        "version": "1.0",
        "audience": "adult",
        "le_notice": True,
        "reconsent_due": None,
    }
    texts = {language: copy.deepcopy(text) for language in forms.LANGUAGES}
    return draft | {"clauses": list(clauses), "texts": texts} | changes


def published(draft: Any, *, at: datetime) -> FormVersion:
    """Two people and three verbs."""
    loaded = forms.load(draft, by="sten", at=at)
    forms.approve(loaded, by="stella", at=at)
    return forms.publish(loaded, by="sten", at=at)
