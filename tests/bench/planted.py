"""Identifying details planted in headers of our own making: how many are found and taken out, and how often
good headers raise a false alarm.

    python -m tests.bench.planted [--lines 6000] [--seed 1] [--missed 20]

Two things are counted: is the detail found, so that its owner is told; and is nothing of it left in the copy
that is kept, where free text goes as a whole (`walled.cleaning`). Recall is of what is taken out. Names,
streets and numbers are made up here; labels and orders of words are as people and laboratories write them.
False alarms are counted over the headers of the shared corpus' files that must be accepted: every finding but
those told by rule (the sample's name, a command, words that headers are not made of) and users' folders,
which are really there. How many files are told of such words, and nothing else, is printed beside it.
Prints a table by kind, and last `recall R, false alarms F per 100 files`.
"""

import argparse
import csv
import gzip
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from genomics.intake import screen
from genomics.intake.details import Detail
from genomics.intake.walled.cleaning import kept
from tests.bench.planted_forms import Planted, lines
from tests.bench.planted_late import GOOD, late
from tests.bench.planted_natural import GOOD_AS_THEY_ARE, natural

_REALLY_THERE = (Detail.SAMPLE_NAME, Detail.COMMAND, Detail.PATH, Detail.WORDS)


def is_found(planted: Planted) -> bool:
    """Whether its owner is told, and of all of it: taken out as found, no part of it is left."""
    return is_told(planted) and _is_out(planted, screen.redacted(planted.line))


def is_told(planted: Planted) -> bool:
    """Whether its owner is told of the line."""
    return bool(screen.look([(1, planted.line)])) or planted.line.startswith("#CHROM")


def is_taken_out(planted: Planted) -> bool:
    """Whether no part of it is in what is kept."""
    return _is_out(planted, kept(planted.line))


def _is_out(planted: Planted, line: str) -> bool:
    return not any(part in line for secret in planted.secrets for part in _parts(secret))


def _parts(secret: str) -> list[str]:
    """What would still tell: the words of three letters or more, or the whole."""
    words = [
        word for word in re.split(r"[\s,/]+", secret) if len(word) > 2 and word.lower() not in ("van", "der")
    ]
    return words or [secret]


def headers(shared: Path) -> Iterator[tuple[str, list[str]]]:
    """The header and comment lines of every file of the corpus that must be accepted."""
    with (shared / "corpus" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t"):
            path = shared / "corpus" / row["file"]
            if row["expected"] == "accept" and path.is_file():
                yield row["file"], _head(path.read_bytes())


def _head(data: bytes) -> list[str]:
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return []
    if data.startswith(b"BAM\x01"):
        data = data[8 : 8 + int.from_bytes(data[4:8], "little")]
    if data.startswith((b"CRAM", b"BCF")):
        return []
    text = data[: 1 << 20].decode("utf-8", "ignore").replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.split("\n") if line.startswith(("#", "@"))]


def false_alarms(shared: Path) -> tuple[int, list[tuple[str, str, Detail]]]:
    """How many files were looked at, and every finding that no good header should raise."""
    files, alarms = 0, []
    for name, head in headers(shared):
        files += 1
        for line in head:
            alarms += [
                (name, line, found.detail)
                for found in screen.look([(1, line)])
                if found.detail not in _REALLY_THERE
            ]
    return files, alarms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=6_600)
    parser.add_argument("--late", type=int, default=2_000, help="lines of forms never tuned on")
    parser.add_argument("--natural", type=int, default=2_000, help="lines of places that a format names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", type=int, default=10, help="how many misses to show")
    asked = parser.parse_args()
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    told: Counter[str] = Counter()
    out: Counter[str] = Counter()
    missed = []
    for one in (
        *lines(asked.lines, seed=asked.seed),
        *late(asked.late, seed=asked.seed),
        *natural(asked.natural, seed=asked.seed),
    ):
        planted[one.kind] += 1
        found[one.kind] += is_found(one)
        told[one.kind] += is_told(one)
        out[one.kind] += is_taken_out(one)
        if not (is_told(one) and is_taken_out(one)):
            missed.append(one)
    print(f"{'kind':24} {'planted':>8} {'found':>8} {'told':>8} {'taken out':>10}")
    for kind, count in planted.items():
        parts = (found[kind] / count, told[kind] / count, out[kind] / count)
        print("{:24} {:8,} {:8.3f} {:8.3f} {:10.3f}".format(kind, count, *parts))
    for one in missed[: asked.missed]:
        print(f"missed: {one.line!r} -> {kept(one.line)!r}")
    shared = Path(os.environ.get("SHARED_DIR", Path(__file__).resolve().parents[3] / "shared"))
    files, alarms = false_alarms(shared) if (shared / "corpus").is_dir() else (0, [])
    for detail, count in Counter(detail for _, _, detail in alarms).items():
        print(f"false alarms, {detail}: {count}")
    for name, line, detail in alarms[: asked.missed]:
        print(f"alarm: {name}: {detail}: {line[:110]}")
    every_good = (*GOOD, *GOOD_AS_THEY_ARE)
    good = [line for line in every_good if screen.look([(1, line)])]
    print(f"good lines never tuned on that raise something: {len(good)} of {len(every_good)}")
    for line in good:
        print(f"alarm: {line[:110]}")
    changed = [line for line in GOOD_AS_THEY_ARE if kept(line) != line]
    print(f"good lines that are not kept as they are: {len(changed)} of {len(GOOD_AS_THEY_ARE)}")
    for line in changed:
        print(f"changed: {line[:110]} -> {kept(line)[:110]}")
    rate = f"{100 * len(alarms) / files:.2f}" if files else "not measured"
    print(f"{files} files of the corpus that must be accepted")
    worded = sum(
        any(one.detail is Detail.WORDS for one in screen.look(enumerate(head, start=1)))
        for _, head in (headers(shared) if files else ())
    )
    print(f"{worded} of them are told that words were left out")
    print(
        f"found as a whole {found.total() / planted.total():.4f}, told {told.total() / planted.total():.4f}"
    )
    print(f"recall {out.total() / planted.total():.4f}, false alarms {rate} per 100 files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
