"""A published consent form for anybody to read: what the code on a paper form and on a receipt points to.

Every version that was ever put to people stays readable, in each of its languages.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from broker.languages.sentences import spoken
from broker.portal import form_words as words
from broker.rights import allow
from broker.roles import Right
from consent import forms
from consent.errors import FormRefused
from consent.models import FormVersion


@require_GET
@allow(Right.PUBLIC)
def form(request: HttpRequest, form: str, version: str) -> HttpResponse:
    """The words of one version, in the language that is asked for or the reader's own."""
    published = get_object_or_404(FormVersion.objects.select_related("draft"), form=form, version=version)
    own = (get_language() or "en")[:2]
    language = request.GET.get("language", own if own in forms.LANGUAGES else "en")
    if language not in forms.LANGUAGES:
        raise Http404
    state = forms.state_of(form, version)
    context: dict[str, object] = {
        "version": published,
        "language_of_form": language,
        "others": [(code, name) for code, name in words.LANGUAGE_NAMES.items() if code != language],
        "status": words.status(state) if state else None,
        "hash": published.texts.get(language, ""),
    }
    try:
        text = forms.text_of(published, language)
        context |= {"text": text, "sections": words.sections(forms.draft_of(published), text)}
    except FormRefused as refused:
        context["broken"] = spoken(refused)
    return render(request, "public/form.html", context)
