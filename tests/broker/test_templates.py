"""What every template keeps to, read from the files: the policy, one name, parts that explain themselves."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation

HOUSE = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((HOUSE / "templates").rglob("*.html"))
COMPONENTS = sorted((HOUSE / "templates" / "components").glob("*.html"))
PAGE = re.compile(r"\{% comment %\}.*?\{% endcomment %\}", re.S)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE / "templates")))
def test_a_template_holds_nothing_that_our_policy_stops(path: Path) -> None:
    text = PAGE.sub("", path.read_text())
    assert not re.search(r"\sstyle=", text), "styles are classes: our policy stops a style attribute"
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", text), "styles and scripts are files of their own"
    assert not re.search(r"\son[a-z]+=|hx-on|hx-vals=.js:", text), "our policy stops code in attributes"
    assert not re.search(r"(?:src|href)=.(?:https?:)?//", text), "everything a page needs comes from here"


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_a_component_says_its_parameters_on_top_and_is_shown_on_the_style_page(path: Path) -> None:
    assert path.read_text().startswith("{% comment %}"), (
        "begin with a comment: what it is, then its parameters"
    )
    pages = "".join(other.read_text() for other in TEMPLATES if other != path)
    assert f"components/{path.name}" in pages, (
        "no page uses it: show it in templates/styleguide.html or drop it"
    )


def test_components_see_only_what_they_are_given() -> None:
    """An include without `only` depends on whatever happens to be called the same on some page."""
    loose = [
        f"{path.relative_to(HOUSE)}: {tag}"
        for path in TEMPLATES
        for tag in re.findall(r"\{% include [^%]*%\}", PAGE.sub("", path.read_text()))
        if not tag.endswith(" only %}") and not re.search(r"components/(name|mark)\.html\" %\}", tag)
    ]
    assert not loose


def test_the_products_name_is_said_in_one_place() -> None:
    name = render_to_string("components/name.html").strip()
    sources = [*TEMPLATES, *sorted((HOUSE / "broker").rglob("*.py"))]
    said = [str(path.relative_to(HOUSE)) for path in sources if re.search(rf"\b{name}\b", path.read_text())]
    assert said == ["templates/components/name.html"]


def test_the_page_for_our_own_faults_needs_nothing_from_the_house() -> None:
    page = render_to_string("500.html")
    assert "Is my data safe?" in page
    assert '<html lang="en">' in page


def test_a_number_is_grouped_as_its_reader_is_used_to() -> None:
    numbers = {"numbers": [{"number": 10204, "label": "asked"}, {"number": "about 40", "label": "matched"}]}
    with translation.override("en"):
        assert "10,204" in render_to_string("components/numbers.html", numbers)
    with translation.override("id"):
        assert "10.204" in render_to_string("components/numbers.html", numbers)
        assert "about 40" in render_to_string("components/numbers.html", numbers)


def test_bars_are_drawn_with_whole_numbers_and_told_as_a_table() -> None:
    bars = [{"label": "Oct", "value": 1}, {"label": "Nov", "value": 4}]
    with translation.override("id"):
        drawn = render_to_string("components/bars.html", {"id": "b", "title": "Use", "bars": bars, "most": 4})
    assert 'viewBox="0 0 40 72"' in drawn
    assert re.findall(r'<rect x="(\d+)" width="16" height="(\d+)"/>', drawn) == [("0", "18"), ("20", "70")]
    assert re.findall(r'<th scope="row">(\w+)</th><td class="num">(\d)</td>', drawn) == [
        ("Oct", "1"),
        ("Nov", "4"),
    ]
