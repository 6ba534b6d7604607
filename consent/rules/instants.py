"""The instants at which time alone could change an answer: when something begins, ends, lapses or comes due.

Too many are harmless, one too few is not. Which of them comes next is asked in decision.horizon.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from consent.rules import families
from consent.rules.authority import grace_end, of_age_at
from consent.rules.modifiers import end_of_term, months_of, until_of
from consent.rules.precedence import EVERYTHING
from consent.terms import DataUse, Modifier, Policy, Relations, Side, Statement, Subject


def of_use(use: DataUse) -> Iterator[datetime | None]:
    """When the papers of a request run out."""
    yield use.project.valid_to
    yield use.ethics.valid_to
    if use.le is not None and use.le.judicial_authorisation is not None:
        yield use.le.judicial_authorisation.valid_to


def of_subject(subject: Subject, policy: Policy) -> Iterator[datetime | None]:
    """What happens to a person, whatever she said."""
    yield from (subject.died_at, subject.erased_at, subject.dissent_until, of_age_at(subject, policy))
    for hold in subject.freezes:
        yield from (hold.since, hold.until)


def of_statement(statement: Statement) -> tuple[datetime | None, ...]:
    """When a statement begins, ends or comes due, whoever asks."""
    due = statement.form.reconsent_due
    return statement.recorded_at, statement.effective_at, statement.valid_to, due


def of_modifiers(modifiers: Iterable[Modifier], use: DataUse) -> Iterator[datetime | None]:
    """When a condition begins or ceases to be met by this use."""
    first = use.project.first_access_at
    for modifier in modifiers:
        if modifier.code == "MOR":
            yield until_of(modifier)
        elif modifier.code == "TS" and first is not None and (months := months_of(modifier)) is not None:
            yield end_of_term(first, months)


def of_person(
    subject: Subject, statements: Iterable[Statement], use: DataUse, policy: Policy
) -> Iterator[datetime | None]:
    """What happens to a person and to those of her statements that this use can touch."""
    yield from of_subject(subject, policy)
    touched = families.touched(use)
    for family in touched:
        yield grace_end(of_age_at(subject, policy), family, policy)
    for statement in statements:
        if statement.family in touched or statement.family == EVERYTHING:
            yield from of_statement(statement)
            yield from of_modifiers(statement.modifiers, use)


def of_relations(relations: Relations, use: DataUse, policy: Policy) -> Iterator[datetime | None]:
    """The same for everybody else whose consent counts."""
    sides: tuple[Side | None, ...] = (relations.mz_twin, relations.requesting_participant)
    for side in sides:
        if side is not None:
            yield from of_person(side.subject, side.statements, use, policy)
