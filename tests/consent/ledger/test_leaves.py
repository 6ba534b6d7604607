"""What a leaf says, byte for byte."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.canonical import canonical
from consent.ledger import leaves


@given(st.text(), st.text(), st.binary())
def test_leaf_data_is_the_canonical_json_of_its_three_texts(uid, kind, commitment):
    whole = canonical({"uid": uid, "kind": kind, "commitment": commitment.hex()})
    assert leaves.leaf_data(uid=uid, kind=kind, commitment=commitment) == whole


def test_leaf_data_is_written_like_this():
    data = leaves.leaf_data(uid="u-1", kind="a:b:c", commitment=b"\x01\xff")
    assert data == b'{"commitment":"01ff","kind":"a:b:c","uid":"u-1"}'


NUMBERS = st.integers(-leaves.LARGEST, leaves.LARGEST)


@given(st.text() | st.lists(NUMBERS | st.none()) | st.dictionaries(st.text(), st.booleans()))
def test_a_line_is_read_as_json_reads_it(value):
    assert leaves.from_text(json.dumps(value) + "\n") == value


@pytest.mark.parametrize("text", ["", "\n", "no", "{}{}", "{} 1", '{"a": 1}x', "[1"])
def test_a_line_that_is_not_one_value_is_refused(text):
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        leaves.from_text(text)


def test_a_commitment_is_the_hash_of_salt_and_body():
    assert leaves.commit(b"salt", "é") == hashlib.sha256(b"salt\xc3\xa9").digest()
