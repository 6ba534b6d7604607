"""Every pair of colours that meet on a page can be told apart, in both schemes and for each audience.

Computed from tokens.css: axe cannot judge text inside a drawing, nor borders; arithmetic can.
WCAG 2.2: 1.4.3 (text 4.5) and 1.4.11 (parts 3).
"""

import re
from itertools import product
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "broker" / "static" / "broker"
AUDIENCES = (
    "public",
    "participant",
    "guardian",
    "researcher",
    "agency",
    "steward",
    "auditor",
    "clerk",
    "administrator",
)
SCHEMES = ("light", "dark")
TEXT, PART = 4.5, 3.0

# ink, ground, least contrast
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-soft") for ground in ("paper", "surface", "sunken")),
    *(("ink", f"{kind}-soft", TEXT) for kind in ("good", "warn", "bad", "info", "accent")),
    *((kind, f"{kind}-soft", TEXT) for kind in ("good", "warn", "bad", "info", "accent")),
    *(("accent", ground, TEXT) for ground in ("paper", "surface")),
    *(("bad", ground, TEXT) for ground in ("paper", "surface")),
    ("accent-ink", "accent", TEXT),
    ("band-ink", "band", TEXT),
    ("band-lit", "band", TEXT),
    ("band", "band-ink", TEXT),
    ("band-dim", "band", PART),
    *(("line-strong", ground, PART) for ground in ("paper", "surface", "sunken")),
    *(("accent", ground, PART) for ground in ("sunken", "paper")),
    *(("focus", ground, PART) for ground in ("paper", "surface", "sunken", "accent-soft")),
]


def blocks(text: str) -> dict[str, dict[str, str]]:
    """Selector -> colours, of a stretch of tokens.css without nested blocks."""
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.S)):
        colours = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", body))
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(colours)
    return found


def tokens(scheme: str, audience: str) -> dict[str, str]:
    """The colours in force on the page of an audience."""
    light, rest = (STATIC / "tokens.css").read_text().split("@media (prefers-color-scheme: dark) {")
    dark = rest.split("@media print")[0]
    named = dict(blocks(light)[":root"]) | blocks(light)[f".{audience}"]
    if scheme == "dark":
        night = blocks(dark)
        named |= night[":root"] | night[f".{audience}"]
    return named


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_arithmetic_agrees_with_known_contrasts() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("scheme", "audience"), list(product(SCHEMES, AUDIENCES)))
def test_all_that_meets_can_be_told_apart(scheme: str, audience: str) -> None:
    named = tokens(scheme, audience)
    pale = [
        f"--{ink} on --{ground} is {found:.2f}, at least {least} is needed"
        for ink, ground, least in PAIRS
        if (found := contrast(named[ink], named[ground])) < least
    ]
    assert not pale, f"in the {scheme} scheme for {audience}: {'; '.join(pale)}"


def test_each_audience_has_an_accent_of_its_own_in_both_schemes() -> None:
    for scheme in SCHEMES:
        assert len({tokens(scheme, audience)["accent"] for audience in AUDIENCES}) == len(AUDIENCES)


def test_the_dark_scheme_changes_every_colour_that_the_light_one_names() -> None:
    for audience in AUDIENCES:
        light, dark = tokens("light", audience), tokens("dark", audience)
        same = {name for name in light if light[name] == dark[name]}
        assert not same, f"these colours were forgotten in the dark: {same}"


@pytest.mark.parametrize("sheet", ["base.css", "components.css"])
def test_colours_are_named_in_tokens_alone(sheet: str) -> None:
    text = (STATIC / sheet).read_text()
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(", text), (
        "give the colour a name in tokens.css"
    )


@pytest.mark.parametrize("sheet", ["base.css", "components.css"])
def test_every_name_that_is_used_exists(sheet: str) -> None:
    named = set(re.findall(r"--([a-z0-9-]+):", (STATIC / "tokens.css").read_text()))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", (STATIC / sheet).read_text()))
    assert used <= named
