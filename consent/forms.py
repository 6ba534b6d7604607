"""Consent forms: the way of a version from a draft to what people agree to, and out of use again.

    loaded = forms.load(draft, by="ada", at=at)            # DRAFT; loading again replaces it
    forms.approve(loaded, by="ben", at=at)                 # APPROVED, by somebody else: nothing changes now
    version = forms.publish(loaded, by="ada", at=at)       # ACTIVE, and the one before it SUPERSEDED

Each verb is one transaction with its ledger events. How a draft is written is in drafts, what its clauses
stand for in clauses, which step may follow which in form_steps, what somebody answered in records.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from consent import clauses as clause_rules
from consent import drafts, fence, form_steps
from consent.canonical import canonical, instant_or_none
from consent.clauses import Clause, Said
from consent.drafts import LANGUAGES, Draft, Text, text_hash
from consent.errors import FormRefused
from consent.form_steps import State, state_of
from consent.models import FormDraft, FormVersion, Statement

__all__ = ["LANGUAGES", "Clause", "Draft", "Said", "State", "Text", "state_of", "text_hash"]

SHIPPED = Path(__file__).parent / "data" / "forms"
THE_HOUSE = "the house"  # who approved the forms that come with it


# --- the verbs ---


def load(draft: object, *, by: str, at: datetime) -> FormDraft:
    """Keep a draft. Raises FormRefused, with every fault and its place, for what does not hold together."""
    checked = drafts.check(draft, at=at)
    before = current(checked["form"])
    if before is not None and draft_of(before)["audience"] != checked["audience"]:
        raise FormRefused(
            f"{before} is for another audience than {drafts.name(checked)}: people would find a form in its "
            "place that is not for them. Nothing was recorded; choose another name."
        )
    body = canonical(checked).decode()
    with transaction.atomic():
        row = FormDraft.objects.create(
            form=checked["form"],
            version=checked["version"],
            body=body,
            digest=_digest(body),
            loaded_by=by,
            loaded_at=at,
        )
        form_steps.take(row, State.DRAFT, by=by, at=at)
    return row


def approve(draft: FormDraft, *, by: str, at: datetime) -> None:
    """The second person has read this very draft. From now on nothing of it changes."""
    if draft.loaded_by == by:
        raise FormRefused(
            f"You loaded {draft}; somebody else has to approve it, because its words decide what people "
            "agree to. Nothing was changed."
        )
    with transaction.atomic():
        form_steps.take(draft, State.APPROVED, by=by, at=at)


def publish(draft: FormDraft | Draft, *, by: str, at: datetime) -> FormVersion:
    """Put an approved version to people, in place of the one before it. Publishing the same one again changes
    nothing. The forms that come with the house were approved with it, and need nobody to load them first."""
    row = draft if isinstance(draft, FormDraft) else _row_of(draft)
    said = draft_of(row) if row else drafts.check(draft, at=at)
    existing = FormVersion.objects.filter(form=said["form"], version=said["version"]).first()
    if existing is not None:
        if existing.digest != _digest_of(said):
            raise FormRefused(
                f"{existing} was published with other words. Nothing was changed; new words, new version."
            )
        return existing
    with transaction.atomic():
        fence.advance([])  # a restore may lose it, but not that it was there
        return _publish(row or _found(said, by=by, at=at), said, by=by, at=at)


def publish_shipped(*, by: str, at: datetime) -> dict[str, FormVersion]:
    """The forms that come with the house, by form name."""
    return {draft["form"]: publish(draft, by=by, at=at) for draft in shipped().values()}


def supersede(version: FormVersion, *, by: str, at: datetime) -> None:
    """Put a version to nobody any more, with no other in its place. What was agreed on it holds."""
    with transaction.atomic():
        form_steps.take(_row(version), State.SUPERSEDED, by=by, at=at)


def retire(draft: FormDraft, *, by: str, at: datetime) -> None:
    """Take a version out of use for good: a draft that comes to nothing, or an old form that may not be keyed
    from paper any more. What was agreed on it holds, and its words stay readable."""
    with transaction.atomic():
        fence.advance([])
        form_steps.take(draft, State.RETIRED, by=by, at=at)


# --- what is in use ---


def current(form: str) -> FormVersion | None:
    """The newest ACTIVE version of a form: the one that is put to people."""
    return (
        FormVersion.objects.filter(form=form, draft__isnull=False)
        .exclude(draft__moves__state__in=(State.SUPERSEDED, State.RETIRED))
        .select_related("draft")
        .order_by("-published_at", "-id")
        .first()
    )


def takes_yes(version: FormVersion) -> bool:
    """Whether a yes may still be recorded on it: now, or from a paper that was signed while it was in use."""
    return state_of(version.form, version.version) in {State.ACTIVE, State.SUPERSEDED}


def resting_on(version: FormVersion) -> int:
    """How many people have a yes on this version that nothing of theirs has displaced since: whom a deadline
    of this version asks again."""
    later = Statement.objects.filter(
        Q(family=OuterRef("family")) | Q(family="*"),
        participant=OuterRef("participant"),
        seq__gt=OuterRef("seq"),
    )
    last = Statement.objects.filter(form=version).exclude(Exists(later))
    return last.values("participant").distinct().count()


# --- what is said on it ---


def draft_of(version: FormVersion | FormDraft) -> Draft:
    """What was loaded, if it is still what was published."""
    row = version if isinstance(version, FormDraft) else _row(version)
    if not row.digest == version.digest == _digest(row.body):
        raise FormRefused(f"The words of {version} are not those that people agreed to. Tell a steward.")
    draft: Draft = json.loads(row.body)
    return draft


def audience(version: FormVersion) -> str | None:
    """For whom its words are: "adult" or "guardian"; None for a version from before forms said so."""
    return None if version.draft_id is None else draft_of(version)["audience"]


def text_of(version: FormVersion, language: str) -> Text:
    """The words of a published version, if they are the ones that were published."""
    draft = draft_of(version)
    if language not in draft["texts"]:
        raise FormRefused(f"The words of {version} in {language!r} are not here.")
    text = draft["texts"][language]
    if version.texts.get(language) != text_hash(text):
        raise FormRefused(f"The words of {version} are not those that people agreed to. Tell a steward.")
    return text


def clauses(version: FormVersion) -> tuple[Clause, ...]:
    """The clauses of a published version, in the order of the form."""
    return clause_rules.read(draft_of(version)["clauses"])


def said(version: FormVersion, ticked: Mapping[str, object]) -> dict[str, Said]:
    """What the ticked clauses allow, by family; see consent.clauses.said."""
    return clause_rules.said(clauses(version), ticked)


def told(version: FormVersion, language: str) -> dict[str, str]:
    """The words about each family as a whole."""
    return drafts.told_of(clauses(version), text_of(version, language))


@cache
def shipped() -> Mapping[str, Draft]:
    """The drafts in consent/data, by name and version."""
    written = [drafts.parse(path.read_bytes()) for path in sorted(SHIPPED.glob("*.json"))]
    return {drafts.name(draft): draft for draft in written}


def _publish(row: FormDraft, draft: Draft, *, by: str, at: datetime) -> FormVersion:
    if late := list(drafts.due_faults(draft["reconsent_due"], at)):
        raise FormRefused(f"{row} cannot be published: {late[0]}. Nothing was changed.", late)
    before = current(row.form)
    if before is not None:
        form_steps.take(_row(before), State.SUPERSEDED, by=by, at=at)
    texts = {language: text_hash(text) for language, text in draft["texts"].items()}
    offers, le_notice, due = drafts.offers(draft), draft["le_notice"], draft["reconsent_due"]
    form_steps.take(
        row, State.ACTIVE, by=by, at=at, offers=offers, le_notice=le_notice, reconsent_due=due, texts=texts
    )
    return FormVersion.objects.create(
        form=row.form,
        version=row.version,
        offers=offers,
        le_notice=le_notice,
        reconsent_due=instant_or_none(due),
        texts=texts,
        published_at=at,
        draft=row,
        digest=row.digest,
    )


def _found(draft: Draft, *, by: str, at: datetime) -> FormDraft:
    """A form that comes with the house, loaded and approved in one go. Any other needs its two people."""
    if shipped().get(drafts.name(draft)) != draft:
        raise FormRefused(
            f"{drafts.name(draft)} has not been loaded and approved by two people. Nothing was published."
        )
    row = load(draft, by=by, at=at)
    approve(row, by=THE_HOUSE, at=at)
    return row


def _row_of(draft: Draft) -> FormDraft | None:
    """The loaded row of this very draft, if it is the one that counts."""
    row = form_steps.newest(str(draft.get("form")), str(draft.get("version")))
    return row if row is not None and row.digest == _digest_of(draft) else None


def _row(version: FormVersion) -> FormDraft:
    if version.draft is None:
        raise FormRefused(f"The words of {version} are not here: it was published before words were kept.")
    return version.draft


def _digest_of(draft: Draft) -> str:
    return _digest(canonical(draft).decode())


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
