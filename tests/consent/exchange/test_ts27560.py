"""Receipts in the manner of ISO/IEC TS 27560: every kind of statement against the shipped schema."""

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from django.db import connection
from hypothesis import given

import consent
from consent import receipts, records
from consent.canonical import canonical
from consent.duo import MODIFIERS
from consent.errors import SealBroken
from consent.events import CONTINUED, DENIED, GIVEN, WITHDRAWN
from consent.exchange.ts27560 import SEALED, Controller, Receipt, digest, record, told
from consent.ledger import log
from consent.models import LedgerOpening, Statement
from consent.rules.modifiers import is_whole
from consent.terms import (
    AfterDeath,
    Authority,
    Capacity,
    Level,
    Modifier,
    Paper,
    Permission,
    SignIn,
    Source,
    Verb,
)
from consent.terms import Statement as Said
from tests.bereaved import bereave
from tests.cast import (
    CANCER,
    CHILD_FORM,
    GUARDIAN,
    NEXT_OF_KIN,
    NOW,
    SIGNED,
    SOMEBODY,
    no,
    says,
    stop,
    yes,
)
from tests.properties.worlds import statements
from tests.unsafe import unsafe_without_triggers
from tests.world import World

SCHEMA = json.loads((Path(consent.__file__).parent / "data/schemas/receipt.schema.json").read_text())
TEXTS = {"en": "ab" * 32, "id": "cd" * 32}
HOUSE = Controller(name="A biobank", contact="ask@example.org")
EVENT = UUID(int=7)
FILE = "9b2f0c8e-0000-4000-8000-000000000001"
UNWRITTEN = replace(no("QC").form, id="", version="", offers=frozenset(), le_notice=False)


def _no(said: Said) -> Said:
    """A no needs no form."""
    return replace(said, form=UNWRITTEN)


KINDS: dict[str, Said] = {
    "grant": yes("RESEARCH", Permission("DS", (CANCER,)), valid_to=NOW, after_death=AfterDeath.NOK_DECIDES),
    "grant on conditions": yes(
        "RESEARCH", Permission("GRU"), modifiers=(Modifier.of("GS", regions=["EU"]), Modifier.of("NCTRL"))
    ),
    "grant to police": yes("LE.HOM"),
    "deny": _no(no("LE.HOM")),
    "withdraw one": _no(stop("RESEARCH")),
    "withdraw everything": _no(stop("*")),
    "continue": _no(says(Verb.CONTINUE, "RESEARCH", continues=1, authority=NEXT_OF_KIN)),
    "paper read once": yes("QC", source=Source.PAPER, paper=Paper("clerk1")),
    "paper read alike": yes("QC", source=Source.PAPER, paper=Paper("clerk1", "clerk2", True)),
    "guardian": yes("RESEARCH", Permission("HMB"), authority=GUARDIAN, form=CHILD_FORM),
    "unverified guardian": _no(no("RESEARCH", authority=SOMEBODY)),
    "proxy": yes("CLINICAL", authority=Authority(Capacity.PROXY, True)),
    "one file": yes("CLINICAL", level=Level.FILE, file=FILE),
    "codes that are not honoured": yes("RESEARCH", Permission("GRU-CC"), modifiers=(Modifier("UNHEARD"),)),
}


def made(said: Said, *, signed_in: str = "") -> Receipt:
    texts = TEXTS if said.form.id else {}
    kept = record(said, participant="P-1", commitment=b"\x01" * 32, texts=texts, signed_in=signed_in)
    return told(kept, said, controller=HOUSE, event=EVENT)


def complaints(receipt: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(receipt)]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_statement_has_a_receipt_that_fits_the_schema(kind: str):
    assert complaints(json.loads(canonical(made(KINDS[kind])))) == []


def can_be_recorded(said: Said) -> bool:
    """No verb records a condition that cannot be met, nor continues what is not there."""
    return said.continues is None and all(one.code in MODIFIERS and is_whole(one) for one in said.modifiers)


@given(statements(["RESEARCH", "AI", "CLINICAL"]).filter(can_be_recorded))
def test_whatever_was_said_has_a_receipt_that_fits_the_schema(said: Said):
    assert complaints(json.loads(canonical(made(said)))) == []


def test_a_receipt_says_who_what_when_how_and_under_which_words():
    receipt = made(KINDS["grant"], signed_in="passkey")
    purpose = receipt["pii_processing"]["purposes"][0]
    assert purpose["purpose"] == "RESEARCH"
    assert purpose["permissions"] == [
        {"code": "DS", "duo": "DUO:0000007", "parameters": {"diseases": [CANCER]}}
    ]
    assert purpose["retention_period"] == {
        "from": "2025-01-10T09:00:00Z",
        "until": "2026-06-01T12:00:00Z",
        "after_death": "NOK_DECIDES",
    }
    assert receipt["pii_processing"]["privacy_notice"]["text_sha256"] == TEXTS
    event = receipt["event"]
    assert (event["event_type"], event["event_state"]) == ("consent_given", "ConsentGiven")
    assert (event["entity_id"], event["entity_capacity"], event["signed_in"]) == ("P-1", "SELF", "passkey")
    assert receipt["party_identification"][0]["party_name"] == "A biobank"
    assert receipt["ledger"]["event"] == str(EVENT)


def test_conditions_carry_their_duo_id_and_parameters_and_ours_carry_none():
    purpose = made(KINDS["grant on conditions"])["pii_processing"]["purposes"][0]
    assert purpose["geographic_restrictions"] == ["EU"]
    assert purpose["conditions"] == [
        {"code": "GS", "duo": "DUO:0000022", "parameters": {"regions": ["EU"]}},
        {"code": "NCTRL", "duo": None, "parameters": {}},
    ]


def test_the_police_notice_is_named_where_it_applies():
    assert made(KINDS["grant to police"])["pii_processing"]["privacy_notice"]["police_notice"] is True
    assert made(KINDS["grant"])["pii_processing"]["privacy_notice"]["police_notice"] is False
    assert made(KINDS["deny"])["pii_processing"]["privacy_notice"] is None


def test_on_paper_it_says_whether_two_people_read_it_alike():
    assert made(KINDS["paper read once"])["event"]["two_readers"] is False
    assert made(KINDS["paper read alike"])["event"]["two_readers"] is True
    assert made(KINDS["grant"])["event"]["two_readers"] is None


def _forget(*path: str) -> Callable[[dict[str, Any]], None]:
    def spoil(receipt: dict[str, Any]) -> None:
        at: Any = receipt
        for name in path[:-1]:
            at = at[name]
        del at[path[-1]]

    return spoil


def _write(value: object, *path: Any) -> Callable[[dict[str, Any]], None]:
    def spoil(receipt: dict[str, Any]) -> None:
        at: Any = receipt
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value

    return spoil


PURPOSE = ("pii_processing", "purposes", 0)


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("grant", _forget("commitment")),
        ("grant", _forget("event", "event_time")),
        ("grant", _forget("party_identification")),
        ("grant", _write("2026-06-01", "event", "event_time")),
        ("grant", _write("yes", "holds_today")),
        ("grant", _write(None, "pii_processing", "privacy_notice")),
        ("grant", _write("LE.NVC", *PURPOSE, "purpose")),
        ("grant", _write("*", *PURPOSE, "purpose")),
        ("grant", _write("legitimate interest", *PURPOSE, "lawful_basis")),
        ("grant", _write("DUO:7", *PURPOSE, "permissions", 0, "duo")),
        ("grant", _write("ConsentWithdrawn", "event", "event_state")),
        ("grant to police", _write(False, "pii_processing", "privacy_notice", "police_notice")),
        ("withdraw one", _write("ConsentGiven", "event", "event_state")),
        (
            "withdraw everything",
            _write([{"code": "CC", "duo": None, "parameters": {}}], *PURPOSE, "conditions"),
        ),
        ("deny", _write("ConsentGiven", "event", "event_state")),
        ("continue", _write(None, "event", "continues")),
        ("deny", _write(3, "event", "continues")),
        ("paper read once", _write(None, "event", "two_readers")),
        ("grant", _write(True, "event", "two_readers")),
        ("grant", _write("ab", "pii_processing", "privacy_notice", "text_sha256", "en")),
    ],
)
def test_a_receipt_that_is_not_one_does_not_fit_the_schema(kind: str, spoil: Callable[[Any], None]):
    spoiled = copy.deepcopy(json.loads(canonical(made(KINDS[kind]))))
    spoil(spoiled)
    assert complaints(spoiled)


def test_the_digest_covers_the_record_and_not_what_is_told_beside_it():
    receipt = made(KINDS["grant"])
    vouched = {name: part for name, part in receipt.items() if name in SEALED}
    bare = json.dumps(vouched, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert receipt["ledger"]["receipt_digest"] == digest(receipt) == hashlib.sha256(bare).hexdigest()
    other = told(receipt, KINDS["grant"], controller=Controller(name="B", contact="b"), event=UUID(int=8))
    assert digest(other) == digest(receipt)
    assert digest(made(replace(KINDS["grant"], recorded_at=SIGNED.replace(year=2024)))) != digest(receipt)
    assert digest(made(KINDS["grant"], signed_in="passkey")) != digest(receipt)


# --- from rows ---


@pytest.mark.django_db
@pytest.mark.server
def test_a_rows_receipt_is_the_same_bytes_whenever_it_is_asked_for():
    ada = World().join("Ada")
    row = Statement.objects.get(participant=ada)
    before = canonical(receipts.receipt(row))
    records.withdraw(ada, by="self", at=NOW)
    again = receipts.receipt(Statement.objects.get(seq=row.seq))
    assert canonical(again) == before
    assert complaints(json.loads(before)) == []
    for other in Statement.objects.filter(participant=ada):
        assert complaints(json.loads(canonical(receipts.receipt(other)))) == []
    assert again["ledger"]["event"] == str(row.event)


@pytest.mark.django_db
def test_the_ledger_carries_the_digest_of_every_receipt():
    world = World()
    ada = world.join("Ada")
    records.deny(ada, "AI", by="self", at=NOW)
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    left = world.give(ada, "QC", after_death=AfterDeath.NOK_DECIDES)
    bereave(ada, by="widow", at=NOW)
    records.uphold(ada, left, by="widow", at=NOW, sign_in=SignIn("totp", NOW))
    events = log.openings(kind.tag for kind in (GIVEN, DENIED, WITHDRAWN, CONTINUED))
    rows = ada.statements.select_related("form", "participant")
    assert {row.family for row in rows} == {"RESEARCH", "AI", "QC"}
    assert len(events) == len(rows) == 5
    for row in rows:
        assert events[str(row.event)]["fields"]["receipt"] == digest(receipts.receipt(row))


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "signed_in"), [("passkey", "passkey"), ("", None), (None, None)])
def test_a_receipt_says_how_she_proved_who_she_is_as_the_ledger_remembers(said, signed_in):
    row = World().join("Ada").statements.get()
    opening = LedgerOpening.objects.get(event__uid=row.event)
    body = json.loads(opening.body)
    body["fields"]["signed_in"] = said
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {LedgerOpening._meta.db_table} SET body = %s WHERE event_id = %s",  # noqa: S608
            [json.dumps(body), opening.pk],
        )
    assert receipts.receipt(row)["event"]["signed_in"] == signed_in


@pytest.mark.django_db
def test_a_receipt_does_without_the_ledgers_opening():
    row = World().join("Ada").statements.get()
    row.event = UUID(int=9)
    assert receipts.receipt(row)["event"]["signed_in"] is None


@pytest.mark.django_db
def test_a_tampered_row_has_no_receipt():
    row = World().join("Ada").statements.get()
    row.body = row.body.replace("GRU", "NRES")
    with pytest.raises(SealBroken):
        receipts.receipt(row)
