"""Crypt4GH: what is encrypted to our key is taken, all else refused, and what we encrypt others can open."""

import base64
import io
import os
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from genomics._vault import files as vault
from genomics.errors import FileReason, FileRefused
from genomics.intake import exchange, sandbox
from genomics.intake.receive import receive
from tests.builders import vcf
from tests.world import NOW, World

lib = pytest.importorskip("crypt4gh.lib", reason="the extra crypt4gh is not installed here")
header = pytest.importorskip("crypt4gh.header")


def sent(data: bytes, to: str | None = None) -> bytes:
    """Encrypted by the package itself, as a sender's tool does it."""
    out = io.BytesIO()
    recipient = exchange.recipient(to or exchange.public_key())
    lib.encrypt([(0, os.urandom(32), recipient)], io.BytesIO(data), out)
    return out.getvalue()


def others_key() -> tuple[bytes, str]:
    key = X25519PrivateKey.generate()
    raw = key.public_key().public_bytes_raw()
    text = exchange.public_key().splitlines()
    return key.private_bytes_raw(), "\n".join([text[0], base64.b64encode(raw).decode(), text[2]])


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536, 65_537, 300_000])
def test_what_was_encrypted_to_us_opens(length: int):
    data = os.urandom(length)
    assert exchange.opened(io.BytesIO(sent(data))).read() == data


def test_a_thousand_random_ranges_are_right():
    data, draw = os.urandom(400_000), random.Random(5)  # noqa: S311 - which ranges, no secret
    stream = exchange.opened(io.BytesIO(sent(data)))
    for _ in range(1000):
        at, length = draw.randrange(0, 410_000), draw.randrange(0, 3000)
        stream.seek(at)
        assert stream.read(length) == data[at : at + length]


def test_what_is_not_encrypted_is_left_as_it_is():
    stream = io.BytesIO(b"##fileformat=VCFv4.2\n")
    assert exchange.opened(stream) is stream


@pytest.mark.parametrize("what", ["another's", "no header", "garbage", "many packets", "a huge packet"])
def test_what_is_not_for_us_is_refused(what: str):
    good = sent(b"x" * 1000)
    bad = {
        "another's": sent(b"x" * 1000, others_key()[1]),
        "no header": b"crypt4gh",
        "garbage": b"crypt4gh" + os.urandom(500),
        "many packets": good[:12] + b"\xff\xff\xff\xff" + good[16:],
        "a huge packet": good[:16] + b"\xff\xff\xff\xff" + good[20:],
    }[what]
    with pytest.raises(FileRefused) as refused:
        exchange.opened(io.BytesIO(bad))
    assert refused.value.reason is FileReason.NOT_FOR_US


def test_blocks_that_were_changed_or_cut_are_refused():
    data = os.urandom(200_000)
    good = sent(data)
    flipped = bytearray(good)
    flipped[-100_000] ^= 1
    for bad, reason in ((bytes(flipped), FileReason.DAMAGED), (good[:-1], FileReason.DAMAGED)):
        with pytest.raises(FileRefused) as refused:
            exchange.opened(io.BytesIO(bad)).read()
        assert refused.value.reason is reason
    begin = len(good) - (200_000 + 4 * 28)
    with pytest.raises(FileRefused) as refused:
        exchange.opened(io.BytesIO(good[: begin + 65_564 + 10]))
    assert refused.value.reason is FileReason.TRUNCATED


def test_a_file_with_an_edit_list_is_refused():
    key = os.urandom(32)
    packets = [
        header.make_packet_data_enc(0, os.urandom(32)),
        header.make_packet_data_edit_list([0, 10]),
    ]
    keys = [(0, key, exchange.recipient(exchange.public_key()))]
    whole = header.serialize([sealed for packet in packets for sealed in header.encrypt(packet, keys)])
    with pytest.raises(FileRefused) as refused:
        exchange.opened(io.BytesIO(whole + b"x" * 100))
    assert refused.value.reason is FileReason.KIND_NOT_TAKEN


@pytest.mark.parametrize("length", [0, 1, 65_536, 200_000])
def test_what_we_encrypt_the_package_opens(length: int):
    secret, public = others_key()
    data = os.urandom(length)
    pieces = [data[at : at + 7000] for at in range(0, length, 7000)]
    whole = b"".join(exchange.sealed(pieces, exchange.recipient(public)))
    out = io.BytesIO()
    lib.decrypt([(0, secret, None)], io.BytesIO(whole), out)
    assert out.getvalue() == data


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN CRYPT4GH PUBLIC KEY-----\nAAAA\n-----END CRYPT4GH PUBLIC KEY-----"]
)
def test_a_key_that_is_none_is_refused(text: str):
    with pytest.raises(ValueError, match="key"):
        exchange.recipient(text)


@pytest.mark.django_db
def test_an_encrypted_upload_is_taken_and_kept_under_her_own_key():
    world = World()
    person = world.join("Ada")
    data = vcf([("20", 1000226, "A", "T", "1/1")])
    file = receive(person, sent(data), by="self", at=NOW)
    assert vault.own_upload(file).read() == sandbox.cleaned(data).read()
    with pytest.raises(FileRefused) as refused:
        receive(person, sent(data), by="self", at=NOW)
    assert refused.value.reason is FileReason.DUPLICATE  # the same bytes, however they were encrypted


def test_without_the_extra_it_is_a_kind_that_is_not_taken(monkeypatch):
    whole = sent(b"x")
    monkeypatch.setattr(exchange, "header", None)
    with pytest.raises(FileRefused) as refused:
        exchange.opened(io.BytesIO(whole))
    assert refused.value.reason is FileReason.KIND_NOT_TAKEN
