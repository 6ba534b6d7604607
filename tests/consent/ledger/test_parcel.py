"""A parcel: its manifest is signed, and a file that was bent, added, taken out or swapped is told."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.errors import NoteRefused, Unreadable
from consent.ledger import note as notes
from consent.ledger import parcel, tree
from consent.ledger.verifier import main

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
NAME, SEED = "test/ledger", bytes(range(32))
SIGNER = notes.Signer.of(NAME, SEED)


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    packing = parcel.Packing(out)
    for name, text in files.items():
        with packing.file(name.replace("_", ".")) as stream:
            stream.write(text)
    packing.seal(seed=SEED, name=NAME, what="two\nfiles", by="user:7", at=AT, size=3, root=tree.EMPTY_ROOT)
    return out.getvalue()


def rewritten(raw: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as inside:
        parts = {name: inside.read(name) for name in inside.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as inside:
        for name, content in parts.items():
            inside.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[bytes], Path]:
    def keep(raw: bytes) -> Path:
        path = tmp_path / "export.zip"
        path.write_bytes(raw)
        return path

    return keep


def test_what_was_packed_is_listed_and_holds(kept, capsys):
    path = kept(packed(a_txt="one", b_csv="é" * 3_000_000))
    found = parcel.opened(path, signer=SIGNER)
    assert found.problems == ()
    assert [(one.name, one.size) for one in found.manifest.files] == [("a.txt", 3), ("b.csv", 6_000_000)]
    assert (found.manifest.what, found.manifest.by) == ("two files", "user:7")
    assert main([str(path), "--key", str(SIGNER)]) == 0
    assert "by user:7: two files (a.txt, b.csv)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda parts: parts.update({"a.txt": b"two"}), "a.txt is not the file that was packed"),
        (lambda parts: parts.update({"a.txt": b"one and more"}), "a.txt is not the file that was packed"),
        (lambda parts: parts.pop("a.txt"), "lists a.txt, and it is not in the export"),
        (lambda parts: parts.update({"c.txt": b""}), "c.txt is in the export, and the manifest does not"),
        (
            lambda parts: parts.update({"a.txt": parts["b.csv"], "b.csv": parts["a.txt"]}),
            "b.csv is not the file that was packed",
        ),
    ],
)
def test_a_file_that_is_not_as_it_was_packed_is_told(kept, capsys, change, told):
    path = kept(rewritten(packed(a_txt="one", b_csv="two"), change))
    assert any(told in problem for problem in parcel.opened(path, signer=SIGNER).problems)
    assert main([str(path), "--key", str(SIGNER)]) == 1
    assert "PROBLEM" in capsys.readouterr().out


def test_a_name_that_stands_twice_is_told(kept):
    """Programs differ in which of the two they unpack."""
    out = io.BytesIO(packed(a_txt="one"))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as inside:
        inside.writestr("a.txt", "one")
    assert parcel.opened(kept(out.getvalue()), signer=SIGNER).problems == (
        "A name stands twice in the export.",
    )


def test_whoever_holds_no_key_is_told_the_exports_own(kept, capsys):
    assert main([str(kept(packed(a_txt="one")))]) == 0
    assert (
        f"The key is the file's own; compare it with one you were given: {SIGNER}" in capsys.readouterr().out
    )


def test_a_manifest_that_was_bent_cut_or_signed_by_another_is_refused(kept, capsys):
    raw = packed(a_txt="one")

    def bend(parts: dict[str, bytes]) -> None:
        parts["manifest.txt"] = parts["manifest.txt"].replace(b"two files", b"two lies!")

    path = kept(rewritten(raw, bend))
    with pytest.raises(NoteRefused):
        parcel.opened(path, signer=SIGNER)
    assert main([str(path), "--key", str(SIGNER)]) == 1
    path = kept(rewritten(raw, lambda parts: parts.pop("manifest.txt")))
    with pytest.raises(Unreadable):
        parcel.opened(path, signer=SIGNER)
    assert main([str(path), "--key", str(SIGNER)]) == 2
    other = notes.Signer.of(NAME, bytes(32))
    with pytest.raises(NoteRefused, match="carries no signature"):
        parcel.opened(kept(raw), signer=other)
    assert "Nothing was verified" in capsys.readouterr().err


def test_a_zip_that_is_torn_is_refused_and_no_stack_trace_shown(kept, capsys):
    raw = bytearray(packed(a_txt="one" * 1000))
    raw[60:90] = bytes(30)
    path = kept(bytes(raw))
    assert main([str(path), "--key", str(SIGNER)]) == 2
    assert "cannot be unpacked" in capsys.readouterr().err


def test_no_manifest_passes_for_a_checkpoint_nor_a_checkpoint_for_a_manifest():
    """Both are signed with one key: neither may ever be read as the other."""
    with zipfile.ZipFile(io.BytesIO(packed(a_txt="one"))) as inside:
        manifest = inside.read("manifest.txt").decode()
    with pytest.raises(NoteRefused):
        notes.open(manifest, NAME, SIGNER.public_key)
    checkpoint = notes.Checkpoint(origin=NAME, size=3, root=tree.EMPTY_ROOT)
    text = notes.open_text(notes.sign(checkpoint, NAME, SEED), NAME, SIGNER.public_key)
    with pytest.raises(NoteRefused):
        parcel.Manifest.parse(text)


@pytest.mark.parametrize("name", ["../up", "A", "a b", "a/b", "", ".a", "a\nfile 1"])
def test_a_manifest_lists_no_name_that_leads_elsewhere(name: str):
    listed = parcel.Manifest(
        key=SIGNER,
        what="x",
        by="y",
        at=AT,
        size=0,
        root=tree.EMPTY_ROOT,
        files=(parcel.Packed(name, "0" * 64, 0),),
    )
    with pytest.raises(NoteRefused):
        parcel.Manifest.parse(str(listed))
    fine = replace(listed, files=(parcel.Packed("a.txt", "0" * 64, 0),))
    assert parcel.Manifest.parse(str(fine)) == fine


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ("export manifest 1", "export manifest 2"),
        ("under 0 ", "under 00 "),
        ("file 0", "file  0"),
        ("by y", "of y"),
    ],
)
def test_a_manifest_that_is_written_otherwise_is_none_though_it_is_signed(written: str, otherwise: str):
    listed = parcel.Manifest(
        key=SIGNER,
        what="x",
        by="y",
        at=AT,
        size=0,
        root=tree.EMPTY_ROOT,
        files=(parcel.Packed("a.txt", "0" * 64, 0),),
    )
    assert parcel.Manifest.parse(str(listed)) == listed
    assert written in str(listed)
    with pytest.raises(NoteRefused, match="no manifest of an export"):
        parcel.Manifest.parse(str(listed).replace(written, otherwise))


@pytest.mark.parametrize("text", ["no end", "an\n\nempty line\n", ""])
def test_only_whole_lines_are_signed(text: str):
    with pytest.raises(NoteRefused, match="Nothing was signed"):
        notes.sign_text(text, NAME, SEED)
