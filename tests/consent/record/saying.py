"""What is said in these tests, and what then speaks."""

from consent import forms, records
from consent.rules.precedence import heads
from consent.terms import Permission, SignIn
from tests.world import NOW

GRU = Permission(code="GRU")


def adult():
    form = forms.current("F-ADULT")
    assert form is not None
    return form


def say(person, family, *, by="self", at=NOW, sign_in: SignIn | None = None, form=None, **wording):
    """A yes of somebody who has just shown a passkey."""
    proof = sign_in or SignIn("passkey", at)
    said = records.Wording(**wording)
    row = records.give(person, family, form=form or adult(), by=by, at=at, wording=said, sign_in=proof)
    return records.read(row, person.pseudonym)


def spoken(person, family, at):
    return [head.seq for head in heads(records.of(person), family, None, at).all]
