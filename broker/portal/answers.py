"""A released answer for people and for files: what may be said, and nothing beside it.

How many people were considered or permitted stands nowhere here, for the answer itself does not know it.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from broker.portal import painting
from genomics.answers import Granularity

LISTED = 20  # matches in the table that is open; the others are in one that is folded
PAINTED = 20  # matches drawn on the page; the others stand in the tables and in the files
OPEN = 3  # drawings that are not folded

SINCE = "since_release"  # what has been cut out since, in a sentence
HEADER = ("query_id", "policy_version", "consent_snapshot", "granularity")
OF_MATCH = ("person", "relationship", "kinship", "total_cm", "longest_cm", "ibd2_cm", "overlap_sites")
OF_SEGMENT = ("chromosome", "start", "end", "cm", "sites")
LEAD = "A lead only: sharing DNA is not proof of who somebody is."

Answer = Mapping[str, Any]  # as broker.results.read gives it


def shown(answer: Answer) -> dict[str, Any]:
    """What a template needs of an answer, by the kind of its question."""
    kind = answer["question"]["kind"]
    if is_number(answer):
        leads = kind in {"relatives", "identity"}
        return {
            "leads": leads,
            "small": answer["count"] is None,
            "fewer_than": answer["fewer_than"],
            "numbers": _numbers(answer, _("leads") if leads else _("people carry it")),
        }
    if kind == "relatives":
        records = answer["records"]
        drawn = [one for one in records if one["segments"]]
        return {
            "matches": _matches(records[:LISTED]),
            "others": _matches(records[LISTED:]),
            "paintings": [(one, painting.of(one), _likely(one)) for one in drawn[:PAINTED]],
            "open": OPEN,
            "chromosomes": painting.chromosomes(),
            "more": max(len(drawn) - PAINTED, 0),
            "min_cm": answer["question"]["min_cm"],
            "min_total_cm": answer["question"]["min_total_cm"],
        }
    return {"same": _same(answer["records"][:LISTED]), "others": _same(answer["records"][LISTED:])}


def is_number(answer: Answer) -> bool:
    """Whether it says how many, and not who: so does a search before its leads are disclosed."""
    return bool(answer["granularity"] == Granularity.COUNT)


def _numbers(answer: Answer, label: str) -> list[dict[str, Any]]:
    numbers = [{"number": answer["count"], "label": label}]
    if answer["frequency"] is not None:
        share = {"number": answer["frequency"], "label": _("of the alleles seen are this one")}
        numbers.append(share)
    return numbers


def _matches(records: list[dict[str, Any]]) -> dict[str, Any]:
    """As components/table.html takes it."""
    return {
        "columns": [
            {"label": _("Case name")},
            {"label": _("In all, cM"), "number": True},
            {"label": _("Longest, cM"), "number": True},
            {"label": _("Segments"), "number": True},
            {"label": _("Perhaps")},
            {"label": _("Kinship"), "number": True},
        ],
        "rows": [
            [
                {"text": one["person"]},
                {"number": one["total_cm"]},
                {"number": one["longest_cm"]},
                {"number": len(one["segments"])},
                {"text": _(one["relationship"])},
                {"number": one["kinship"]},
            ]
            for one in records
        ],
    }


def _likely(match: Mapping[str, Any]) -> str:
    """Kinds of relatives with their chances, in words; empty in answers from before they were told."""
    return "; ".join(f"{_(one['kind'])} {one['chance']:.0%}" for one in match.get("likely", ()))


def _same(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "columns": [
            {"label": _("Case name")},
            {"label": _("Sites both have"), "number": True},
            {"label": _("Agree"), "number": True},
        ],
        "rows": [
            [{"text": one["person"]}, {"number": one["sites"]}, {"number": one["agreement"]}]
            for one in records
        ],
    }


def as_json(answer: Answer) -> str:
    """The whole answer; the same each time it is taken."""
    return json.dumps(answer, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def as_csv(answer: Answer) -> str:
    """A table under lines that say what it answers; for relatives a row for each segment."""
    text = io.StringIO()
    for name in HEADER:
        text.write(f"# {name}: {answer[name]}\n")
    text.write(f"# question: {json.dumps(answer['question'], sort_keys=True)}\n")
    if answer[SINCE]:
        text.write(f"# {SINCE}: {answer[SINCE]}\n")
    if answer["question"]["kind"] in {"relatives", "identity"}:
        text.write(f"# {LEAD}\n")
    table = csv.writer(text, lineterminator="\n")
    table.writerows(_rows(answer))
    return text.getvalue()


def _rows(answer: Answer) -> list[list[Any]]:
    match "number" if is_number(answer) else answer["question"]["kind"]:
        case "relatives":
            return [
                [*OF_MATCH, *OF_SEGMENT],
                *(
                    [one[name] for name in OF_MATCH] + [segment.get(name, "") for name in OF_SEGMENT]
                    for one in answer["records"]
                    for segment in one["segments"] or [{}]
                ),
            ]
        case "identity":
            columns = ["person", "sites", "agreement"]
            return [columns, *([one[name] for name in columns] for one in answer["records"])]
        case _:
            columns = ["count", "fewer_than", "frequency"]
            return [columns, ["" if answer[name] is None else answer[name] for name in columns]]


FILES = {"json": ("application/json", as_json), "csv": ("text/csv; charset=utf-8", as_csv)}
