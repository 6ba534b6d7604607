"""What the house reads files by: panels from the database, genomes and chains from a folder of their own.

    profile = read(data, loaded=materials.loaded())

Nothing of it is personal. The folder is not the shelf: what lies there belongs to no participant.
"""

import gzip
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BufferedReader
from pathlib import Path

import pysam
from django.conf import settings
from pysam.utils import SamtoolsError

from genomics.chain import Chain
from genomics.coordinates import Build
from genomics.formats import Loaded
from genomics.models import PanelVersion
from genomics.panel import Panel
from genomics.reference import Reference, ReferenceRefused

_GZIP = b"\x1f\x8b"


def loaded() -> Loaded:
    """All of it as it is now. People are compared in the build of the panel that was loaded last."""
    versions = {
        version.build: version for version in PanelVersion.objects.defer("data").order_by("loaded_at", "id")
    }
    newest = max(versions.values(), key=lambda one: (one.loaded_at, one.pk), default=None)
    return Loaded(
        panels={Build(build): _panel(version.pk) for build, version in versions.items()},
        references={
            build: _reference(path, _changed(path)) for build in Build if (path := _genome(build)).exists()
        },
        chains={build: _chain(path, _changed(path)) for build in Build if (path := _way(build)).exists()},
        home=None if newest is None else Build(newest.build),
    )


def reference(build: Build) -> Reference | None:
    """The loaded genome of a build."""
    path = _genome(build)
    return _reference(path, _changed(path)) if path.exists() else None


def load_reference(path: Path) -> Reference:
    """Keep a FASTA, plain or packed, as the genome of its build. Raises ReferenceRefused or OSError."""
    with _draft() as draft:
        with opened(path) as source, draft.open("wb") as kept:
            if source.peek(1)[:1] != b">":
                raise ReferenceRefused("This is not a FASTA. Nothing was loaded.")
            shutil.copyfileobj(source, kept, 1 << 20)
        try:
            pysam.faidx(str(draft))
        except (SamtoolsError, OSError):
            raise ReferenceRefused("The FASTA cannot be indexed. Nothing was loaded.") from None
        build = Reference.of(draft).build
        Path(f"{draft}.fai").replace(f"{_genome(build)}.fai")
        draft.replace(_genome(build))
    found = reference(build)
    assert found is not None
    return found


def load_chain(path: Path) -> Chain:
    """Keep a chain file, plain or packed, as the way from its build. Raises ChainRefused or OSError."""
    with _draft() as draft:
        with opened(path) as source, draft.open("wb") as kept:
            shutil.copyfileobj(source, kept, 1 << 20)
        with draft.open(encoding="utf-8", errors="replace") as lines:
            chain = Chain.read(lines)
        draft.replace(_way(chain.source))
    return chain


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A file the operator named, unpacked if it is packed."""
    with path.open("rb") as file:
        if file.peek(2)[:2] == _GZIP:
            try:
                with gzip.open(file) as unpacked:
                    yield BufferedReader(unpacked)  # type: ignore[type-var, unused-ignore]
            except (EOFError, zlib.error):
                raise OSError("The packed file is damaged or cut short. Nothing was loaded.") from None
        else:
            yield file


@contextmanager
def _draft() -> Iterator[Path]:
    """A file that is gone afterwards, unless it was moved to its place."""
    folder = Path(settings.REFERENCE_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{secrets.token_hex(6)}"
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)
        Path(f"{draft}.fai").unlink(missing_ok=True)


def _genome(build: Build) -> Path:
    return Path(settings.REFERENCE_DIR) / f"{build}.fa"


def _way(build: Build) -> Path:
    return Path(settings.REFERENCE_DIR) / f"from_{build}.chain"


def _changed(path: Path) -> int:
    return os.stat(path).st_mtime_ns


@lru_cache(maxsize=4)
def _panel(version: int) -> Panel:
    return Panel.from_bytes(bytes(PanelVersion.objects.get(pk=version).data))


@lru_cache(maxsize=4)
def _reference(path: Path, _changed: int) -> Reference:
    return Reference.of(path)


@lru_cache(maxsize=4)
def _chain(path: Path, _changed: int) -> Chain:
    with path.open(encoding="utf-8") as lines:
        return Chain.read(lines)
