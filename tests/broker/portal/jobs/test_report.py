"""What a report of relatives says beside its list: bars, pairs, flags, the careful words; and that its files
say the same."""

import csv
import json
import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from broker.portal import answers, matches
from tests.broker.portal.jobs.running import ask, run
from tests.world import World

STRETCH = {"chromosome": 3, "start": 1_000_001, "end": 50_000_000, "cm": 61.2}
HERE = STRETCH | {"other_start": None, "other_end": None}
THERE = STRETCH | {"other_start": 1_000_501, "other_end": 50_000_500}
RECORD: dict[str, Any] = {
    "person": "R-1",
    "total_cm": 61.2,
    "longest_cm": 61.2,
    "segment_count": 1,
    "ibd2_cm": 0.0,
    "overlap_sites": 29_000,
    "overlap_low": False,
    "kinship": 0.004,
    "relationship": "distant: beyond first cousins, most likely",
    "likely": [{"kind": "second cousin", "chance": 0.6}, {"kind": "third cousin", "chance": 0.4}],
    "generations": 3.4,
    "segments": [THERE | {"sites": 512}],
}
TELLING = {
    "build": "GRCh37",
    "other_build": "GRCh38",
    "most": 100,
    "step_cm": 0.1,
    "places": True,
    "in_common": True,
}
PAIR = {"people": ["R-1", "R-2"], "total_cm": 800.5, "longest_cm": 90.1, "triangulated": [THERE]}


def told(*records: dict[str, Any], pairs: Any = (), **telling: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(answers.HEADER, "x"),
        "granularity": "record",
        "question": {"kind": "relatives", "min_cm": 7.0, "min_total_cm": 20.0},
        "records": list(records),
        "pairs": list(pairs),
        "telling": TELLING | telling,
        "since_release": "",
    }


def person(name: str, **changes: Any) -> dict[str, Any]:
    return RECORD | {"person": name} | changes


def page_of(answer: dict[str, Any]) -> str:
    return render_to_string("jobs/relatives.html", {"answer": answers.shown(answer)})


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def test_bars_are_the_same_whoever_is_in_them_and_count_the_records():
    records = [person(f"R-{n}", total_cm=cm) for n, cm in enumerate((20.0, 49.9, 50.0, 3500.0))]
    values = [bar["value"] for bar in matches.bars(records)]
    assert values == [0, 2, 1, 0, 0, 0, 0, 0, 1]
    labels = [bar["label"] for bar in matches.bars([])]
    assert labels == [bar["label"] for bar in matches.bars(records)]
    assert (labels[1], labels[-1]) == ("20 to 50 cM", "3200 cM and more")
    page = page_of(told(*records))
    drawn = page[page.index('aria-labelledby="how-much"') :]
    assert drawn[: drawn.index("</svg>")].count("<rect") == len(matches.BANDS)
    assert '<th scope="row">20 to 50 cM</th><td class="num">2</td>' in drawn, "its table twin says the same"


def test_two_who_share_with_each_other_are_told_with_the_places_all_three_share():
    page = page_of(told(person("R-1"), person("R-2"), pairs=[PAIR]))
    pairs = page[page.index('id="in-common"') : page.index('id="where"')]
    assert "800.5" in pairs
    assert "Places that all three share" in pairs
    assert "1,000,501" in pairs, "in the other build, too"
    assert page.count("Shares DNA with these matches too: R-2") == 1
    assert page.count("Shares DNA with these matches too: R-1") == 1


def test_where_no_two_share_and_where_they_are_not_compared_it_says_so():
    two = person("R-1"), person("R-2")
    assert "No two of them share segments of 7 cM and more" in page_of(told(*two))
    page = page_of(told(*two, in_common=False))
    assert "For this use they are not compared with each other." in page
    assert "No two of them" not in page
    assert 'id="in-common"' not in page_of(told(RECORD)), "one has nobody to share with"


def test_an_end_that_has_no_place_in_the_other_build_says_so():
    page = page_of(told(person("R-1", segments=[HERE | {"sites": 512}])))
    assert len(re.findall(r"<td>none\s*</td>", page)) == 2
    assert "in GRCh38 where they have one there" in page
    alone = page_of(told(person("R-1", segments=[HERE | {"sites": 512}]), other_build=None))
    assert not re.search(r"<td>none\s*</td>", alone)
    assert "The way to the other build is not loaded here." in alone


def test_a_low_overlap_is_flagged_and_explained():
    page = page_of(told(person("R-1", overlap_low=True, overlap_sites=1204)))
    assert "1,204, few" in page
    assert "They may share more than is told." in page
    assert "few" not in page_of(told(RECORD))
    with translation.override("id"):
        assert "1.204, sedikit" in page_of(told(person("R-1", overlap_low=True, overlap_sites=1204)))


def test_the_same_person_is_worded_with_care():
    same = {"relationship": "same person or identical twin", "likely": [], "generations": None}
    page = page_of(told(person("R-1", **same)))
    assert "She may have left the evidence, or her identical twin may" in page
    assert "Have a laboratory compare them again" in page
    assert "To a common ancestor" not in page
    assert "laboratory" not in page_of(told(RECORD))


def test_a_report_of_people_without_places_has_no_drawing_and_still_its_list():
    page = page_of(told(person("R-1", segments=[]), person("R-2", segments=[]), places=False))
    assert 'id="where"' not in page
    assert 'href="#match-' not in page
    assert len(re.findall(r'<td class="num">1\s*</td>', page)) == 2, "how many segments is told"


def test_the_table_says_what_the_json_says():
    answer = told(person("R-1"), person("R-2", overlap_low=True, generations=None), pairs=[PAIR])
    whole = json.loads(answers.as_json(answer))
    rows = rows_of(answers.as_csv(answer))
    assert len(rows) == 2
    for row, record in zip(rows, whole["records"], strict=True):
        (segment,) = record["segments"]
        for name in ("person", "total_cm", "longest_cm", "segment_count", "ibd2_cm", "kinship"):
            assert row[name] == str(record[name])
        for name in (*answers.OF_STRETCH, "sites"):
            assert row[name] == str(segment[name])
        assert row["overlap_low"] == ("yes" if record["overlap_low"] else "no")
        assert row["likely"] == "second cousin 0.6; third cousin 0.4"
    assert [row["generations"] for row in rows] == ["3.4", ""]
    (pair,) = rows_of(answers.pairs_as_csv(answer))
    assert (pair["person"], pair["other"]) == ("R-1", "R-2")
    assert (pair["pair_total_cm"], pair["pair_longest_cm"]) == ("800.5", "90.1")
    assert {name: pair[name] for name in answers.OF_STRETCH} == {
        name: str(THERE[name]) for name in answers.OF_STRETCH
    }
    for text in (answers.as_csv(answer), answers.pairs_as_csv(answer)):
        assert f"# {answers.LEAD}\n" in text
        assert '# telling: {"build": "GRCh37"' in text


def test_a_pair_that_shares_no_place_with_the_evidence_has_a_row_all_the_same():
    answer = told(person("R-1"), person("R-2"), pairs=[PAIR | {"triangulated": []}])
    (row,) = rows_of(answers.pairs_as_csv(answer))
    assert (row["pair_total_cm"], row["chromosome"], row["cm"]) == ("800.5", "", "")


def test_an_answer_from_before_pairs_were_told_is_shown_as_it_was():
    old = {name: value for name, value in RECORD.items() if name not in {"segment_count", "overlap_low"}}
    old["segments"] = [STRETCH | {"sites": 512}]
    answer = told(old, old | {"person": "R-2"})
    del answer["pairs"], answer["telling"]
    page = page_of(answer)
    assert "1,000,001" in page
    assert 'id="in-common"' not in page
    assert rows_of(answers.as_csv(answer))[0]["start"] == "1000001"
    assert rows_of(answers.pairs_as_csv(answer)) == []


def test_long_lists_of_pairs_are_folded():
    people = [person(f"R-{n}") for n in range(30)]
    pairs = [PAIR | {"people": ["R-0", f"R-{n}"]} for n in range(1, 30)]
    shown = answers.shown(told(*people, pairs=pairs))
    assert len(shown["pairs"]["rows"]) == matches.LISTED
    assert len(shown["other_pairs"]["rows"]) == 29 - matches.LISTED
    page = page_of(told(*people, pairs=pairs))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), "each id stands once on the page"


ON_X = {
    "x_cm": 60.0,
    "x_sites": 900,
    "x_low": False,
    "x_single": 2,
    "x_segments": [THERE | {"chromosome": 23, "cm": 60.0, "sites": 640}],
}


def test_what_is_shared_on_x_stands_apart_on_the_page_and_in_the_drawing():
    page = page_of(told(person("R-1", **ON_X)))
    assert "On X, cM" in page
    assert "so what men share there runs through mothers. A lead only." in page
    drawn = page[page.index('viewBox="0 0 270 232"') :]
    assert drawn[: drawn.index("</svg>")].count('class="shared"') == 2
    assert re.search(r">X\s*</t[dh]>", drawn), "and in its table"
    low = page_of(told(person("R-1", **ON_X | {"x_low": True})))
    assert "60.0, few sites" in low
    assert "They may share more than is told." in low


def test_where_x_is_unclear_or_from_before_it_was_told_there_is_a_dash_and_no_word():
    unclear = dict.fromkeys(("x_cm", "x_sites", "x_single")) | {"x_low": False, "x_segments": []}
    for record in (RECORD, person("R-1", **unclear)):
        page = page_of(told(record))
        assert "mothers" not in page
        (match,) = answers.shown(told(record))["matches"]["rows"]
        assert {"text": "–"} in match
        (row,) = rows_of(answers.as_csv(told(record)))
        assert (row["x_cm"], row["x_single"], row["chromosome"]) == ("", "", "3")


def test_the_table_has_a_row_for_each_segment_of_x_after_the_autosomes():
    answer = told(person("R-1", **ON_X), person("R-2", **ON_X | {"segments": []}))
    rows = rows_of(answers.as_csv(answer))
    assert [(row["person"], row["chromosome"]) for row in rows] == [("R-1", "3"), ("R-1", "X"), ("R-2", "X")]
    assert {(row["x_cm"], row["x_sites"], row["x_low"], row["x_single"]) for row in rows} == {
        ("60.0", "900", "no", "2")
    }
    assert (rows[1]["start"], rows[1]["other_start"], rows[1]["cm"]) == ("1000001", "1000501", "60.0")
    assert {row["total_cm"] for row in rows} == {"61.2"}, "X is in no sum"


@pytest.mark.django_db
def test_only_of_relatives_there_is_a_file_of_pairs(world: World, rosa: Client):
    job = run(ask(world))
    assert rosa.get(reverse("jobs:download", args=[job.pk, "pairs.csv"])).status_code == 404
