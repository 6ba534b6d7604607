"""The steward's pages about consent forms: every version and how it stands; load one, read it, move it on.

Two people stand behind the words that others agree to: who loaded a form does not approve it (consent.forms).
"""

from collections.abc import Callable
from typing import Any

from django import forms as fields
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker.languages.sentences import spoken
from broker.portal import form_words as words
from broker.rights import allow, person
from broker.roles import Right
from consent import drafts, form_steps, forms
from consent.errors import FormRefused
from consent.form_steps import MOVES, State
from consent.models import FormDraft, FormMove, FormVersion


class LoadForm(fields.Form):
    """One consent form, as a file."""

    file = fields.FileField(
        label=gettext_lazy("The form, as a JSON file"),
        help_text=gettext_lazy("It is checked and kept as a draft. Nobody is asked anything yet."),
    )


@require_http_methods(["GET"])
@allow(Right.KEEP_FORMS)
def consent_forms(request: HttpRequest) -> HttpResponse:
    """Every version of every form."""
    entries = [_entry(move) for move in form_steps.standing()]
    return render(request, "steward/consent_forms.html", {"entries": entries})


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_FORMS)
def load_form(request: HttpRequest) -> HttpResponse:
    """Bring a form; whatever is wrong with it is told with its place."""
    form = LoadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            draft = drafts.parse(file.read(drafts.MOST_BYTES + 1))
            loaded = forms.load(draft, by=person(request).reference, at=timezone.now())
        except FormRefused as refused:
            for sentence in refused.faults or (str(refused),):
                form.add_error("file", spoken(sentence))
        else:
            messages.success(request, _("Kept as a draft. Somebody else has to approve it."))
            return redirect("steward:consent_form", loaded.form, loaded.version)
    return render(request, "steward/load_form.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET"])
@allow(Right.KEEP_FORMS)
def consent_form(request: HttpRequest, form: str, version: str) -> HttpResponse:
    """One version: its words in both languages beside the codes, what it changes, and what may be done."""
    story = form_steps.story(form, version)
    if not story:
        raise Http404
    loaded, state = story[0].draft, State(story[0].state)
    published = FormVersion.objects.select_related("draft").filter(form=form, version=version).first()
    context: dict[str, Any] = {
        "version": loaded,
        "status": words.status(state),
        "story": [_step(move) for move in story],
        "public": reverse("form", args=[form, version]) if published else "",
    }
    try:
        draft, before = forms.draft_of(published or loaded), forms.current(form)
        context |= {
            "draft": draft,
            "told_in": [
                {"code": code, "name": name, "text": draft["texts"][code]}
                for code, name in words.LANGUAGE_NAMES.items()
            ],
            "clauses": words.side_by_side(draft),
            "facts": words.facts(draft, loaded.digest, published),
            "ease_columns": words.ease_columns(),
            "ease_rows": words.ease_rows(draft),
            "before": before if before != published else None,
            "changes": words.changes(forms.draft_of(before), draft)
            if before is not None and before != published
            else [],
            "actions": _actions(loaded, state, mine=loaded.loaded_by == person(request).reference),
        }
    except FormRefused as refused:
        context["broken"] = spoken(refused)
    return render(request, "steward/consent_form.html", context)


@require_http_methods(["POST"])
@allow(Right.KEEP_FORMS)
def move_form(request: HttpRequest, form: str, version: str) -> HttpResponse:
    """Approve, publish, take out of use or retire the very draft that was read."""
    sent = request.POST.get("draft", "")
    verb = _VERBS.get(request.POST.get("verb", ""))
    if verb is None or not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise Http404
    loaded = get_object_or_404(FormDraft, pk=int(sent), form=form, version=version)
    if "read" not in request.POST:
        messages.error(request, _("Tick that you have read it. Nothing was changed."))
        return redirect("steward:consent_form", form, version)
    try:
        verb(loaded, by=person(request).reference, at=timezone.now())
    except FormRefused as refused:
        messages.error(request, spoken(refused))
    else:
        messages.success(request, _("Done, and written in the ledger."))
    return redirect("steward:consent_form", form, version)


def _supersede(loaded: FormDraft, *, by: str, at: Any) -> None:
    forms.supersede(get_object_or_404(FormVersion, draft=loaded), by=by, at=at)


_VERBS: dict[str, Callable[..., object]] = {
    "approve": forms.approve,
    "publish": forms.publish,
    "supersede": _supersede,
    "retire": forms.retire,
}


def _entry(move: FormMove) -> dict[str, Any]:
    loaded = move.draft
    entry = {
        "when": move.at,
        "title": str(loaded),
        "url": reverse("steward:consent_form", args=[loaded.form, loaded.version]),
        **words.status(move.state),
    }
    try:
        draft = forms.draft_of(loaded)
    except FormRefused as refused:
        return entry | {"text": spoken(refused)}
    text = _("Reading grade %(grade)s.") % {"grade": f"{words.grade(draft):.1f}"}
    if due := draft["reconsent_due"]:
        text += " " + _("Everybody who agreed to it is asked again by %(due)s.") % {"due": due}
    return entry | {"text": text}


def _step(move: FormMove) -> dict[str, Any]:
    return {"when": move.at, "title": words.status(move.state)["word"], "code": move.by}


def _actions(loaded: FormDraft, state: FormMove.State, *, mine: bool) -> list[dict[str, str]]:
    """What may be done with it now: a verb, its button, and what happens then."""
    every = {
        State.APPROVED: (
            "approve",
            _("Approve"),
            _("From then on no word of it changes. It is not put to anybody yet."),
        ),
        State.ACTIVE: (
            "publish",
            _("Publish"),
            _("It is put to people from now on. The version before it is replaced."),
        ),
        State.SUPERSEDED: (
            "supersede",
            _("Take out of use"),
            _("Nobody can say yes on this form until another version is published. What was agreed holds."),
        ),
        State.RETIRED: (
            "retire",
            _("Retire"),
            _("No yes is recorded on it any more, not even from paper. What was agreed holds."),
        ),
    }
    return [
        {"verb": verb, "submit": submit, "then": then, "kind": "main" if verb == "publish" else ""}
        for next_state, (verb, submit, then) in every.items()
        if next_state in MOVES[state] and not (verb == "approve" and mine)
    ]


urls = [
    path("forms/", consent_forms, name="consent_forms"),
    path("forms/load/", load_form, name="load_form"),
    path("forms/<str:form>/<str:version>/", consent_form, name="consent_form"),
    path("forms/<str:form>/<str:version>/move/", move_form, name="move_form"),
]
