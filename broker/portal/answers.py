"""A released answer for people and for files: what may be said, and nothing beside it.

How many people were considered or permitted stands nowhere here, for the answer itself does not know it.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from broker.portal import matches
from broker.portal.matches import LISTED
from genomics.answers import Granularity
from genomics.coordinates import chromosome_name

SINCE = "since_release"  # what has been cut out since, in a sentence
HEADER = ("query_id", "policy_version", "consent_snapshot", "granularity")
OF_MATCH = (
    *("person", "relationship", "likely", "generations", "kinship", "total_cm", "longest_cm"),
    *("segment_count", "ibd2_cm", "overlap_sites", "overlap_low"),
    *("x_cm", "x_sites", "x_low", "x_single"),
)
OF_PAIR = ("person", "other", "pair_total_cm", "pair_longest_cm")
OF_STRETCH = ("chromosome", "start", "end", "other_start", "other_end", "cm")
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
        return matches.shown(answer)
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
    return _table(answer, _rows(answer))


def pairs_as_csv(answer: Answer) -> str:
    """Of relatives, what each two share with each other: a row for each stretch that all three share."""
    return _table(answer, _rows(answer) if is_number(answer) else _pair_rows(answer))


def kinds(answer_kind: str) -> dict[str, tuple[str, Any]]:
    """The kinds of file that there are of an answer to this kind of question."""
    return FILES | (OF_RELATIVES if answer_kind == "relatives" else {})


def _table(answer: Answer, rows: list[list[Any]]) -> str:
    text = io.StringIO()
    for name in HEADER:
        text.write(f"# {name}: {answer[name]}\n")
    text.write(f"# question: {json.dumps(answer['question'], sort_keys=True)}\n")
    if answer.get("telling"):
        text.write(f"# telling: {json.dumps(answer['telling'], sort_keys=True)}\n")
    if answer[SINCE]:
        text.write(f"# {SINCE}: {answer[SINCE]}\n")
    if answer["question"]["kind"] in {"relatives", "identity"}:
        text.write(f"# {LEAD}\n")
    table = csv.writer(text, lineterminator="\n")
    table.writerows(rows)
    return text.getvalue()


def _rows(answer: Answer) -> list[list[Any]]:
    match "number" if is_number(answer) else answer["question"]["kind"]:
        case "relatives":
            return [
                [*OF_MATCH, *OF_STRETCH, "sites"],
                *(
                    [*_values(one, OF_MATCH), *_values(segment, (*OF_STRETCH, "sites"))]
                    for one in answer["records"]
                    for segment in _segments(one) or [{}]
                ),
            ]
        case "identity":
            columns = ["person", "sites", "agreement"]
            return [columns, *([one[name] for name in columns] for one in answer["records"])]
        case _:
            columns = ["count", "fewer_than", "frequency"]
            return [columns, ["" if answer[name] is None else answer[name] for name in columns]]


def _segments(match: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of the autosomes, and then of X, by the names that people read."""
    return [
        {**one, "chromosome": chromosome_name(one["chromosome"])}
        for one in (*match["segments"], *match.get("x_segments", ()))
    ]


def _pair_rows(answer: Answer) -> list[list[Any]]:
    return [
        [*OF_PAIR, *OF_STRETCH],
        *(
            [*one["people"], one["total_cm"], one["longest_cm"], *_values(stretch, OF_STRETCH)]
            for one in answer.get("pairs", ())
            for stretch in one["triangulated"] or [{}]
        ),
    ]


def _values(said: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    """As they stand in a cell; of what was not told yet when the answer was made, nothing."""
    return [_cell(said.get(name)) for name in names]


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(f"{one['kind']} {one['chance']:g}" for one in value)
        case _:
            return value


FILES = {"json": ("application/json", as_json), "csv": ("text/csv; charset=utf-8", as_csv)}
OF_RELATIVES = {"pairs.csv": ("text/csv; charset=utf-8", pairs_as_csv)}
