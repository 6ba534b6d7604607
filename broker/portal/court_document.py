"""A judicial paper as an answer: a picture stands in a page, a PDF is handed over to be opened elsewhere."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from broker import court_papers
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import Authorisation
from broker.portal.sheets import ENDINGS, SEALED_OFF
from broker.rights import person


def answer(request: HttpRequest, paper: Authorisation) -> HttpResponse:
    """The document, or home with the reason why not."""
    try:
        data = court_papers.read(paper, by=person(request), at=timezone.now())
    except BrokerError as refused:
        messages.error(request, spoken(refused))
        return redirect("home")
    how = "attachment" if paper.media_type == "application/pdf" else "inline"
    name = f"paper-{paper.pk}.{ENDINGS[paper.media_type]}"
    headers = {**SEALED_OFF, "Content-Disposition": f'{how}; filename="{name}"'}
    return HttpResponse(data, content_type=paper.media_type, headers=headers)
