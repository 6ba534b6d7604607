"""The verifier and the witness as one file, verifier.pyz: alike byte for byte wherever the same source is,
and its fingerprint an event in the ledger, so that an auditor sees which program the house has vouched for.

    python verifier.pyz EXPORT ...            python verifier.pyz witness LOG_KEY --keep FOLDER
"""

import ast
import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import transaction

from consent import events
from consent.ledger import log
from consent.models.ledger import LedgerOpening

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("consent.ledger.verifier", "consent.ledger.witness")
MADE = (2020, 1, 1, 0, 0, 0)  # when every part of it was made, so that building it again changes nothing
SHEBANG = b"#!/usr/bin/env python3\n"
MAIN = """\
import sys

from consent.ledger import verifier, witness

if sys.argv[1:2] == ["witness"]:
    sys.exit(witness.main(sys.argv[2:]))
sys.exit(verifier.main())
"""


def build() -> bytes:
    """The file. Stored, not compressed: compressors differ from machine to machine."""
    file = io.BytesIO()
    file.write(SHEBANG)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        for name, text in sorted([("__main__.py", MAIN), *_sources()]):
            archive.writestr(zipfile.ZipInfo(name, MADE), text)
    return file.getvalue()


def ship(*, by: str, at: datetime) -> bytes:
    """The file, with an event that names its fingerprint unless the newest one does."""
    program = build()
    sha256 = hashlib.sha256(program).hexdigest()
    with transaction.atomic():
        if newest() != sha256:
            log.append(events.VERIFIER_SHIPPED, at=at, by=by, sha256=sha256)
    return program


def newest() -> str | None:
    """The fingerprint of the verifier that was shipped last."""
    openings = LedgerOpening.objects.filter(event__kind=events.VERIFIER_SHIPPED.tag)
    shipped = openings.order_by("-event_id").first()
    return None if shipped is None else str(shipped.said["fields"]["sha256"])


def _sources() -> Iterator[tuple[str, str]]:
    """Every module of ours that the programs reach, by its name in the file."""
    waiting, seen = list(PROGRAMS), set[str]()
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if path is None or name in seen:
            continue
        seen.add(name)
        text = path.read_text(encoding="utf-8")
        yield str(path.relative_to(ROOT)), text
        waiting += [name.rpartition(".")[0], *_imports(text)]


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _path(name: str) -> Path | None:
    """Where a module of ours stands; None for anybody else's, and for what is no module."""
    if name.split(".")[0] != "consent":
        return None
    path = ROOT.joinpath(*name.split("."))
    return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()), None)
