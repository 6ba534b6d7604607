"""Files that somebody made to harm their reader: each gets a sentence, never a stack trace or a hang."""

import contextlib
import io
import json
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.ledger import leaves, untrusted
from consent.ledger.verifier import main
from tests.consent.ledger.test_parcel import SIGNER, packed, rewritten

MB = 1024 * 1024


def zipped(*parts: tuple[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as inside:
        for name, content in parts:
            inside.writestr(name, content)
    return out.getvalue()


def overlapping() -> bytes:
    """Many names for one packed part: each is small, and together they are not."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as inside:
        inside.writestr("a", os.urandom(MB))
        [only] = inside.infolist()
        inside.filelist += [only] * 20
    return out.getvalue()


def locked() -> bytes:
    raw = bytearray(zipped(("manifest.txt", b"x")))
    raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def long_list() -> bytes:
    """A list of files that is said to be longer than any."""
    raw = bytearray(zipped(("manifest.txt", b"x")))
    struct.pack_into("<L", raw, raw.rfind(b"PK\x05\x06") + 12, 2**31)
    return bytes(raw)


def long_list_of_a_large_zip() -> bytes:
    """The same of one that is too large for the old numbers: it has its own end before the end."""
    raw = zipped(("manifest.txt", b"x"))
    end = raw.rfind(b"PK\x05\x06")
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    return raw[:end] + large + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1) + raw[end:]


def twice() -> bytes:
    """A name that stands twice in a signed export, once as it was packed."""
    out = io.BytesIO(packed(a_txt="one"))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as inside:
        inside.writestr("a.txt", "two")
    return out.getvalue()


def job(**change: object) -> str:
    said = {
        "file": "genomic-broker job",
        "format": 1,
        "job": "x",
        "gates": [],
        "policies": {},
        "manifest": "",
    }
    return json.dumps(said | {"snapshot": [], "people": []} | change)


RAW = packed(a_txt="one" * 1000)
HARM: dict[str, tuple[Callable[[], bytes | str], str]] = {
    "a bomb": (lambda: zipped(("manifest.txt", bytes(64 * MB))), "nothing that is packed here grows so much"),
    "parts that lie over each other": (overlapping, "lie over each other"),
    "very many files": (
        lambda: zipped(*((f"n{n}", b"") for n in range(200))),
        "nothing that is packed here holds so many",
    ),
    "a list without end": (long_list, "lists more files than anything"),
    "a list without end in a large zip": (long_list_of_a_large_zip, "lists more files than anything"),
    "a password": (locked, "is locked with a password"),
    "another way of packing": (
        lambda: zipped(("manifest.txt", b"x"), kind=zipfile.ZIP_LZMA),
        "is packed in a",
    ),
    "a name that leads elsewhere": (
        lambda: rewritten(RAW, lambda parts: parts.update({"../../up": b""})),
        "../../up is in the export, and the manifest does not list it",
    ),
    "a name that writes on the terminal": (
        lambda: rewritten(RAW, lambda parts: parts.update({"\x1b[2Jgone": b""})),
        "\\x1b[2Jgone is in the export",
    ),
    "a name twice": (twice, "A name stands twice in the export"),
    "no manifest": (lambda: zipped(("a.txt", b"x")), "It has no manifest.txt"),
    "a manifest that is no text": (lambda: zipped(("manifest.txt", b"\xff\xfe")), "is no text"),
    "a zip that is cut off": (lambda: RAW[:-40], "it is cut off, or no zip"),
    "half a zip": (lambda: RAW[: len(RAW) // 2], "it is cut off, or no zip"),
    "a torn zip": (lambda: RAW[:60] + bytes(30) + RAW[90:], "cannot be unpacked"),
    "the first two letters of one": (lambda: b"PK", "it is cut off, or no zip"),
    "nothing": (lambda: "", "It is empty"),
    "blanks": (lambda: "\n \n", "It is empty"),
    "bytes": (lambda: bytes(range(256)), "neither a zip nor text"),
    "half a letter": (lambda: '{"file":"\ud800"}'.encode("utf-8", "surrogatepass"), "neither a zip nor text"),
    "words": (lambda: "Dear auditor,\n\nall is well.\n", "nothing that can be checked here"),
    "other JSON": (lambda: '{"colour":"red"}', "It is JSON, and neither a ledger"),
    "a list": (lambda: "[]", "It is JSON, and neither a ledger"),
    "JSON cut off": (lambda: job()[:-9], "It is no whole JSON"),
    "a name twice in JSON": (
        lambda: job().replace('"job": "x"', '"job": "x", "job": "y"'),
        "a name stands twice in one object",
    ),
    "NaN": (lambda: job(snapshot=[float("nan")]), "NaN is no number"),
    "infinity": (lambda: job(snapshot=[float("-inf")]), "-Infinity is no number"),
    "a huge number": (lambda: job().replace("[]", "[" + "9" * 5000 + "]", 1), "larger than any"),
    "a large number": (lambda: job(snapshot=[2**63]), "larger than any"),
    "JSON without a floor": (lambda: '{"file":' + "[" * 200_000, "nested deeper than anything"),
    "an event out of its export": (
        lambda: '{"position":1,"uid":"x","commitment":""}\n{}\n',
        "give the zip that they came in",
    ),
    "a manifest out of its export": (
        lambda: zipfile.ZipFile(io.BytesIO(RAW)).read("manifest.txt"),
        "the manifest of an export without its files",
    ),
    "a fraction beyond all": (lambda: job(snapshot=[0]).replace("[0]", "[1e400]"), "larger than any number"),
    "a long fraction": (lambda: job(snapshot=[0]).replace("[0]", f"[0.{'1' * 5000}]"), "larger than any"),
    "a ledger without a floor": (
        lambda: f'{{"ledger":"{SIGNER}","format":1,"openings":true}}\n' + "[" * 200_000,
        "nested deeper than anything",
    ),
    "a ledger that is cut off behind its first line": (
        lambda: f'{{"ledger":"{SIGNER}","format":1,"openings":true}}',
        "The export has no last line: it was cut off.",
    ),
    "a ledger that is no text": (
        lambda: f'{{"ledger":"{SIGNER}","format":1,"openings":true}}\n'.encode() + b"\xff" * 9,
        "It is no text, or not all of it",
    ),
    "events and nothing to prove them under": (
        lambda: packed(events_jsonl="{}\n"),
        "It holds events and no checkpoint to prove them under",
    ),
    "a proof of nothing": (
        lambda: '{"proof":"genomic-broker participation","format":1}',
        "PROBLEM  given: The file is not as it was given (KeyError",
    ),
    "a report that ends before it begins": (
        lambda: '{"report":"transparency","start":"2027-01-01T00:00:00Z","end":"2026-01-01T00:00:00Z"}',
        "its period ends before it begins",
    ),
    "a report of no time": (
        lambda: '{"report":"transparency","start":"x","end":"y"}',
        "It is not as it was given (ValueError",
    ),
    "a report of a time nowhere": (
        lambda: '{"report":"transparency","start":"2026-01-01","end":"2027-01-01"}',
        "names no time zone",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_hostile_file_gets_a_sentence(harm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    made, told = HARM[harm]
    content = made()
    path = tmp_path / "given"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    begun = time.process_time()
    code = main([str(path), "--key", str(SIGNER)])
    assert time.process_time() - begun < 5
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert "\x1b" not in said.out + said.err
    assert "Traceback" not in said.err
    assert code == (1 if "PROBLEM" in said.out else 2)
    assert ("Nothing was verified of" in said.err) == (code == 2)
    assert "Everything holds." not in said.out


def test_a_file_that_brings_no_key_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Its key was looked for in vain; the next file's is taken, and this one is told of when it is read."""
    torn, good = tmp_path / "torn.zip", tmp_path / "good.zip"
    torn.write_bytes(RAW[: len(RAW) // 2])
    good.write_bytes(RAW)
    assert main([str(torn), str(good)]) == 2
    said = capsys.readouterr()
    assert said.err.count("Nothing was verified of torn.zip") == 1
    assert f"The key is the file's own; compare it with one you were given: {SIGNER}" in said.out


def test_it_can_be_told_to_any_stream(tmp_path: Path):
    """To one of a program that asks for the answer too: that has no terminal's letters to be careful of."""
    path, told = tmp_path / "good.zip", io.StringIO()
    path.write_bytes(RAW)
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        assert main([str(path), "--key", str(SIGNER)]) == 0
    assert told.getvalue().endswith("Everything holds.\n")


def test_what_never_ends_is_not_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, told in (
        (pipe, "no ordinary file"),
        (tmp_path, "a folder"),
        (tmp_path / "none", "no such file"),
    ):
        assert main([str(path)]) == 2
        assert told in capsys.readouterr().err


def test_a_line_without_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(untrusted, "LONGEST", 1000)
    path = tmp_path / "ledger.jsonl"
    path.write_text(f'{{"ledger":"{SIGNER}","format":1,"openings":true}}\n' + "x" * 2000)
    assert main([str(path)]) == 2
    assert "A line is longer than 1000 characters" in capsys.readouterr().err


def test_one_bad_file_hides_nothing_of_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(RAW)
    bad.write_bytes(HARM["a bomb"][0]())  # type: ignore[arg-type]
    assert main([str(bad), str(good), "--key", str(SIGNER)]) == 2
    said = capsys.readouterr()
    assert "HOLDS    good.zip" in said.out
    assert "Nothing was verified of bad.zip" in said.err
    assert "Everything holds." not in said.out


@pytest.mark.parametrize("text", ['{"a":1,"a":1}', "NaN", "9223372036854775808", "-9223372036854775809"])
def test_no_line_is_read_that_could_be_read_in_two_ways(text: str):
    with pytest.raises(ValueError, match=r"twice|no number|larger"):
        leaves.from_text(text)
    assert leaves.from_text("[9223372036854775807,-9223372036854775807,1.5]")[2] == 1.5
