"""Would the tests notice if the law, the ledger, the gate or a release were written wrongly? Their lines are
changed one at a time in a copy.

    python -m tests.bench.mutants              # all changes: some minutes on two cores
    python -m tests.bench.mutants --sample 200 # so many of each part, drawn from a seed
    python -m tests.bench.mutants --part law   # one part alone

Wraps mutmut (the extra `mutants`). A change is noticed when a test fails or does not end. Left out, and
counted as such: changes to nothing but a sentence, that is to a string with a space in it or to what a
`raise` says. mutmut does not change properties and other decorated functions. Prints noticed changes by
file, those among them that only made a test endless, and every change that was not noticed; last `N passed,
N failed`; ends 1 below 90 in 100.
"""

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAST = 90  # in 100
EXAMPLES = "30"  # of each law: so few find most
FLOORS = ["consent", "genomics", "broker"]
ALSO = ["templates", "manage.py", "tests", "README.md"]
PYTEST = ["-n", "0", "-p", "no:cacheprovider", "--hypothesis-seed", "0"]
IN_MEMORY = ("-p", "tests.bench.in_memory", "--nomigrations")
FAILED, ENDLESS, NOT_TRIED = {1, 3}, {-24, 24, 36, 152, 255}, {None, 2, 34}


@dataclass(frozen=True, slots=True)
class Part:
    """What is changed, and the quick tests that are asked."""

    changed: tuple[str, ...]
    tests: tuple[str, ...]
    pytest: tuple[str, ...] = ()


PARTS = {
    "law": Part(
        ("consent/decision.py", "consent/rules/*.py"),
        (
            "tests/consent/rules",
            "tests/consent/test_decision.py",
            "tests/spec/test_decision_cases.py",
            "tests/properties/test_laws.py",
        ),
    ),
    "crowd": Part(
        ("consent/population.py", "consent/rows.py"),
        ("tests/consent/test_population.py", "tests/properties/test_population.py"),
    ),
    "proof": Part(
        ("consent/eligibility.py", "consent/clearance.py", "consent/standing.py"),
        ("tests/consent/eligible", "tests/consent/clearances"),
        IN_MEMORY,
    ),
    "ledger": Part(
        tuple(f"consent/ledger/{room}.py" for room in ("tree", "leaves", "log", "batches")),
        (
            *(f"tests/consent/ledger/test_{room}.py" for room in ("tree", "leaves", "log", "batches")),
            *(f"tests/consent/ledger/test_{room}.py" for room in ("verifier", "checkpoints", "tampering")),
        ),
        IN_MEMORY,
    ),
    "gate": Part(("genomics/gate.py",), ("tests/genomics/test_gate.py",), IN_MEMORY),
    "release": Part(
        ("broker/jobs.py", "broker/releasing.py", "broker/staging.py", "broker/sweeping.py"),
        ("tests/broker/running", "tests/broker/test_staging.py", "tests/broker/test_sweeping.py"),
        IN_MEMORY,
    ),
    "answers": Part(
        ("broker/results.py", "broker/rechecking.py"),
        ("tests/broker/test_results.py", "tests/broker/test_rechecking.py"),
        IN_MEMORY,
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change, what it came to, and its lines."""

    name: str
    file: str
    code: int | None
    lines: str
    of_a_sentence: bool

    @property
    def is_noticed(self) -> bool:
        return self.code in FAILED or self.code in ENDLESS


def copied(folder: Path, part: Part, processes: int) -> Path:
    """The house in a folder of its own, with what mutmut is to do there."""
    copy = folder / "house"
    skip = shutil.ignore_patterns(
        ".git", ".venv", ".*_cache", "__pycache__", "shots", ".home", "node_modules"
    )
    shutil.copytree(ROOT, copy, ignore=skip)
    said = {
        "source_paths": FLOORS,
        "only_mutate": list(part.changed),
        "also_copy": [name for name in ALSO if (copy / name).exists()],
        "pytest_add_cli_args": [*PYTEST, *part.pytest],
        "pytest_add_cli_args_test_selection": list(part.tests),
    }
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in said.items())
    project = copy / "pyproject.toml"
    project.write_text(f"{project.read_text()}\n[tool.mutmut]\n{table}\nmax_children = {processes}\n")
    return copy


def run(copy: Path, names: Sequence[str], processes: int) -> str:
    """mutmut over these changes, or over all; its last words."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *names]
    outside = {
        name: value for name, value in os.environ.items() if name not in ("BROKER_HOME", "DATABASE_URL")
    }
    beside = (folder / "shared" for folder in ROOT.parents)  # a working tree may lie deeper
    shared = os.environ.get("SHARED_DIR") or next((str(one) for one in beside if one.is_dir()), "")
    told = subprocess.run(
        command,
        cwd=copy,
        env=outside | {"HYPOTHESIS_EXAMPLES": EXAMPLES, "SHARED_DIR": shared},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return told.stdout[-3000:]


def found(copy: Path) -> Iterator[Mutant]:
    """Every change that was made, as mutmut left it."""
    mutants = copy / "mutants"
    for meta in sorted(meta for floor in FLOORS for meta in mutants.glob(f"{floor}/**/*.py.meta")):
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        if not codes:
            continue
        source = meta.with_suffix("")
        functions = {
            node.name: node
            for node in ast.walk(ast.parse(source.read_text()))
            if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name
        }
        for key, code in codes.items():
            name = key.rsplit(".", 1)[1]
            before, after = functions[re.sub(r"_\d+$", "_orig", name)], functions[name]
            yield Mutant(
                key,
                str(source.relative_to(mutants)),
                code,
                _lines(before, after),
                _without_sentences(before) == _without_sentences(after),
            )


class _Silent(ast.NodeTransformer):
    """Takes out what is only said to people."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("…") if isinstance(node.value, str) and " " in node.value else node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            node.exc.args = []
        return self.generic_visit(node)


def _without_sentences(function: ast.FunctionDef) -> str:
    copy = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(copy, ast.FunctionDef)
    copy.name = "it"
    return ast.dump(_Silent().visit(copy))


def _lines(before: ast.FunctionDef, after: ast.FunctionDef) -> str:
    told = unified_diff(ast.unparse(before).splitlines(), ast.unparse(after).splitlines(), n=0, lineterm="")
    changed = [line for line in told if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"      {line}" for line in changed if "__mutmut_" not in line)


def tried(part: Part, *, sample: int, seed: int, processes: int) -> list[Mutant]:
    """Change, ask, and take the answers home; the copy is thrown away."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = copied(Path(folder), part, processes)
        names: list[str] = []
        if sample:
            run(copy, ["no such change"], processes)  # makes the changes, and tries none
            some = [one.name for one in found(copy) if not one.of_a_sentence]
            names = random.Random(seed).sample(some, min(sample, len(some)))  # noqa: S311 - to be drawn again
        last_words = run(copy, names, processes)
        mutants = list(found(copy)) if (copy / "mutants").exists() else []
    if all(one.code in NOT_TRIED for one in mutants):
        raise SystemExit(f"Nothing was tried. What mutmut said last:\n{last_words}")
    return mutants


def told(mutants: Sequence[Mutant]) -> tuple[int, int]:
    """The table by file, then every change that nobody noticed. Returns how many were noticed, and not."""
    noticed = missed = 0
    print(f"{'':<34}{'changes':>8}{'noticed':>9}{'not':>6}{'in 100':>8}  endless; sentences, not tried")
    for file in sorted({one.file for one in mutants}):
        own = [one for one in mutants if one.file == file]
        sentences = [one for one in own if one.of_a_sentence]
        asked = [one for one in own if not one.of_a_sentence and one.code not in NOT_TRIED]
        seen = sum(one.is_noticed for one in asked)
        noticed, missed = noticed + seen, missed + len(asked) - seen
        share = f"{100 * seen / len(asked):.1f}" if asked else "-"
        rest = len(own) - len(sentences) - len(asked)
        endless, unseen = sum(one.code in ENDLESS for one in asked), len(asked) - seen
        left_out = f"{endless}; {len(sentences)}, {rest}"
        print(f"{file:<34}{len(asked):>8}{seen:>9}{unseen:>6}{share:>8}  {left_out}")
    print()
    for one in mutants:
        if not (one.of_a_sentence or one.code in NOT_TRIED or one.is_noticed):
            print(f"  {one.name}{' (no test comes here)' if one.code in (5, 33) else ''}\n{one.lines}")
    return noticed, missed


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--part", choices=PARTS, action="append", help="one part alone; may be said twice")
    options.add_argument("--sample", type=int, default=0, metavar="N", help="so many changes of each part")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = options.parse_args()
    noticed = missed = 0
    for name in asked.part or PARTS:
        print(f"{name}: {', '.join(PARTS[name].changed)}", flush=True)
        mutants = tried(PARTS[name], sample=asked.sample, seed=asked.seed, processes=asked.processes)
        seen, unseen = told(mutants)
        noticed, missed = noticed + seen, missed + unseen
    share = 100 * noticed / (noticed + missed)
    print(f"{share:.1f} in 100 changes are noticed; at least {LEAST} must be")
    print(f"{noticed} passed, {missed} failed")
    sys.exit(share < LEAST)


if __name__ == "__main__":
    main()
