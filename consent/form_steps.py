"""The steps of a form's versions: which may follow which, how each stands, and the one way to take a step.

Only consent.forms takes steps; each of its verbs is a transaction around one or two of them.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from consent import events
from consent.errors import FormRefused
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import FormDraft, FormMove

State = FormMove.State

# From how a version stands to how it may stand next. None: there is no such version yet.
MOVES: dict[FormMove.State | None, frozenset[FormMove.State]] = {
    None: frozenset({State.DRAFT}),
    State.DRAFT: frozenset({State.DRAFT, State.APPROVED, State.RETIRED}),
    State.APPROVED: frozenset({State.ACTIVE, State.RETIRED}),
    State.ACTIVE: frozenset({State.SUPERSEDED}),
    State.SUPERSEDED: frozenset({State.RETIRED}),
    State.RETIRED: frozenset(),
}
TOLD_AS: dict[FormMove.State, EventKind] = {
    State.DRAFT: events.FORM_LOADED,
    State.APPROVED: events.FORM_APPROVED,
    State.ACTIVE: events.FORM_PUBLISHED,
    State.SUPERSEDED: events.FORM_SUPERSEDED,
    State.RETIRED: events.FORM_RETIRED,
}


def state_of(form: str, version: str) -> FormMove.State | None:
    """How a version stands; None where there is none."""
    last = _last(form, version)
    return State(last.state) if last else None


def newest(form: str, version: str) -> FormDraft | None:
    """The draft that counts: the last one loaded."""
    last = _last(form, version)
    return last.draft if last else None


def standing() -> Sequence[FormMove]:
    """The newest step of every version, the form's newest version first."""
    ids = FormMove.objects.values("form", "draft__version").annotate(last=Max("id")).values("last")
    return list(FormMove.objects.filter(id__in=ids).select_related("draft").order_by("form", "-draft_id"))


def story(form: str, version: str) -> Sequence[FormMove]:
    """Every step of a version, the newest first."""
    return list(FormMove.objects.filter(form=form, draft__version=version).order_by("-number"))


def take(draft: FormDraft, state: FormMove.State, *, by: str, at: datetime, **fields: object) -> None:
    """One step with its event, in the caller's transaction, if it may follow on the last one."""
    # The number is read before the state: whoever steps in between takes it, and this step finds it taken.
    number = FormMove.objects.filter(form=draft.form).aggregate(Max("number"))["number__max"] or 0
    last = _last(draft.form, draft.version)
    now = State(last.state) if last else None
    if state not in MOVES[now]:
        stands = f"is {now.label.lower()}" if now else "was never loaded"
        raise FormRefused(
            f"{draft} {stands}, so it cannot become {state.label.lower()}. Nothing was changed."
        )
    if last is not None and state is not State.DRAFT and last.draft_id != draft.pk:
        raise FormRefused(f"{draft} was loaded again since. Nothing was changed; read the new words first.")
    try:
        with transaction.atomic():
            FormMove.objects.create(
                draft=draft, form=draft.form, number=number + 1, state=state, by=by, at=at
            )
    except IntegrityError:
        raise FormRefused(
            f"Somebody else changed {draft.form} at the same moment. Nothing was changed; look again."
        ) from None
    log.append(TOLD_AS[state], at=at, by=by, subject=str(draft), digest=draft.digest, **fields)


def _last(form: str, version: str) -> FormMove | None:
    steps = FormMove.objects.filter(form=form, draft__version=version).select_related("draft")
    return steps.order_by("-number").first()
