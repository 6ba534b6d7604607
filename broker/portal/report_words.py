"""The public report in plain words: what each of its tables and cells is called."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from broker.submissions import BY_A_REVIEWER
from consent.hierarchies import REGION_NAMES
from consent.ledger import cells, report_form
from consent.purposes import PURPOSES
from consent.reasons import Reason

GROUPS = {
    "cases": (
        gettext_noop("Cases"),
        gettext_noop("Undertakings of the police, or of the defence, whose searching is over."),
    ),
    "searches": (gettext_noop("Searches"), gettext_noop("Questions that were answered under these cases.")),
    "disclosures": (
        gettext_noop("Disclosures"),
        gettext_noop("Searches of which two more reviewers let out what was found, under case names."),
    ),
    "refused questions": (
        gettext_noop("Refused questions"),
        gettext_noop(
            "Questions that the system refused by itself because a condition was missing, or that a reviewer "
            "refused."
        ),
    ),
    "orders": (
        gettext_noop("Demands of courts and agencies"),
        gettext_noop("Orders, subpoenas and demands of which we may speak."),
    ),
}
TABLES = {
    "all": gettext_noop("All together"),
    "kind": gettext_noop("What it was"),
    "offence": gettext_noop("What it was about"),
    "jurisdiction": gettext_noop("Where"),
    "sample": gettext_noop("Where the DNA came from"),
    "outcome": gettext_noop("How two reviewers decided"),
    "decided": gettext_noop("How long the decision took"),
    "cold case": gettext_noop("Was it a cold case?"),
    "third-party sample": gettext_noop("Was DNA taken from somebody who is not a suspect?"),
    "identity revealed": gettext_noop("Is it known who the unknown person is?"),
    "evidence destroyed": gettext_noop("Was the DNA that was brought destroyed?"),
    "arrest": gettext_noop("Was somebody arrested?"),
    "conviction": gettext_noop("Was somebody convicted?"),
    "cost": gettext_noop("What the search cost the agency"),
    "question": gettext_noop("What was asked"),
    "people considered": gettext_noop("People considered, by search"),
    "people who permitted it": gettext_noop("People who had allowed it, by search"),
    "leads": gettext_noop("Did anything go out?"),
    "disclosed": gettext_noop("How long the decision took"),
    "reason": gettext_noop("Why"),
    "sought people who had not agreed": gettext_noop("Did it demand people who had not agreed?"),
    "about everybody": gettext_noop("Was it about everybody?"),
    "forbidden to speak of": gettext_noop("Did it forbid to speak of it?"),
    "answer": gettext_noop("How we answered"),
    "answered": gettext_noop("How long the answer took"),
}
CELLS = {
    "all": gettext_noop("All"),
    "yes": gettext_noop("Yes"),
    "no": gettext_noop("No"),
    report_form.UNTOLD: gettext_noop("Not reported back"),
    report_form.REST: gettext_noop("Others"),
    "prosecution": gettext_noop("An investigation"),
    "defence before trial": gettext_noop("The defence, before trial"),
    "defence after conviction": gettext_noop("The defence, after conviction"),
    "defence": gettext_noop("The defence, stage not told"),
    "granted": gettext_noop("Granted"),
    "refused": gettext_noop("Refused"),
    "not decided": gettext_noop("Not decided"),
    "within a week": gettext_noop("Within a week"),
    "within a month": gettext_noop("Within a month"),
    "within three months": gettext_noop("Within three months"),
    "later": gettext_noop("Later"),
    "not yet": gettext_noop("Not yet"),
    "crime_scene_putative_perpetrator": gettext_noop("Left at the scene"),
    "unidentified_remains": gettext_noop("An unknown dead person"),
    "missing_person_reference": gettext_noop("A missing person, or kin of one"),
    "victim": gettext_noop("A victim"),
    "bystander": gettext_noop("Somebody else who was there"),
    "fewer than 10": gettext_noop("Fewer than 10"),
    "10 to 99": gettext_noop("10 to 99"),
    "100 to 999": gettext_noop("100 to 999"),
    "1,000 to 9,999": gettext_noop("1,000 to 9,999"),
    "10,000 or more": gettext_noop("10,000 or more"),
    "none": gettext_noop("Nothing"),
    "up to 1,000": gettext_noop("Up to 1,000"),
    "up to 10,000": gettext_noop("Up to 10,000"),
    "more than 10,000": gettext_noop("More than 10,000"),
    "warrant": gettext_noop("Search warrant"),
    "order": gettext_noop("Court order"),
    "subpoena": gettext_noop("Subpoena"),
    "demand": gettext_noop("Demand without a court"),
    "national_security": gettext_noop("National security demand"),
    "REJECTED": gettext_noop("Refused"),
    "ACTED_WITHIN_CONSENT": gettext_noop("Within what people had allowed"),
    "not answered yet": gettext_noop("Not answered yet"),
    "relatives": gettext_noop("Who is related"),
    "identity": gettext_noop("Who is the same person"),
    "no leads": gettext_noop("No leads"),
    "leads": gettext_noop("Leads"),
    "none was brought": gettext_noop("None was brought"),
    BY_A_REVIEWER: gettext_noop("A reviewer refused it"),
}


def groups(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The report for templates: groups of tables with words, small counts said as such."""
    return [
        {
            "id": name.replace(" ", "-"),
            "title": _(title),
            "lede": _(lede),
            "hidden": not _is_any_shown(report["groups"][name]),
            "tables": [
                {
                    "id": f"{name}-{table}".replace(" ", "-"),
                    "caption": _(TABLES[table]),
                    "rows": [[{"text": called(table, cell)}, value(said)] for cell, said in told.items()],
                }
                for table, told in report["groups"][name].items()
            ],
        }
        for name, (title, lede) in GROUPS.items()
    ]


def called(table: str, cell: str) -> str:
    """What a cell is called."""
    if cell in PURPOSES:
        return _(PURPOSES[cell].label)
    if table == "jurisdiction" and cell in REGION_NAMES:
        return REGION_NAMES[cell]
    if table == "reason" and cell not in CELLS:
        return _(Reason(cell).sentence)
    return _(CELLS[cell]) if cell in CELLS else cell


def value(said: cells.Cell) -> dict[str, Any]:
    if isinstance(said, int):
        return {"number": said}
    if said == cells.NOT_SHOWN:
        return {"text": _("not shown")}
    return {"text": _("fewer than %(k)s") % {"k": said.rsplit(" ", 1)[-1]}}


def _is_any_shown(tables: Mapping[str, Mapping[str, cells.Cell]]) -> bool:
    return any(isinstance(said, int) for told in tables.values() for said in told.values())
