"""Which of the ledger's events fit a search (broker.ledger_search), as a filter for the database.

Who did something and about whom stand in an event's opening; of an opening that went with an erased person
only kind and time are left to find it by.
"""

import json
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Substr
from django.db.models.lookups import Exact

from broker.ledger_search import ID, ROLES, Search, Term, kinds_named, kinds_of_outcome
from broker.models import Appointment, Job, User
from consent.models import LedgerEvent

# An opening is canonical JSON, so its keys stand in order: at, by, fields, kind, subject. An instant has 20
# characters, or 27 with its microseconds; behind it begins the actor.
ACTOR_AT = (len('{"at":"') + 21, len('{"at":"') + 28)
BEFORE_ACTOR = '","by":"'
THINGS = ("job:", "case:", "query:", "user:")  # how a subject names what has an id


def narrow(events: QuerySet[LedgerEvent], search: Search) -> QuerySet[LedgerEvent]:
    """Those that fit every word of the search."""
    words = {term.word for term in search.terms}
    for word in sorted(words):
        if terms := search.of(word):
            events = events.filter(_any(terms))
        for term in search.of(word, without=True):
            # An opening that is gone says nothing, so it is not what is to be left out.
            events = events.filter(~_fits(term) | Q(opening__isnull=True))
    return events


def _any(terms: Iterable[Term]) -> Q:
    return reduce(or_, map(_fits, terms))


def _fits(term: Term) -> Q:
    match term.word:
        case "after":
            return Q(at__gte=term.value)
        case "before":
            return Q(at__lt=term.value)
    value = str(term.value)
    match term.word:
        case "actor":
            return _by(value)
        case "asker":
            return _by(value) | _of_jobs_of(value)
        case "purpose":
            return _for(value)
        case "outcome":
            return _ended(value)
        case "kind":
            return Q(kind__in=kinds_named(value))
        case "case":
            return Q(opening__body__contains=f'"case:{value}')
        case "job":
            return _says("job", value, whole=False) | Q(opening__subject__startswith=f"job:{value}")
        case _:
            return _about(value)


def _by(value: str) -> Q:
    if value in ROLES:
        holders = Appointment.objects.filter(role=value, confirmed_by__isnull=False)
        return _any_of(
            _actor(f"user:{id_}", whole=True)
            for id_ in holders.values_list("user__public_id", flat=True).distinct()
        )
    bare = value.lower().removeprefix("user:")
    if ID.fullmatch(bare):
        return _actor(f"user:{bare}", whole=False) | _actor(value, whole=True)
    return _actor(value, whole=True)


def _actor(name: str, *, whole: bool) -> Q:
    text = BEFORE_ACTOR + _written(name) + ('"' if whole else "")
    return _any_of(Q(Exact(Substr("opening__body", start, len(text)), Value(text))) for start in ACTOR_AT)


def _of_jobs_of(login: str) -> Q:
    """What the worker wrote of the jobs that this login asked for."""
    bare = login.lower().removeprefix("user:")
    if not ID.fullmatch(bare):
        return Q(pk__in=())
    return Q(opening__subject__in=_subjects(Job.objects.filter(query__asked_by__in=_logins(bare))))


def _logins(bare: str) -> list[int]:
    """Whose id begins so; told apart here, for databases keep ids in different ways."""
    return [pk for pk, id_ in User.objects.values_list("pk", "public_id") if str(id_).startswith(bare)]


def _for(code: str) -> Q:
    """Events that name the code, and those of every job that was asked for it, however many they are: the
    database looks them up itself."""
    asked = Job.objects.annotate(said=Cast("query__purposes", TextField())).filter(said__contains=f'"{code}"')
    return Q(opening__body__contains=f'"{code}"') | Q(opening__subject__in=_subjects(asked))


def _subjects(jobs: QuerySet[Job]) -> QuerySet[Job, tuple[str]]:
    """How events name these jobs."""
    return jobs.values_list(Concat(Value("job:"), _Dashed("pk"), output_field=TextField()))


class _Dashed(Func):
    """An id as the ledger writes it, where the database keeps 32 letters side by side."""

    output_field = TextField()
    template = "CAST(%(expressions)s AS text)"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        ends = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        pieces = " || '-' || ".join(f"substr(%(expressions)s, {start}, {size})" for start, size in ends)
        return self.as_sql(compiler, connection, template=pieces, **extra)


def _ended(outcome: str) -> Q:
    found = Q(kind__in=kinds_of_outcome(outcome))
    if outcome in {"refused", "approved"}:
        says = json.dumps(outcome == "approved")
        found |= Q(kind__endswith=":decided", opening__body__contains=f'"approves":{says}')
    return found


def _about(text: str) -> Q:
    """Whose subject begins or ends with a text, or is a thing whose id begins with it."""
    things = THINGS if ID.fullmatch(text) else ()
    return _any_of(
        [
            Q(opening__subject__iendswith=text),
            *(Q(opening__subject__istartswith=thing + text) for thing in ("", *things)),
        ]
    )


def _says(field: str, value: str, *, whole: bool) -> Q:
    return Q(opening__body__contains=f'"{field}":"{_written(value)}' + ('"' if whole else ""))


def _written(text: str) -> str:
    """As it stands between the quotation marks of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _any_of(conditions: Iterable[Q] | Iterator[Q]) -> Q:
    """Any of them; none fits nothing."""
    return reduce(or_, conditions, Q(pk__in=()))
