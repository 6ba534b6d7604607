"""What a child says is not believed: what comes over the pipe is a profile, a refusal, or unbelievable."""

import dataclasses
import json
import random
import struct
from typing import Any

import pytest

from genomics import formats
from genomics.errors import FileReason, FileRefused
from genomics.formats import DEFAULT, Profile
from genomics.intake.screen import Detail, Finding
from genomics.intake.walled import wire
from tests.builders import vcf

PROFILE = formats.read(vcf([("20", 1000, "A", "T", "0/1"), ("20", 2000, "C", "G", "1/1")]))
SAID = b"".join(wire.tell(PROFILE))
HEAD = struct.Struct("<4sIQ")


def told() -> dict[str, Any]:
    _, size, _ = HEAD.unpack_from(SAID)
    fields: dict[str, Any] = json.loads(SAID[HEAD.size : HEAD.size + size])
    return fields


def said(**changes: Any) -> bytes:
    """The same profile with other fields; None takes one away."""
    fields = {name: value for name, value in {**told(), **changes}.items() if value is not None}
    text = json.dumps(fields).encode()
    column = PROFILE.column.to_bytes()
    return HEAD.pack(b"PROF", len(text), len(column)) + text + column


def refusal(**changes: Any) -> bytes:
    text = json.dumps({"reason": "header", "what": "A line is amiss.", "line": 3, **changes}).encode()
    return HEAD.pack(b"REFU", len(text), 0) + text


def test_a_profile_and_a_refusal_arrive_as_they_were_sent() -> None:
    heard = wire.hear(SAID)
    assert isinstance(heard, Profile)
    assert heard.column.to_bytes() == PROFILE.column.to_bytes()
    assert dataclasses.replace(heard, column=PROFILE.column) == PROFILE
    refused = FileRefused(FileReason.GENOTYPE, "The genotype names an allele that is not listed.", 17)
    again = wire.hear(b"".join(wire.tell(refused)))
    assert isinstance(again, FileRefused)
    assert again.args == refused.args


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        SAID[:10],
        SAID[:-1],
        SAID + b"x",
        b"EVIL" + SAID[4:],
        HEAD.pack(b"PROF", 1 << 31, 0),
        HEAD.pack(b"PROF", 2, (1 << 64) - 1) + b"{}",
        HEAD.pack(b"REFU", 2, 0) + b"{}",
        HEAD.pack(b"PROF", 200_000, 0) + b"[" * 200_000,
        said(build="GRCh99"),
        said(kind=7),
        said(notes=["x" * 10_000]),
        said(notes=["a\nb"]),
        said(notes=["a\x1b[2J"]),
        said(notes=["\u202egnp"]),
        said(notes=["x"] * 10_000),
        said(build_evidence="y" * 10_000),
        said(more=1),
        said(quality=None),
        said(quality={**told()["quality"], "call_rate": "1"}),
        said(findings=[{"detail": "email", "line": 1, "masked": "jane.doe@example.org"}]),
        said(findings=[{"detail": "email", "line": -1, "masked": "j"}]),
        said(findings=[{"detail": "gossip", "line": 1, "masked": "j"}]),
        refusal(reason="because"),
        refusal(what="<" * 5000),
        refusal(what="a\r\nb"),
        refusal(line=0),
        refusal(line=1 << 50),
        refusal(line="3"),
        refusal() + b"more",
    ],
)
def test_a_lie_is_not_believed(lie: bytes) -> None:
    with pytest.raises(wire.Unbelievable):
        wire.hear(lie)


def test_a_column_that_no_reader_writes_is_not_believed() -> None:
    backwards = dataclasses.replace(PROFILE.column, position=PROFILE.column.position[::-1].copy())
    with pytest.raises(wire.Unbelievable):
        wire.hear(b"".join(wire.tell(dataclasses.replace(PROFILE, column=backwards))))


def test_findings_travel_masked() -> None:
    finding = Finding(detail=Detail.NAME, line=4, masked="J…")
    heard = wire.hear(b"".join(wire.tell(dataclasses.replace(PROFILE, findings=(finding,)))))
    assert isinstance(heard, Profile)
    assert heard.findings == (finding,)


def test_bytes_bent_at_random_are_unbelievable_or_whole() -> None:
    chance = random.Random(5)  # noqa: S311 (no secret)
    for _ in range(20_000):
        bent = bytearray(SAID)
        for _ in range(chance.choice((1, 2, 8))):
            bent[chance.randrange(len(bent))] = chance.randrange(256)
        try:
            heard = wire.hear(bytes(bent))
        except wire.Unbelievable:
            continue
        assert isinstance(heard, Profile | FileRefused)


def test_an_honest_child_stays_below_what_is_listened_to() -> None:
    assert len(SAID) < wire.most(dataclasses.replace(DEFAULT, records=2, allele_text=4))
