"""The witness: it cosigns a ledger that only grew, and nothing else; this house brings it checkpoints."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.conf import settings

from consent.errors import NoteRefused, WitnessAway, WitnessRefused
from consent.ledger import checkpoints, cosignature, log, note, tree, wire, witness, witnesses
from consent.models import LedgerCheckpoint
from tests.consent.ledger.build import AT, grow, minute

SEED = bytes(range(32))
LOG = note.Signer.of("test/log", SEED)
LEAVES = [tree.leaf_hash(bytes([n])) for n in range(9)]


def vouched(size: int, leaves: list[bytes] = LEAVES, *, origin: str = "test/log") -> str:
    made = note.Checkpoint(origin=origin, size=size, root=tree.root(leaves[:size]), extensions=("at noon",))
    return note.sign(made, "test/log", SEED)


def growth(old: int, new: int, leaves: list[bytes] = LEAVES) -> wire.Growth:
    proof = tree.consistency_proof(leaves[:new], old) if old else []
    return wire.Growth(old=old, proof=tuple(proof), note=vouched(new, leaves))


@pytest.fixture
def eyes(tmp_path: Path) -> witness.Witness:
    return witness.Witness(LOG, tmp_path / "witness", "auditor.example")


def refused(eyes: witness.Witness, asked: wire.Growth) -> tuple[int, int | None]:
    before = eyes.newest()
    with pytest.raises(witness.Refusal) as why:
        eyes.see(asked, at=AT)
    assert eyes.newest() == before, "what is refused is not kept"
    return why.value.status, why.value.size


def test_it_cosigns_growth_and_says_when(eyes: witness.Witness):
    for old, new in ((0, 3), (3, 8), (8, 8), (8, 9)):
        asked = growth(old, new)
        line = eyes.see(asked, at=minute(new))
        assert cosignature.verify(asked.note + line, eyes.signer) == minute(new)
        assert eyes.newest().size == new
    kept = (eyes.folder / witness.NEWEST).read_text()
    assert note.open(kept.removesuffix("\n"), LOG.name, LOG.public_key).size == 9


def test_it_remembers_over_a_restart(eyes: witness.Witness):
    eyes.see(growth(0, 5), at=AT)
    again = witness.Witness(LOG, eyes.folder, "auditor.example")
    assert str(again.signer) == str(eyes.signer)
    assert refused(again, growth(0, 9)) == (409, 5)
    again.see(growth(5, 9), at=AT)


def test_every_rewritten_history_is_refused(eyes: witness.Witness):
    eyes.see(growth(0, 6), at=AT)
    for bent in range(6):
        other = [*LEAVES]
        other[bent] = tree.leaf_hash(b"something else")
        for new in (6, 7, 8, 9):
            assert refused(eyes, growth(6, new, other))[0] == (409 if new == 6 else 422)


def test_what_is_not_growth_is_refused(eyes: witness.Witness):
    eyes.see(growth(0, 6), at=AT)
    assert refused(eyes, growth(0, 9)) == (409, 6)
    assert refused(eyes, growth(3, 9)) == (409, 6)
    assert refused(eyes, wire.Growth(old=9, proof=(), note=vouched(6)))[0] == 400
    assert refused(eyes, wire.Growth(old=6, proof=(), note=vouched(9)))[0] == 422
    assert refused(eyes, wire.Growth(old=6, proof=(), note=vouched(6, origin="another/log")))[0] == 404
    theirs = note.sign(note.parse(note.parts(vouched(9))[0]), "test/log", bytes(32))
    assert refused(eyes, wire.Growth(old=6, proof=growth(6, 9).proof, note=theirs))[0] == 403
    assert refused(eyes, wire.Growth(old=6, proof=(), note="nonsense"))[0] == 403


def test_a_memory_that_was_changed_signs_nothing_more(eyes: witness.Witness):
    eyes.see(growth(0, 6), at=AT)
    path = eyes.folder / witness.NEWEST
    path.write_text(path.read_text().replace("\n6\n", "\n3\n"))
    with pytest.raises(witness.Refusal) as why:
        eyes.see(growth(6, 9), at=AT)
    assert why.value.status == 500
    (eyes.folder / witness.KEY).unlink()
    with pytest.raises(NoteRefused, match="is gone"):
        _ = eyes.signer


def test_a_cosignature_fits_one_note_one_instant_and_one_witness(eyes: witness.Witness):
    text = vouched(4)
    line = cosignature.sign(text, "auditor.example", SEED, at=AT)
    signer = note.Signer.of("auditor.example", SEED, note.COSIGNATURE)
    assert cosignature.verify(text + line, signer) == AT
    assert cosignature.parse(str(signer)) == signer
    assert note.open(text + line, LOG.name, LOG.public_key).size == 4, (
        "the log's own signature stands beside it"
    )
    with pytest.raises(NoteRefused):
        cosignature.verify(vouched(5) + line, signer)
    with pytest.raises(NoteRefused, match="no cosignature"):
        cosignature.verify(text + line, eyes.signer)
    with pytest.raises(NoteRefused, match="no cosignature"):
        cosignature.verify(text, signer)
    with pytest.raises(NoteRefused):
        note.Signer.parse(str(signer))  # a witness's key is no ledger's
    later = cosignature.sign(text, "auditor.example", SEED, at=AT + timedelta(seconds=1))
    raw, other = (note.unbase64(one.split(" ")[2].strip()) for one in (line, later))
    mixed = note.base64.b64encode(raw[:4] + other[4:12] + raw[12:]).decode()
    for wrong in (
        mixed,
        note.base64.b64encode(raw[:-1]).decode(),
        note.base64.b64encode(raw + b"x").decode(),
    ):
        with pytest.raises(NoteRefused, match="does not fit"):
            cosignature.verify(f"{text}{note.DASH}auditor.example {wrong}\n", signer)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"old 1", b"old 01\n\nx", b"old -1\n\nx", b"new 1\n\nx", b"old 1\nnonsense\n\nx", b"\xff\n\n"),
        b"old 1\nAA==\n\nx",
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
    ],
)
def test_what_is_no_request_is_malformed(raw: bytes):
    with pytest.raises(wire.Malformed):
        wire.read(raw)


def test_a_request_is_read_as_it_was_written():
    asked = growth(3, 8)
    assert wire.read(wire.write(old=3, proof=asked.proof, note=asked.note)) == asked


def asked(url: str, body: bytes | None = None) -> str:
    with urlopen(url, data=body) as answer:  # noqa: S310 - our own witness
        return str(answer.read().decode())


# --- the program, and this house beside it ---------------------------------------------------------


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[witness.Witness]:
    """A witness of this house's ledger, listening."""
    seen = witness.Witness(checkpoints.signer(), tmp_path / "witness", "auditor.example")
    listening = witness.server(seen, ("127.0.0.1", 0), lambda: AT)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    settings.WITNESS_URL = f"http://127.0.0.1:{listening.server_address[1]}"
    settings.WITNESS_KEY = str(seen.signer)
    yield seen
    listening.shutdown()
    thread.join()
    listening.server_close()
    settings.WITNESS_URL = settings.WITNESS_KEY = ""


@pytest.mark.django_db
def test_the_house_brings_its_checkpoints_and_keeps_what_was_cosigned(ours: witness.Witness):
    assert witnesses.catch_up() is None, "there is nothing to witness yet"
    grow(3)
    assert witnesses.catch_up().checkpoint.size == 3
    assert witnesses.catch_up() is None
    grow(4, 5)
    assert witnesses.catch_up().checkpoint.size == 12
    assert witnesses.newest() == witnesses.Witnessed(log.checkpoint(), AT)
    assert asked(settings.WITNESS_URL) == (ours.folder / witness.NEWEST).read_text()


@pytest.mark.django_db
def test_a_house_that_forgot_what_was_cosigned_asks_from_where_the_witness_stands(
    ours: witness.Witness, checkpoint_file: Path
):
    grow(3)
    witnesses.catch_up()
    checkpoint_file.with_name("cosigned.txt").unlink()
    grow(2)
    assert witnesses.catch_up().checkpoint.size == 5


@pytest.mark.django_db
def test_a_ledger_that_was_written_anew_is_told_of(ours: witness.Witness, checkpoint_file: Path):
    grow(3)
    witnesses.catch_up()
    newest = LedgerCheckpoint.newest()
    made = note.Checkpoint(origin=settings.LEDGER_ORIGIN, size=3, root=bytes(32))
    ours_signed = note.sign(made, settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes)
    with pytest.raises(witness.Refusal):
        ours.see(wire.Growth(old=3, proof=(), note=ours_signed), at=AT)
    checkpoint_file.with_name("cosigned.txt").write_text("nonsense\n")
    other = LedgerCheckpoint(size=3, root=bytes(32), note=ours_signed, at=AT, frontier=newest.frontier)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerCheckpoint, "newest", classmethod(lambda _cls: other))
        with pytest.raises(WitnessRefused, match="another history of the first 3"):
            witnesses.catch_up()
        other.size = 2
        with pytest.raises(WitnessRefused, match="has seen 3 events and this ledger has 2"):
            witnesses.catch_up()


@pytest.mark.django_db
def test_a_witness_that_is_away_or_another_is_told_of(ours: witness.Witness):
    grow(3)
    settings.WITNESS_KEY = str(note.Signer.of("auditor.example", bytes(32), note.COSIGNATURE))
    with pytest.raises(WitnessRefused, match="Somebody else answered"):
        witnesses.catch_up()
    assert witnesses.newest() is None
    settings.WITNESS_KEY = str(ours.signer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "log", LOG)  # it watches another ledger
        with pytest.raises(WitnessRefused, match=r"did not cosign \(40[34]: "):
            witnesses.catch_up()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        settings.WITNESS_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(WitnessAway, match="does not answer"):
            witnesses.catch_up()


@pytest.mark.django_db
def test_what_is_not_for_it_is_answered_in_words(ours: witness.Witness):
    for path, body, status in (("/", b"", 404), ("/add-checkpoint", b"nonsense", 400), ("/x", None, 404)):
        with pytest.raises(HTTPError) as answer:
            asked(settings.WITNESS_URL + path, body)
        assert answer.value.code == status
        answer.value.close()
    with socket.create_connection(("127.0.0.1", int(settings.WITNESS_URL.rpartition(":")[2]))) as line:
        line.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        assert b"413" in line.recv(100)


@pytest.mark.django_db
def test_the_program_runs_without_django(tmp_path: Path):
    """Started, killed with -9 and started again, it goes on where it was."""
    grow(3)
    before = LedgerCheckpoint.newest().note
    grow(4)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = (
        "import sys, runpy; sys.modules['django'] = None; "
        "runpy.run_module('consent.ledger.witness', run_name='__main__')"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(checkpoints.signer())]
    command += ["--keep", str(tmp_path / "kept"), "--listen", f"127.0.0.1:{port}"]
    for body in (
        wire.write(old=0, proof=(), note=before),
        wire.write(old=3, proof=log.growth(3, 7), note=LedgerCheckpoint.newest().note),
    ):
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env={}, stdout=subprocess.PIPE)
        assert process.stdout is not None
        key = process.stdout.readline().decode().split()[-1]
        process.stdout.readline()
        line = asked(f"http://127.0.0.1:{port}/add-checkpoint", body)
        process.kill()
        process.wait()
        process.stdout.close()
        text = wire.read(body).note + line
        assert cosignature.verify(text, cosignature.parse(key))
    assert time.time() > cosignature.verify(text, cosignature.parse(key)).timestamp() - 1


def test_it_listens_until_it_is_stopped_and_says_what_it_has_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    listened: list[witness.ThreadingHTTPServer] = []

    def stopped(listening: witness.ThreadingHTTPServer) -> None:
        assert listening.socket.fileno() >= 0
        listened.append(listening)
        raise KeyboardInterrupt

    monkeypatch.setattr(witness.ThreadingHTTPServer, "serve_forever", stopped)
    given = [str(LOG), "--keep", str(tmp_path), "--name", "auditor.example", "--listen", "127.0.0.1:0"]
    eyes = witness.Witness(LOG, tmp_path, "auditor.example")
    for told in ("has seen 0 events", "has seen 5 events"):
        assert witness.main(given) == 0
        said = capsys.readouterr().out
        assert f"witness key {eyes.signer}\n{told}; listens on 127.0.0.1:0" in said
        if told == "has seen 0 events":
            eyes.see(growth(0, 5), at=AT)
    assert [one.socket.fileno() for one in listened] == [-1, -1], "what it listened with is given back"


def test_a_witness_that_cannot_start_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert witness.main(["nonsense", "--keep", str(tmp_path)]) == 2
    assert witness.main([str(LOG), "--keep", str(tmp_path), "--name", "two words"]) == 2
    assert witness.main([str(LOG), "--keep", str(tmp_path), "--listen", "nowhere"]) == 2
    assert "did not start" in capsys.readouterr().err
