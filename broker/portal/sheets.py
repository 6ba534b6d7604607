"""Paper as it leaves the house: a form to print, as a page or as a PDF, and the scan of one that came back.

Who may have which is settled at the doors of each audience.
"""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from broker import paper_sheets, papers, sheet_pdf
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal.clerk_forms import LANGUAGES, PrintForm
from broker.portal.desk import Desk
from consent.errors import FormRefused
from consent.models import FormVersion, PaperImport

# A scan is somebody's file: no script of it may run, and nothing of it may be kept on the way.
SEALED_OFF = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def for_desk(desk: Desk, language: str, *, pdf: bool = False) -> HttpResponse:
    """The form that is put to her, with her reference on it."""
    version = desk.version()
    if version is None or language not in dict(LANGUAGES):
        raise Http404
    reference = desk.ward.participant.pseudonym
    try:
        if pdf:
            return as_pdf(version, language, reference)
        name = desk.url
        return as_page(
            desk.request,
            version,
            language,
            reference,
            back=desk.url("choices"),
            pages=[(code, label, name("form_sheet", code)) for code, label in LANGUAGES],
            pdf=desk.url("form_pdf", language),
        )
    except (FormRefused, Refused):
        raise Http404 from None


def chosen(request: HttpRequest, template: str) -> HttpResponse:
    """What somebody at a desk of ours chose to print; the form to choose with, before that."""
    form = PrintForm(request.GET if "form" in request.GET else None)
    if not form.is_valid():
        return render(request, template, {"form": form}, status=422 if form.errors else 200)
    said = form.cleaned_data
    try:
        if "pdf" in request.GET:
            return as_pdf(form.version, said["language"], said["reference"])
        query = request.GET.copy()
        pages = []
        for code, label in LANGUAGES:
            query["language"] = code
            pages.append((code, label, f"{request.path}?{query.urlencode()}"))
        query["language"], query["pdf"] = said["language"], "1"
        return as_page(
            request,
            form.version,
            said["language"],
            said["reference"],
            back=request.path,
            pages=pages,
            pdf=f"{request.path}?{query.urlencode()}",
        )
    except (FormRefused, Refused) as refused:
        form.add_error(None, spoken(refused))
        return render(request, template, {"form": form}, status=422)


def as_page(
    request: HttpRequest,
    version: FormVersion,
    language: str,
    reference: str,
    *,
    back: str,
    pages: list[tuple[str, str, str]],
    pdf: str,
) -> HttpResponse:
    """The print page: the accessible original."""
    sheet = paper_sheets.sheet(version, language, reference)
    drawn = paper_sheets.qr(sheet.code).svg_inline(border=2, svgclass="qr", lineclass=None, omitsize=True)
    context: dict[str, Any] = {
        "sheet": sheet,
        "qr": mark_safe(drawn),  # noqa: S308 - drawn by segno from a code of ours, in one path
        "back": back,
        "pages": [
            {"code": code, "label": label, "url": url} for code, label, url in pages if code != language
        ],
        "pdf": pdf,
    }
    return render(request, "print/sheet.html", context)


def as_pdf(version: FormVersion, language: str, reference: str) -> HttpResponse:
    sheet = paper_sheets.sheet(version, language, reference)
    name = "-".join(filter(None, (version.form, version.version, language, reference)))
    return HttpResponse(
        sheet_pdf.drawn(sheet),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "no-store"},
    )


def scan(sheet: PaperImport, *, by: User, at: datetime) -> HttpResponse:
    """The scan itself: a picture stands in a page, a PDF is handed over to be opened outside of one."""
    data = papers.look(sheet, by=by, at=at)
    how = "attachment" if sheet.media_type == "application/pdf" else "inline"
    name = f"{sheet.paper}.{ENDINGS[sheet.media_type]}"
    headers = {**SEALED_OFF, "Content-Disposition": f'{how}; filename="{name}"'}
    return HttpResponse(data, content_type=sheet.media_type, headers=headers)
