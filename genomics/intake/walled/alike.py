"""Whether what is kept of a file reads as the file does: asked in the child that makes the copy.

Two things are looked at: how much came out of the wrapping, for the reader counted that, too, and may not
have seen another content; and whether the first records say the same under the head that is kept. Where
records are written anew, the whole copy is read again instead, by whoever sent for it (`sandbox`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.intake.details import Detail

ENOUGH = 1 << 16  # bytes of records


@dataclass(slots=True)
class Tally:
    """What was found when the file was read, and what is known of its copy when that is made."""

    found: tuple[Detail, ...] = ()
    content: int = 0  # bytes that came out of the wrapping
    rewritten: bool = False  # whether records were
    alike: bool = True

    def counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.content += len(chunk)
            yield chunk

    def compare(self, head: bytes, clean: bytes, rest: bytes) -> None:
        """Under both heads the first records must be the same genotypes along the same build, or be refused
        for the same reason."""
        records = rest[:ENOUGH]
        records = records[: records.rfind(b"\n") + 1] or records
        self.alike = head == clean or _outcome(head + records) == _outcome(clean + records)


def _outcome(data: bytes, assume: Build | None = None) -> tuple[str, ...]:
    try:
        profile = formats.read(data, assume=assume)
    except FileRefused as refused:
        if refused.reason is FileReason.BUILD_UNKNOWN and assume is None:
            return _outcome(data, Build.GRCh37)
        return (str(refused.reason), str(refused.line))
    return (str(profile.kind), str(profile.build), profile.column.sha256.hex(), str(assume))
