"""Statements as FHIR, whole and damaged, for these tests."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from consent.duo import MODIFIERS
from consent.exchange import fhir_in, fhir_out
from consent.exchange import fhir_words as fhir
from consent.purposes import FAMILIES
from consent.terms import (
    Modifier,
    Permission,
    Statement,
    Verb,
)
from tests.cast import (
    CANCER,
    MELANOMA,
    NOW,
    POLICY,
)
from tests.properties.worlds import statements

HER = "P-2345-6789"


GRU, HMB = Permission("GRU"), Permission("HMB")


DS = Permission("DS", (CANCER, MELANOMA))


MOMENT = timedelta(microseconds=1)


KINDS = (GRU, HMB, DS, Permission("NRES"), Permission("POA"))


def back(data: object) -> tuple[Statement, ...]:
    """What is read, after it went through JSON as others would send it."""
    found = fhir_in.proposals(json.loads(json.dumps(data)), participant=HER, policy=POLICY)
    return tuple(one.said for one in found)


def out(*said: Statement) -> dict[str, Any]:
    return fhir_out.bundle(said, participant=HER)


STATED = {
    "regions": ["EU", "US-MD"],
    "months": 12,
    "until": "2027-01-01T00:00:00Z",
    "topics": ["ageing"],
    "users": ["u1"],
    "projects": ["PRJ1"],
    "institutions": ["inst1"],
}


WHOLE = {
    code: Modifier.of(code, **({term.parameter: STATED[term.parameter]} if term.parameter else {}))
    for code, term in MODIFIERS.items()
}


@st.composite
def whole(draw: st.DrawFn) -> Statement:
    """A statement as the verbs write it, with everything that may stand in one."""
    said = draw(statements([*FAMILIES]))
    permissions = draw(
        st.lists(st.sampled_from([GRU, HMB, DS, Permission("NRES"), Permission("POA")]), max_size=2)
    )
    if said.family == "RESEARCH" and said.decision is Verb.GRANT and not permissions:
        permissions = [GRU]
    return replace(
        said,
        permissions=tuple(permissions),
        modifiers=tuple(draw(st.lists(st.sampled_from(list(WHOLE.values())), max_size=3))),
        valid_to=draw(
            st.sampled_from([None, said.effective_at + timedelta(microseconds=1), NOW.replace(year=2031)])
        ),
        form=draw(st.sampled_from([said.form, fhir.NO_FORM])),
    )
