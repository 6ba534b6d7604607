"""What the house reads files by: panels from the database, genomes and chains from a folder of their own.

    profile = sandbox.read(data, laid_out=materials.laid_out())

Nothing of it is personal. The folder is not the shelf: what lies there belongs to no participant.
"""

import gzip
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
from genomics.intake.laid_out import LaidOut, Place, What
from genomics.intake.laid_out import opened as opened_here
from genomics.models import PanelVersion
from genomics.reference import Reference, ReferenceRefused, dictionary_of, index_of

_GZIP = b"\x1f\x8b"


def laid_out() -> LaidOut:
    """Where all of it lies now. People are compared in the build of the panel that was loaded last."""
    versions = {
        version.build: version for version in PanelVersion.objects.defer("data").order_by("loaded_at", "id")
    }
    newest = max(versions.values(), key=lambda one: (one.loaded_at, one.pk), default=None)
    places = [_place(What.PANEL, Build(build), _sites(version)) for build, version in versions.items()]
    for what, where in ((What.REFERENCE, _genome), (What.CHAIN, _way)):
        places += [_place(what, build, where(build)) for build in Build if where(build).exists()]
    return LaidOut(tuple(places), home=None if newest is None else Build(newest.build))


def loaded() -> Loaded:
    """All of it, opened in this process."""
    return opened_here(laid_out())


def reference(build: Build) -> Reference | None:
    """The loaded genome of a build."""
    return loaded().references.get(build)


def way_from(build: Build) -> Chain | None:
    """The way from a build to the other, by the chain that is loaded, whichever way it leads."""
    places = tuple(_place(What.CHAIN, one, _way(one)) for one in Build if _way(one).exists())
    ways = opened_here(LaidOut(places)).chains
    if build in ways:
        return ways[build]
    return next((_turned(one) for one in ways.values() if one.target is build), None)


@lru_cache(maxsize=1)
def _turned(chain: Chain) -> Chain:
    return chain.turned()


def load_reference(path: Path, *, build: Build | None = None) -> Reference:
    """Keep a FASTA, plain or packed, as the genome of its build; a part of it serves as far as it goes. Its
    contigs' lengths tell the build, or must be those of the one that is named. Raises ReferenceRefused or
    OSError."""
    with _draft() as draft:
        with opened(path) as source, draft.open("wb") as kept:
            if source.peek(1)[:1] != b">":
                raise ReferenceRefused("This is not a FASTA. Nothing was loaded.")
            shutil.copyfileobj(source, kept, 1 << 20)
        try:
            pysam.faidx(str(draft))
        except (SamtoolsError, OSError):
            raise ReferenceRefused("The FASTA cannot be indexed. Nothing was loaded.") from None
        build = Reference.of(draft, build=build).build
        pysam.samtools.dict("-o", str(dictionary_of(draft)), str(draft), catch_stdout=False)
        # The genome last: until it is there it is not looked for.
        for beside in (dictionary_of, index_of):
            beside(draft).replace(beside(_genome(build)))
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
        for one in (draft, index_of(draft), dictionary_of(draft)):
            one.unlink(missing_ok=True)


def _genome(build: Build) -> Path:
    return Path(settings.REFERENCE_DIR) / f"{build}.fa"


def _way(build: Build) -> Path:
    return Path(settings.REFERENCE_DIR) / f"from_{build}.chain"


def _sites(version: PanelVersion) -> Path:
    """A panel's file, written from the database when it is first needed."""
    path = Path(settings.REFERENCE_DIR) / f"panel_{bytes(version.sha256).hex()}"
    if not path.exists():
        with _draft() as draft:
            draft.write_bytes(bytes(PanelVersion.objects.get(pk=version.pk).data))
            draft.replace(path)
    return path


def _place(what: What, build: Build, path: Path) -> Place:
    return Place(what, build, str(path), path.stat().st_mtime_ns)
