"""Many events at once say, and are kept, as one by one; and a batch is written whole or not at all."""

import uuid
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from consent.canonical import canonical
from consent.errors import EventRefused, LedgerUnavailable, OutsideTransaction
from consent.ledger import batches, log
from consent.ledger.leaves import as_text, commit
from consent.models import LedgerEvent
from tests.consent.ledger.build import AT, HAPPENED, happen

pytestmark = [pytest.mark.server, pytest.mark.django_db]

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def written(*fields: dict[str, Any], subject: str = "P-1") -> int:
    with transaction.atomic():
        return batches.append(HAPPENED, [(subject, one) for one in fields], at=AT, by="user:7")


def test_a_batch_is_kept_as_its_events_would_be_one_by_one():
    fields = {"what": "thing ü", "times": [1, None, True]}
    happen(1)
    assert written(fields, {"what": None, "times": 3}) == 2
    with transaction.atomic():
        alone = log.append(HAPPENED, at=AT, by="user:7", subject="P-1", **fields)
    first, second = LedgerEvent.objects.filter(pk__lt=alone.pk).order_by("-id")[:2][::-1]
    assert first.opening.body == alone.opening.body
    assert second.opening.said["fields"] == {"what": None, "times": 3}
    for event in (first, second):
        assert commit(bytes(event.opening.salt), event.opening.body) == bytes(event.commitment)
        assert (event.kind, event.at, event.opening.subject) == (HAPPENED.tag, AT, "P-1")
    assert bytes(first.opening.salt) != bytes(second.opening.salt)
    log.sequence(at=AT)
    assert log.verify().ok
    assert log.proof(second).holds(log.checkpoints.signer())


def test_every_event_of_a_batch_has_an_id_of_its_own():
    written(*({"what": str(n), "times": n} for n in range(700)))
    uids = list(LedgerEvent.objects.order_by("id").values_list("uid", flat=True))
    assert len(set(uids)) == len(uids) == 700
    assert {(one.version, one.variant) for one in uids} == {(4, uuid.RFC_4122)}


@pytest.mark.parametrize(
    ("fields", "subject", "told"),
    [
        ({"what": 1.5, "times": 1}, "P-1", "what is not text"),
        ({"what": "\ud800", "times": 1}, "P-1", "what is not text"),
        ({"what": b"x", "times": 1}, "P-1", "what is not text"),
        ({"what": "x"}, "P-1", "it lacks times"),
        ({"what": "x", "times": 1, "more": 1}, "P-1", "no place for more"),
        ({"what": "x", "times": 1}, "P" * 201, "longer than 200"),
        ({"what": "x", "times": 1}, "\udfff", "its subject is not text"),
        ({"what": "x", "times": 1}, None, "its subject is not text"),
    ],
)
def test_one_event_that_does_not_fit_refuses_the_batch(fields: dict[str, Any], subject: Any, told: str):
    good = {"what": "x", "times": 1}
    with pytest.raises(EventRefused, match=told), transaction.atomic():
        batches.append(HAPPENED, [("P-0", good), (subject, fields)], at=AT, by="user:7")
    assert not LedgerEvent.objects.exists()
    with pytest.raises(EventRefused, match="nobody is named"), transaction.atomic():
        batches.append(HAPPENED, [("P-0", good)], at=AT, by="")


def test_what_the_database_refuses_is_told_as_a_ledger_that_cannot_be_written(monkeypatch):
    monkeypatch.setattr(batches, "_uids", lambda many: ["0" * 32] * many)
    good = {"what": "x", "times": 1}
    with pytest.raises(LedgerUnavailable), transaction.atomic():
        batches.append(HAPPENED, [("P-0", good), ("P-1", good)], at=AT, by="user:7")
    assert not LedgerEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_batch_outside_a_transaction_is_refused():
    with pytest.raises(OutsideTransaction):
        batches.append(HAPPENED, [("P-0", {"what": "x", "times": 1})], at=AT, by="user:7")
    assert not LedgerEvent.objects.exists()


@given(PLAIN)
def test_the_quick_writer_writes_what_is_canonical(value: Any):
    assert as_text(value).encode() == canonical(value)
