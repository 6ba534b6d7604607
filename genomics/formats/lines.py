"""Text in blocks of whole lines: one kind of line end, no control characters, UTF-8, no line without end.

Takes the chunks of `unpack`, knows nothing of what the lines mean. A byte order mark, CRLF, CR and a
last ^Z are forgiven; empty lines at the very end are dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomics.errors import FileReason, FileRefused
from genomics.formats.limits import Limits

_SPACE = 0x20
_DOS_END = b"\x1a"  # with which old editors end a file
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each ended by a line feed, and the number of the first of them (1-based)."""

    first: int
    text: bytes


class Lines:
    """The lines of a file, block by block; what was taken can be given back."""

    def __init__(self, chunks: Iterator[bytes], *, limits: Limits) -> None:
        self._limits = limits
        self._chunks = _with_line_feeds(chunks)
        self._next = 1  # the number of the next line to be given out
        self._blocks = self._cut()
        self._pushed: list[Block] = []

    def __iter__(self) -> Iterator[Block]:
        while True:
            block = self.take()
            if block is None:
                return
            yield block

    def take(self) -> Block | None:
        """The next block, or None at the end."""
        return self._pushed.pop() if self._pushed else next(self._blocks, None)

    def give_back(self, block: Block) -> None:
        """Put lines back, to be the next block."""
        if block.text:
            self._pushed.append(block)

    def peek(self, size: int) -> bytes:
        """The first lines, about so many bytes of them, and all of them still to come."""
        blocks: list[Block] = []
        while sum(len(block.text) for block in blocks) < size and (block := self.take()) is not None:
            blocks.append(block)
        for block in reversed(blocks):
            self.give_back(block)
        return b"".join(block.text for block in blocks)

    def take_lines(self, count: int) -> bytes:
        """So many lines from here on, without the last line feed."""
        parts: list[bytes] = []
        while count and (block := self.take()) is not None:
            lines = block.text.split(b"\n", count)
            parts += lines[: min(count, len(lines) - 1)]
            taken = min(count, len(lines) - 1)
            count -= taken
            self.give_back(Block(block.first + taken, b"\n".join(lines[taken:])))
        return b"\n".join(parts)

    def take_leading(self, prefix: bytes, *, limit: int) -> bytes:
        """All lines from here on that begin so, without the last line feed; at most so many bytes."""
        other = re.compile(rb"(?:^|\n)(?!" + re.escape(prefix) + rb")[^\n]")
        parts, size = [], 0
        while (block := self.take()) is not None:
            found = other.search(block.text)
            end = len(block.text) if found is None else found.end() - 1
            parts.append(block.text[:end])
            size += end
            if size > limit:
                line = block.first + block.text.count(b"\n", 0, end)
                raise FileRefused(
                    FileReason.HEADER_TOO_LONG, f"The header is longer than {limit:,} bytes.", line
                )
            if found is not None:
                self.give_back(Block(block.first + block.text.count(b"\n", 0, end), block.text[end:]))
                break
        return b"".join(parts).removesuffix(b"\n")

    def _cut(self) -> Iterator[Block]:
        carry = b""  # a line that has not ended, or empty lines that may be the last ones
        for chunk in self._chunks:
            text = carry + chunk
            end = text.rfind(b"\n") + 1
            if end == len(text):
                end = len(text.rstrip(b"\n"))
                end += end > 0  # one line feed ends the last line
            carry = text[end:]
            if len(carry) > self._limits.line:
                line = self._next + text.count(b"\n", 0, end)
                if carry.startswith(b"\n"):
                    raise FileRefused(FileReason.BLANK_LINE, "The file has a great many empty lines.", line)
                raise FileRefused(FileReason.LINE_TOO_LONG, self._too_long(), line)
            if end:
                yield self._checked(text[:end])
        carry = carry.removesuffix(_DOS_END)
        if carry.strip(b"\n"):
            yield self._checked(carry + b"\n")

    def _checked(self, text: bytes) -> Block:
        block = Block(self._next, text)
        letters = np.frombuffer(text, dtype=np.uint8)
        ends = int(np.count_nonzero(letters == ord("\n")))
        if np.count_nonzero(letters < _SPACE) != ends + np.count_nonzero(letters == ord("\t")):
            _refuse_controls(block, letters)
        if not text.isascii():
            _check_utf8(block)
        longest = self._limits.line
        if len(text) > longest:
            _check_lengths(block, longest, self._too_long())
        self._next += ends
        return block

    def _too_long(self) -> str:
        return f"The line is longer than {self._limits.line:,} bytes."


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks without a byte order mark, and with one kind of line end."""
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= len(_BOM):
            break
    yield from _one_line_end(_rest(start.removeprefix(_BOM), chunks))


def _rest(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from chunks


def _one_line_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""  # a CR at the end of a chunk: its LF may follow
    for chunk in chunks:
        whole = held + chunk if held else chunk
        held = b""
        if b"\r" in whole:
            if whole.endswith(b"\r"):
                whole, held = whole[:-1], b"\r"
            whole = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if whole:
            yield whole
    if held:
        yield b"\n"


def _refuse_controls(block: Block, letters: NDArray[np.uint8]) -> None:
    odd = int(np.argmax((letters < _SPACE) & (letters != ord("\n")) & (letters != ord("\t"))))
    line = block.first + block.text.count(b"\n", 0, odd)
    if letters[odd] == 0:
        raise FileRefused(FileReason.NUL_BYTES, "The file has NUL bytes where text should be.", line)
    raise FileRefused(FileReason.ENCODING, "The text has control characters in it.", line)


def _check_utf8(block: Block) -> None:
    try:
        block.text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = block.first + block.text.count(b"\n", 0, error.start)
        raise FileRefused(FileReason.ENCODING, "The text is not UTF-8.", line) from None


def _check_lengths(block: Block, longest: int, what: str) -> None:
    start = 0
    while len(block.text) - start > longest:
        end = block.text.rfind(b"\n", start, start + longest + 1)
        if end < start:
            line = block.first + block.text.count(b"\n", 0, start)
            raise FileRefused(FileReason.LINE_TOO_LONG, what, line)
        start = end + 1
