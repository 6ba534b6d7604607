"""The house as data for its tests: every module of ours, what it imports, what it says."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("consent", "genomics", "broker")  # from the ground up


@dataclass(frozen=True, slots=True)
class Room:
    """One module."""

    name: str
    path: Path

    @property
    def text(self) -> str:
        return _text(self.path)

    @property
    def tree(self) -> ast.Module:
        return _tree(self.path)

    @property
    def floor(self) -> str:
        return self.name.split(".")[0]

    def imports(self) -> frozenset[str]:
        """Every module it imports, also those named in `from x import module`."""
        return _imports(self.path)


# The house does not change while its tests run, and they go through it hundreds of times.


@cache
def _text(path: Path) -> str:
    return path.read_text()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


@cache
def _imports(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def rooms() -> dict[str, Room]:
    """All modules of the three floors, migrations apart."""
    found = {}
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Room(name, path)
    return found


@cache
def tracked() -> tuple[str, ...]:
    """The files that git keeps, or would."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return tuple(sorted(set(told.stdout.split("\n")) - {""}))
