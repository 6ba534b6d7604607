"""The people who share DNA with a profile, as the page shows them: tables, bars, and what two share.

All of it is made from the records and pairs of the answer, so whoever is not in these is nowhere here. What
is drawn of one match is in painting; the files are in answers.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from broker.portal import painting
from genomics.matching.kinship import Relationship

Record = Mapping[str, Any]
Table = dict[str, Any]  # columns and rows, as components/table.html takes them

LISTED = 20  # rows in a table that is open; the others are in one that is folded
PAINTED = 20  # matches drawn on the page; the others stand in the tables and in the files
OPEN = 3  # drawings that are not folded

BANDS = (0, 20, 50, 100, 200, 400, 800, 1600, 3200)  # cM; always the same, so that none is there for somebody


def shown(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What jobs/relatives.html needs. Answers of before pairs and builds were told have neither."""
    records, pairs = answer["records"], answer.get("pairs", [])
    telling = answer.get("telling") or {}
    drawn = [one for one in records if one["segments"]][:PAINTED]
    linked = {one["person"] for one in drawn}
    three = [(pair["people"], one) for pair in pairs for one in pair["triangulated"]]
    builds = telling.get("build"), telling.get("other_build")
    drawn_bars = bars(records)
    return {
        "matches": _matches(records[:LISTED], linked),
        "others": _matches(records[LISTED:], linked),
        "many": len(records) > 1,
        "bars": drawn_bars,
        "most_in_a_band": max(bar["value"] for bar in drawn_bars) or 1,
        "same": any(one["relationship"] == Relationship.SAME for one in records),
        "low": any(one.get("overlap_low") or one.get("x_low") for one in records),
        "x": any(one.get("x_cm") is not None for one in records),
        "most": telling.get("most"),
        "build": builds[0],
        "other_build": builds[1],
        "compared": bool(telling.get("in_common")) and len(records) > 1,
        "not_compared": telling.get("in_common") is False and len(records) > 1,
        "pairs": _pairs(pairs[:LISTED]),
        "other_pairs": _pairs(pairs[LISTED:]),
        "three": _three(three[:LISTED], builds),
        "other_three": _three(three[LISTED:], builds),
        "drawn": [_drawn(one, pairs, builds) for one in drawn],
        "open": OPEN,
        "chromosomes": painting.chromosomes(),
        "more": len([one for one in records if one["segments"]]) - len(drawn),
        "min_cm": answer["question"]["min_cm"],
        "min_total_cm": answer["question"]["min_total_cm"],
    }


def bars(records: list[Record]) -> list[dict[str, Any]]:
    """How many of them share how much in all, as components/bars.html takes it."""
    counted = []
    for least, most in pairwise((*BANDS, None)):
        label = _("%(least)d cM and more") % {"least": least}
        if most is not None:
            label = _("%(least)d to %(most)d cM") % {"least": least, "most": most}
        value = sum(least <= one["total_cm"] and (most is None or one["total_cm"] < most) for one in records)
        counted.append({"label": label, "value": value})
    return counted


def likely(match: Record) -> str:
    """Kinds of relatives with their chances, in words; empty in answers from before they were told."""
    return "; ".join(f"{_(one['kind'])} {one['chance']:.0%}" for one in match.get("likely", ()))


def _matches(records: list[Record], linked: set[str]) -> Table:
    return {
        "columns": [
            {"label": _("Case name")},
            {"label": _("Perhaps")},
            {"label": _("In all, cM"), "number": True},
            {"label": _("Longest, cM"), "number": True},
            {"label": _("Segments"), "number": True},
            {"label": _("On both copies, cM"), "number": True},
            {"label": _("On X, cM"), "number": True},
            {"label": _("Generations"), "number": True},
            {"label": _("Kinship"), "number": True},
            {"label": _("Sites both have"), "number": True},
        ],
        "rows": [
            [
                _name(one["person"], linked),
                {"text": _(one["relationship"]).partition(":")[0]},
                {"number": one["total_cm"]},
                {"number": one["longest_cm"]},
                {"number": one.get("segment_count", len(one["segments"]))},
                {"number": one["ibd2_cm"]},
                _on_x(one),
                _or_nothing(one.get("generations")),
                {"number": one["kinship"]},
                _overlap(one),
            ]
            for one in records
        ],
    }


def _name(person: str, linked: set[str]) -> dict[str, str]:
    return {"text": person} | ({"url": f"#{painting.place(person)}"} if person in linked else {})


def _on_x(match: Record) -> dict[str, Any]:
    """With a flag where the sites known of X are few; nothing where it is unclear how many X there are."""
    cm = match.get("x_cm")
    if cm is None or not match["x_low"]:
        return _or_nothing(cm)
    return {"kind": "warn", "word": _("%(cm)s, few sites") % {"cm": number_format(cm)}}


def _or_nothing(number: float | None) -> dict[str, Any]:
    return {"text": "–"} if number is None else {"number": number}


def _overlap(match: Record) -> dict[str, Any]:
    """With a flag where it is low."""
    sites = match["overlap_sites"]
    if not match.get("overlap_low"):
        return {"number": sites}
    return {
        "kind": "warn",
        "word": _("%(sites)s, few") % {"sites": number_format(sites, force_grouping=True)},
    }


def _pairs(pairs: list[Record]) -> Table:
    return {
        "columns": [
            {"label": _("Case name")},
            {"label": _("and")},
            {"label": _("In all, cM"), "number": True},
            {"label": _("Longest, cM"), "number": True},
            {"label": _("Places all three share"), "number": True},
        ],
        "rows": [
            [
                *({"text": person} for person in one["people"]),
                {"number": one["total_cm"]},
                {"number": one["longest_cm"]},
                {"number": len(one["triangulated"])},
            ]
            for one in pairs
        ],
    }


def _three(stretches: list[tuple[list[str], Record]], builds: painting.Builds) -> Table:
    return {
        "columns": [{"label": _("Case name")}, {"label": _("and")}, *painting.columns(builds)],
        "rows": [
            [*({"text": person} for person in people), *painting.row(one, builds)]
            for people, one in stretches
        ],
    }


def _drawn(match: Record, pairs: list[Record], builds: painting.Builds) -> dict[str, Any]:
    """One match with its drawing; and with whom else she shares DNA."""
    person = match["person"]
    others = [other for one in pairs if person in one["people"] for other in one["people"] if other != person]
    return {
        "person": person,
        "place": painting.place(person),
        "painting": painting.of(match, builds),
        "relationship": _(match["relationship"]),
        "likely": likely(match),
        "generations": match.get("generations"),
        "same": match["relationship"] == Relationship.SAME,
        "low": match.get("overlap_low", False),
        "others": others,
    }
