"""A paper desk for tests: scans, readings, and what came of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from consent import (
    forms,
    paper,
    records,
)
from consent.models import PaperMove
from consent.readings import Answer, Reading, Signature
from consent.terms import Verb
from tests.world import NOW

State = PaperMove.State


SIGNED = Signature(present=True, on=NOW.date() - timedelta(days=3))


WHEN = datetime(2026, 5, 29, 12, tzinfo=UTC)  # the day of SIGNED


def scan(content="1", **changes):
    return replace(paper.Scan(sha256=content * 64, size=9, media_type="image/png"), **changes)


def received(person, form=None, *, content="1"):
    form = form or forms.current("F-ADULT")
    return paper.receive(person, form, scan(content), language="en", by="clara", at=NOW)


def read(sheet, *, signature=SIGNED, lists=None, **answers):
    """A reading: what is not named is blank. Clause ids are written with _ for -."""
    said = {id.replace("_", "-"): Answer(answer) for id, answer in answers.items()}
    ids = [clause.id for clause in forms.clauses(sheet.form)]
    return Reading(
        answers={**dict.fromkeys(ids, Answer.BLANK), **said}, lists=lists or {}, signature=signature
    )


def key(sheet, *, by="clara", **said):
    return paper.key(sheet, read(sheet, **said), by=by, at=NOW)


def keyed_alike(sheet, **said):
    key(sheet, by="clara", **said)
    return key(sheet, by="carl", **said)


def says(person):
    """The last word on each family."""
    return {one.family: str(one.decision) for one in records.of(person)}


def last_yes(person, family):
    return [one for one in records.of(person) if one.family == family and one.decision is Verb.GRANT][-1]


def left(sheet):
    return sheet.moves.get(state=State.APPLIED).facts["left"]
