"""Consent forms: what was asked, in which words, and which family each clause speaks for.

A published version is immutable; its texts are kept by their hash. The shipped forms lie in consent/data.
What somebody answered is in records.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

from django.db import transaction

from consent import events, purposes
from consent.errors import FormRefused
from consent.ledger import log
from consent.models import FormVersion
from consent.terms import canonical

SHIPPED = Path(__file__).parent / "data" / "forms"
LANGUAGES = ("en", "id")


class Text(TypedDict):
    """One language of a form: every family it offers has its clause."""

    title: str
    notice: str
    clauses: dict[str, str]


class Draft(TypedDict):
    """A form as it lies in a file."""

    form: str
    version: str
    offers: list[str]
    le_notice: bool
    reconsent_due: NotRequired[str | None]
    texts: dict[str, Text]


def publish(draft: Draft, *, by: str, at: datetime) -> FormVersion:
    """Make a version that people can agree to from now on. Publishing the same one again changes nothing;
    another text under the same version is refused."""
    _check(draft)
    texts = {language: text_hash(text) for language, text in draft["texts"].items()}
    existing = FormVersion.objects.filter(form=draft["form"], version=draft["version"]).first()
    if existing is not None:
        if existing.texts != texts or existing.offers != sorted(draft["offers"]):
            raise FormRefused(
                f"{existing} was published with other words. Nothing was changed; new words, new version."
            )
        return existing
    due = draft.get("reconsent_due")
    with transaction.atomic():
        version = FormVersion.objects.create(
            form=draft["form"],
            version=draft["version"],
            offers=sorted(draft["offers"]),
            le_notice=draft["le_notice"],
            reconsent_due=datetime.fromisoformat(due) if due else None,
            texts=texts,
            published_at=at,
        )
        log.append(
            events.FORM_PUBLISHED,
            at=at,
            by=by,
            subject=str(version),
            offers=version.offers,
            le_notice=version.le_notice,
            texts=texts,
        )
    return version


def publish_shipped(*, by: str, at: datetime) -> dict[str, FormVersion]:
    """The forms that come with the house, by form name."""
    return {draft["form"]: publish(draft, by=by, at=at) for draft in shipped().values()}


def current(form: str) -> FormVersion | None:
    """The newest published version of a form."""
    return FormVersion.objects.filter(form=form).order_by("-published_at", "-id").first()


def text_of(version: FormVersion, language: str) -> Text:
    """The words of a published version, if they are the ones that were published."""
    draft = shipped().get(str(version))
    if draft is None or language not in draft["texts"]:
        raise FormRefused(f"The words of {version} in {language!r} are not here.")
    text = draft["texts"][language]
    if version.texts.get(language) != text_hash(text):
        raise FormRefused(f"The words of {version} are not those that people agreed to. Tell a steward.")
    return text


@cache
def shipped() -> Mapping[str, Draft]:
    """The drafts in consent/data, by name and version."""
    drafts: list[Draft] = [json.loads(path.read_text("utf-8")) for path in sorted(SHIPPED.glob("*.json"))]
    return {f"{draft['form']} {draft['version']}": draft for draft in drafts}


def text_hash(text: Text) -> str:
    return hashlib.sha256(canonical(text)).hexdigest()


def _check(draft: Draft) -> None:
    name = f"{draft['form']} {draft['version']}"
    unknown = sorted(set(draft["offers"]) - set(purposes.FAMILIES))
    if unknown:
        raise FormRefused(f"{name} offers {', '.join(unknown)}, which nobody can decide about.")
    for language in LANGUAGES:
        text = draft["texts"].get(language)
        if text is None:
            raise FormRefused(f"{name} has no text in {language!r}.")
        if set(text["clauses"]) != set(draft["offers"]):
            raise FormRefused(f"{name} in {language!r} does not have one clause for each family it offers.")
    police = any(family.startswith("LE.") for family in draft["offers"])
    if police and not (draft["le_notice"] and all(t["notice"] for t in draft["texts"].values())):
        raise FormRefused(f"{name} asks about police use and carries no police notice.")
