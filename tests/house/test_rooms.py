"""The look of the house: what stands at the top, how rooms are named and signed, what no file may say."""

import ast
import re
import tomllib

import pytest

from tests.house.plan import ROOT, rooms, tracked

TOP = {
    *("manage.py", "pyproject.toml", "README.md", "broker", "genomics", "consent", "tests", "templates"),
    *("LICENSE", "CHANGELOG.md", "SECURITY.md", "constraints.txt"),
}
FURNITURE = {"utils", "util", "helpers", "helper", "services", "service_layer", "managers", "misc", "common"}

# Written so that this file does not say them itself.
FORBIDDEN = {
    "a package registry's host": r"p[y]pi\.org|python[h]osted\.org|registry\.np[m]js|deb\.deb[i]an\.org",
    "a path of somebody's machine": r"/wo[r]k/(main|shared|steering|\.)|/ho[m]e/[a-z]+/|/ro[o]t/",
    "a tool of somebody's workplace": r"\bfa[r]m-(bench|studio)",
}


def test_the_top_level_holds_what_the_plan_names():
    odd = {name.split("/")[0] for name in tracked()} - TOP
    odd = {name for name in odd if not name.startswith(".")}
    assert not odd, (
        f"{', '.join(sorted(odd))} stands at the top level. Find it a room, or change the plan first."
    )


def test_rooms_are_named_by_nouns_of_the_field():
    for name in rooms():
        furniture = FURNITURE & set(name.split("."))
        assert not furniture, f"{name}: {furniture} is no noun of the field. What is kept there? Call it so."


def test_every_room_has_a_doorplate():
    for name, room in rooms().items():
        assert ast.get_docstring(room.tree), (
            f"{name} has no doorplate: say in one to five lines what lives here, and what does not."
        )


def test_no_room_is_too_large_to_live_in():
    for name, room in rooms().items():
        lines = room.text.count("\n")
        vocabulary = ".models" in name or name in {"broker.settings", "consent.terms"}
        most = 400 if vocabulary else 300
        assert lines <= most, f"{name} has {lines} lines. Split it by noun; {most} is a large room."


def test_no_file_of_tests_asks_two_questions():
    for name in tracked():
        if name.startswith("tests/") and name.endswith(".py") and (ROOT / name).is_file():
            lines = (ROOT / name).read_text().count("\n")
            assert lines <= 400, f"{name} has {lines} lines. Split it by question."


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(what):
    pattern = re.compile(FORBIDDEN[what])
    for name in tracked():
        path = ROOT / name
        if path.suffix in {".gz", ".woff2", ".ico", ".png"} or not path.is_file():
            continue
        found = pattern.search(path.read_text(errors="replace"))
        assert not found, f"{name} names {what}: {found.group()!r}. Say it by variable, or leave it out."


def test_every_dependency_is_pinned_and_says_why():
    text = (ROOT / "pyproject.toml").read_text()
    facts = tomllib.loads(text)["project"]
    wanted = [
        *facts["dependencies"],
        *(d for extra in facts["optional-dependencies"].values() for d in extra),
    ]
    for dependency in wanted:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        assert "==" in dependency, f"{dependency} is not pinned: add ==VERSION."
        assert "# " in line, f"{dependency} does not say why it is here: add a comment behind it."


def test_constraints_pin_every_package_and_name_no_host():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    loose = [line for line in lines if line and not line.startswith("#") and "==" not in line]
    assert not loose, f"constraints.txt: {loose[0]!r} is not a pin."
    assert not [line for line in lines if "://" in line], "constraints.txt names a host."


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|raise NotImplemented" + r"Error)\b")
    for name in tracked():
        if name.endswith((".py", ".html", ".css")):
            found = words.search((ROOT / name).read_text())
            assert not found, f"{name} says {found.group()}: finish it, or say in the issue's note why not."
