"""The letter that answers a court or an agency, as a PDF: A4, the words of broker.process_letters alone.

It carries no tags for those who listen; the print page in the browser is the accessible original. Its type is
that of the forms (broker.sheet_pdf), which has the letters of both our languages and few others.
"""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer

from broker.process_letters import Letter
from broker.sheet_pdf import BODY, HEAD, SMALL, TITLE, LettersMissing, Line

MARGIN = 22 * mm
FOOT = 11 * mm


def drawn(letter: Letter) -> bytes:
    """The PDF, byte for byte the same each time. Raises LettersMissing rather than print it with holes in its
    words."""
    _require_letters(letter)
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=f"{letter.words['title']} ({letter.process})",
        lang=letter.language,
        invariant=True,
    )
    width, height = A4
    frame = Frame(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN, 0, 0, 0, 0)
    document.addPageTemplates(
        PageTemplate(id="page", frames=[frame], onPage=lambda canvas, doc: _foot(canvas, doc, letter))
    )
    document.build(_story(letter, width - 2 * MARGIN))
    return buffer.getvalue()


def words(letter: Letter) -> str:
    """Every word that is printed."""
    said, process = letter.words, letter.process
    return "\n".join(
        (
            f"{said['to']}: {process.issuer}",
            f"{said['about']}: {process.number}, {letter.issued}",
            f"{said['received']}: {letter.received}",
            f"{said['reference']}: {letter.reference}",
            *(said["title"], letter.body, said["reasons"], *letter.reasons, said["recorded"]),
            *(f"{said['key']} {letter.key}", said["signature"]),
        )
    )


def _require_letters(letter: Letter) -> None:
    try:
        words(letter).encode("cp1252")
    except UnicodeEncodeError as fault:
        missing = fault.object[fault.start : fault.end]
        raise LettersMissing(
            f"This answer has letters that the PDF cannot show ({missing}). Print it from the page instead."
        ) from None


def _story(letter: Letter, width: float) -> list[Flowable]:
    said, process = letter.words, letter.process
    reasons = [line for reason in letter.reasons for line in reason.splitlines() if line.strip()]
    return [
        Paragraph(f"{escape(said['to'])}: <b>{escape(process.issuer)}</b>", BODY),
        Spacer(0, 3 * mm),
        Paragraph(f"{escape(said['about'])}: {escape(process.number)}, {escape(letter.issued)}", BODY),
        Paragraph(f"{escape(said['received'])}: {escape(letter.received)}", BODY),
        Paragraph(f"{escape(said['reference'])}: {_code(letter.reference)}", BODY),
        Spacer(0, 5 * mm),
        Paragraph(escape(said["title"]), TITLE),
        Paragraph(escape(letter.body), BODY),
        Paragraph(escape(said["reasons"]), HEAD),
        *(Paragraph(escape(line), BODY) for line in reasons),
        Spacer(0, 3 * mm),
        Paragraph(escape(said["recorded"]), BODY),
        Paragraph(f"{escape(said['key'])} {_code(letter.key)}", SMALL),
        KeepTogether([Spacer(0, 14 * mm), Line(said["signature"], width)]),
    ]


def _code(text: str) -> str:
    return f'<font name="Courier" size="8.5">{escape(text)}</font>'


def _foot(canvas: Canvas, document: Any, letter: Letter) -> None:
    """Which letter it is, and the page's number, on every page."""
    canvas.saveState()
    canvas.setFont("Courier", 8)
    canvas.drawString(MARGIN, FOOT, letter.reference)
    canvas.setFont("Helvetica", 8.5)
    canvas.drawRightString(A4[0] - MARGIN, FOOT, str(document.page))
    canvas.restoreState()
