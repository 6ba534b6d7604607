"""A Sheet as a PDF: A4, marks at its corners, the code on every page, and boxes large enough to cross.

It carries no tags for those who listen; the print page in the browser is the accessible original. Its type is
one that every reader of PDFs brings along, which has the letters of both our languages and few others.
"""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from broker.errors import Refused
from broker.paper_sheets import Group, Sheet, qr

MARGIN = 18 * mm
MARK = 6 * mm  # of the corner marks
QR = 24 * mm
BOX = 5.5 * mm
WITH_NOTICE = 90 * mm  # the police notice and the first of what it is for stay together
RULE = HexColor("#888888")

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13.5, spaceAfter=4)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8.5, leading=11)
_CENTRE = ParagraphStyle("centre", parent=SMALL, alignment=TA_CENTER)
TITLE = ParagraphStyle("title", parent=BODY, fontName="Helvetica-Bold", fontSize=20, leading=24, spaceAfter=6)
HEAD = ParagraphStyle("head", parent=BODY, fontName="Helvetica-Bold", fontSize=12, leading=15, spaceBefore=8)
_WHOSE = ParagraphStyle("whose", parent=BODY, fontName="Courier-Bold", fontSize=13, leading=17)


class LettersMissing(Refused):
    """A form holds letters that the type of the PDF does not have. Print it from the browser's page."""


class _Box(Flowable):
    """An empty box to cross."""

    width = height = BOX

    def wrap(self, *_space: float) -> tuple[float, float]:
        return BOX, BOX

    def draw(self) -> None:
        self.canv.setLineWidth(1)
        self.canv.rect(0, 0, BOX, BOX)


class Line(Flowable):
    """A line to write on, with its words before it."""

    def __init__(self, words: str, width: float) -> None:
        super().__init__()
        self.words, self.width = words, width

    def wrap(self, *_space: float) -> tuple[float, float]:
        return self.width, 11 * mm

    def draw(self) -> None:
        self.canv.setFont("Helvetica", 9)
        self.canv.drawString(0, 2, self.words)
        start = self.canv.stringWidth(self.words, "Helvetica", 9) + 2 * mm
        self.canv.setStrokeColor(RULE)
        self.canv.line(start, 0, self.width, 0)


def drawn(sheet: Sheet) -> bytes:
    """The PDF. Raises LettersMissing rather than print a form with holes in its words."""
    _require_letters(sheet)
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=f"{sheet.title} ({sheet.version})",
        lang=sheet.language,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        invariant=True,
    )
    width, height = A4
    frame = Frame(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN - QR, 0, 0, 0, 0)
    document.addPageTemplates(
        PageTemplate(id="page", frames=[frame], onPage=lambda canvas, doc: _around(canvas, doc, sheet))
    )
    document.build(_story(sheet, width - 2 * MARGIN))
    return buffer.getvalue()


def letters(sheet: Sheet) -> str:
    """Every word that is printed."""
    lines = [line.words for group in sheet.groups for line in group.lines]
    heads = [group.head for group in sheet.groups]
    return "\n".join(
        (
            *(sheet.title, sheet.version, sheet.code, sheet.reference),
            *(*sheet.introduction, *sheet.notice, *heads, *lines, *sheet.capacities, *sheet.around.values()),
        )
    )


def _require_letters(sheet: Sheet) -> None:
    try:
        letters(sheet).encode("cp1252")
    except UnicodeEncodeError as fault:
        missing = fault.object[fault.start : fault.end]
        raise LettersMissing(
            f"This form has letters that the PDF cannot show ({missing}). Print it from the page instead."
        ) from None


def _story(sheet: Sheet, width: float) -> list[Flowable]:
    around = sheet.around
    story: list[Flowable] = [Paragraph(escape(sheet.title), TITLE)]
    if sheet.reference:
        story += [Paragraph(escape(around["whose"]), SMALL), Paragraph(escape(sheet.reference), _WHOSE)]
    else:
        story += [Line(around["nobody"], width), Spacer(0, 3 * mm)]
    story += [Paragraph(escape(one), BODY) for one in sheet.introduction]
    story.append(Paragraph(f"<b>{escape(around['how'])}</b>", BODY))
    for group in sheet.groups:
        if group.noticed:
            story += _notice(sheet, width)
        story += _group(group, sheet, width)
    story.append(KeepTogether(_signing(sheet, width)))
    return story


def _notice(sheet: Sheet, width: float) -> list[Flowable]:
    words = [[[Paragraph(escape(one), BODY) for one in sheet.notice]]]
    frame = TableStyle([("BOX", (0, 0), (-1, -1), 1.2, black)])
    return [
        CondPageBreak(WITH_NOTICE),
        Paragraph(escape(sheet.around["notice"]), HEAD),
        Spacer(0, 2 * mm),
        Table(words, colWidths=[width], style=frame),
    ]


def _group(group: Group, sheet: Sheet, width: float) -> list[Flowable]:
    head = [Paragraph(escape(group.head), BODY)] if group.head else []
    column = 16 * mm
    rows: list[list[Any]] = [
        ["", Paragraph(sheet.around["yes"], _CENTRE), Paragraph(sheet.around["no"], _CENTRE)]
    ]
    for line in group.lines:
        words: list[Flowable] = [
            Paragraph(f'{escape(line.words)} <font name="Courier" size="8">{escape(line.id)}</font>', BODY)
        ]
        if line.asks:
            words += [Line(sheet.around["names"], width - 2 * column - 12), Spacer(0, 2)]
        rows.append([words, _Box(), _Box()])
    style = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("ALIGN", (1, 0), (-1, -1), "CENTER"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ]
    )
    table = Table(rows, colWidths=[width - 2 * column, column, column], repeatRows=1, style=style)
    return [Spacer(0, 3 * mm), *head, table]


def _signing(sheet: Sheet, width: float) -> list[Flowable]:
    around = sheet.around
    ticks = [[_Box(), Paragraph(escape(one), BODY)] for one in sheet.capacities]
    return [
        Paragraph(escape(around["sign"]), HEAD),
        Paragraph(escape(around["who"]), BODY),
        Table(
            ticks,
            colWidths=[BOX + 4 * mm, width - BOX - 4 * mm],
            style=TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 0)]),
        ),
        Line(around["signer"], width),
        Line(around["name"], width),
        Line(around["date"], width),
        Spacer(0, 4 * mm),
        Paragraph(escape(around["then"]), SMALL),
    ]


def _around(canvas: Canvas, document: Any, sheet: Sheet) -> None:
    """What stands on every page: the corner marks, the code, which form it is, and the page's number."""
    width, height = A4
    canvas.saveState()
    canvas.setLineWidth(1.5)
    edge = 8 * mm
    for x, right in ((edge, 1), (width - edge, -1)):
        for y, up in ((edge, 1), (height - edge, -1)):
            canvas.lines([(x, y, x + right * MARK, y), (x, y, x, y + up * MARK)])
    code = qr(sheet.code)
    side = code.symbol_size(border=0)[0]
    step = QR / side
    left, top = width - MARGIN - QR, height - 12 * mm
    for row, modules in enumerate(code.matrix):
        for column, dark in enumerate(modules):
            if dark:  # a hair wider than its place, so that no light shows between two
                canvas.rect(
                    left + column * step, top - (row + 1) * step, step + 0.05, step + 0.05, stroke=0, fill=1
                )
    canvas.setFont("Helvetica", 8.5)
    canvas.drawString(MARGIN, top - 3 * mm, sheet.version)
    canvas.setFont("Courier-Bold", 9)
    canvas.drawString(MARGIN, top - 8 * mm, sheet.code)
    canvas.setFont("Helvetica", 8.5)
    canvas.drawRightString(width - MARGIN, 11 * mm, str(document.page))
    canvas.restoreState()
