"""Arrows fall: what may import what, said as advice."""

import ast
import sys

import pytest
from importlinter.cli import lint_imports

from tests.house.plan import FLOORS, ROOT, rooms

PURE = (
    *("consent.canonical", "consent.data_use", "consent.decision", "consent.duo", "consent.hierarchies"),
    *("consent.clauses", "consent.drafts", "consent.reading"),
    "consent.regions",
    *("consent.policy", "consent.purposes", "consent.reasons", "consent.terms", "consent.cases"),
    *(name for name in rooms() if name.startswith("consent.rules")),
    *("consent.ledger.tree", "consent.ledger.note", "consent.ledger.kinds", "consent.ledger.verifier"),
    *("genomics.answers", "genomics.columns", "genomics.coordinates", "genomics.genetic_map"),
    *("genomics.panel", "genomics.slabs", "genomics.slab_bytes", "genomics.variants", "genomics.errors"),
    *(name for name in rooms() if name.startswith(("genomics.formats", "genomics.matching"))),
    *(name for name in rooms() if name.startswith("genomics.intake.walled")),
    "broker.roles",
    "broker.paper_codes",
    "consent.readings",
)
WEB = ("django", "rest_framework", "celery", "kombu", "knox", "guardian")


def reached(name: str) -> dict[str, str]:
    """Everything a room leads to, by imports of ours: module -> the room of ours that imports it."""
    found: dict[str, str] = {}
    ahead, seen = [name], {name}
    while ahead:
        here = ahead.pop()
        for module in rooms()[here].imports():
            found.setdefault(module, here)
            if module in rooms() and module not in seen:
                seen.add(module)
                ahead.append(module)
    return found


def test_the_contracts_of_import_linter_hold(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    # It would switch every logger of this process off, and later tests could not hear them.
    monkeypatch.setattr("importlinter.cli.logging_config.dictConfig", lambda _config: None)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0, (
        "An import climbs the stairs or opens the vault. Move what you need down a floor, or ask the gate."
    )


def test_no_room_imports_from_a_floor_above():
    for name, room in rooms().items():
        above = FLOORS[FLOORS.index(room.floor) + 1 :]
        climbing = sorted(m for m in room.imports() if m.split(".")[0] in above)
        assert not climbing, (
            f"{name} stands on the {room.floor} floor and reaches up to {', '.join(climbing)}. Arrows fall: "
            "move what it needs down, or let the floor above call it with a value."
        )


@pytest.mark.parametrize("name", PURE)
def test_pure_rooms_know_no_django(name):
    impure = {m: by for m, by in reached(name).items() if m.split(".")[0] in WEB}
    assert not impure, (
        f"{name} is a pure room, and {next(iter(impure.values()))} imports {next(iter(impure))}. Decide in "
        "values here; read and write at the edge, in records, clearance or the gate."
    )


def test_the_lower_floors_know_no_http_no_celery_and_no_account():
    doors = ("django.http", "django.urls", "django.contrib.auth", "rest_framework", "celery", "kombu")
    for name, room in rooms().items():
        found = sorted(m for m in room.imports() if m.startswith((*doors, "guardian")))
        assert room.floor == "broker" or not found, (
            f"{name} imports {found[0]}. All doors are in broker: give {name} a value instead."
        )


def test_the_vault_is_opened_by_gate_and_intake_alone():
    for name, room in rooms().items():
        if name.startswith(("genomics._vault", "genomics.intake")) or name == "genomics.gate":
            continue
        opens = sorted(m for m in room.imports() if m.startswith("genomics._vault"))
        assert not opens, (
            f"{name} opens {opens[0]}. The vault is the private room of gate and intake: ask the gate a "
            "question (genomics.gate.ask), or hand a file in (genomics.intake.receive)."
        )


def test_a_clearance_is_minted_in_one_room():
    mints = ("Clearance(", "__new__(Clearance", "clearance._mint", "clearance._build", "proofs._")
    for name, room in rooms().items():
        for mint in mints:
            assert name == "consent.clearance" or mint not in room.text, (
                f"{name} seems to make a Clearance by itself ({mint}). Ask clear() or recut()."
            )


def test_nothing_is_imported_inside_a_function():
    for name, room in rooms().items():
        for node in ast.walk(room.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inner, (
                    f"{name}.{node.name} imports inside a function. A circle is a fault of the plan: move "
                    "what both need to a room below."
                )
