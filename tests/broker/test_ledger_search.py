"""What an auditor types in one box: read into words, refused in sentences, and found in the ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from broker import events, jobs, ledger_rows, ledger_search, queries
from broker.ledger_search import SearchRefused, Term, parse
from broker.models import Job
from consent import records
from consent.ledger import log
from consent.models import LedgerEvent, LedgerOpening
from tests.consent.ledger.build import happen, unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World, job_of


def read(text: str) -> list[Term]:
    return list(parse(text, at=NOW).terms)


def test_words_with_their_values_are_read():
    assert read("Actor:worker -outcome:refused  purpose:l.hom") == [
        Term("actor", "worker"),
        Term("outcome", "refused", without=True),
        Term("purpose", "L.HOM"),
    ]
    assert read('about:"P 1:2"') == [Term("about", "P 1:2")]
    assert read("by:user:1F3A subject:case:1") == [Term("actor", "user:1F3A"), Term("about", "case:1")]
    assert read("case:case:1F3A-22") == [Term("case", "1f3a-22")]
    assert read("  ") == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-31", datetime(2026, 5, 31, tzinfo=UTC)),
        ("2026-05-31T14:30", datetime(2026, 5, 31, 14, 30, tzinfo=UTC)),
        ("2026-05-31T14:30+07:00", datetime(2026, 5, 31, 7, 30, tzinfo=UTC)),
        ("36h", NOW - timedelta(hours=36)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, moment: datetime):
    assert read(f"after:{text}") == [Term("after", moment)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour:red", "“colour:” is no word of this search."),
        ("actr:worker", "Did you mean actor:?"),
        ("worker", "“worker” stands alone, and there is no search in free text."),
        ("actor:", "“actor:” has nothing behind it. For example: actor:investigator."),
        ("after:yesterday", "“yesterday” is no day. Write 2026-05-31"),
        ("after:2026-02-30", "“2026-02-30” is no day."),
        ("after:99999w", "is no day."),
        ("purpose:L.HOMO", "“L.HOMO” is no purpose. Known are: "),
        ("outcome:released2", "Known are: released"),
        ("kind:no:such:kind", "“no:such:kind” is no kind of event."),
        ("case:x", "“x” is no id. Write at least its first four letters"),
        ("after:7d after:8d", "“after:” is said twice"),
        ("after:2026-06-01 before:2026-05-01", "No event comes after that day"),
        ("-after:7d", "“-after:” means nothing"),
        ('about:"P', "A quotation mark is opened and not closed."),
        ("x" * 401, "longer than 400 characters"),
        ("actor:a " * 21, "more than 20 words"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(text: str, sentence: str):
    with pytest.raises(SearchRefused) as refused:
        read(text)
    assert sentence in str(refused.value)


def test_every_word_that_does_not_fit_is_told_at_once():
    with pytest.raises(SearchRefused) as refused:
        read("colour:red after:never outcome:released")
    assert len(refused.value.troubles) == 2


def test_every_example_and_every_value_that_is_named_can_be_asked():
    for name, word in ledger_search.WORDS.items():
        assert [term.word for term in read(word.example)] == [name]
    for outcome in ledger_search.OUTCOMES:
        assert read(f"outcome:{outcome}")
        assert ledger_search.kinds_of_outcome(outcome) or outcome == "alarm"
    for kind in ledger_search.KINDS:
        assert ledger_search.kinds_named(kind), kind


def found(text: str) -> list[str]:
    """The kinds of the events that fit, oldest first."""
    rows = ledger_rows.narrow(LedgerEvent.objects.all(), parse(text, at=NOW)).order_by("id")
    return list(rows.values_list("kind", flat=True))


def whole(text: str) -> int:
    return len(found(text))


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.django_db
def test_an_actor_is_found_by_role_by_id_and_by_name_alone(world: World):
    ada = world.join("Ada")
    records.withdraw(ada, by="self", at=NOW)
    world.case()
    ivan = world.staff.investigator
    opened = ["broker:case:opened", "broker:authorisation:recorded"]
    assert found("actor:investigator") == opened
    assert found(f"actor:{ivan.reference}") == opened
    assert found(f"actor:{str(ivan.public_id)[:8]}") == opened
    assert found("actor:self outcome:withdrawn") == ["consent:statement:withdrawn"]
    assert found("actor:sel") == []  # a name is said whole
    assert found("actor:counsel") == []


@pytest.mark.django_db
def test_an_actor_is_never_found_by_what_a_field_says():
    """A field may hold any text: one that looks like the actor's place must not be taken for it."""
    with transaction.atomic():
        for at in (NOW, NOW.replace(microsecond=7)):
            log.append(
                events.LEDGER_READ, at=at, by="user:7", subject="", what='x","by":"mallory","fields":{}'
            )
    assert found("actor:mallory") == []
    assert found('actor:"x"') == []
    assert whole("actor:user:7") == 2  # with and without microseconds


@pytest.mark.django_db
def test_a_purpose_finds_what_was_asked_and_what_was_said_and_the_jobs(world: World):
    world.crowd(3, says="Ada")
    world.case()
    query = queries.submit(world.carriers(), under=world.request("R.HMB"), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=50)
    assert found("purpose:R.HMB") == [
        "broker:request:submitted",
        "query:query:submitted",
        "query:job:cleared",
        "query:job:released",
        "query:manifest:sealed",
    ]
    assert "broker:case:opened" in found("purpose:L.HOM")
    assert found("purpose:RESEARCH outcome:given") == ["consent:statement:given"] * 3


@pytest.mark.server
@pytest.mark.django_db
def test_a_purpose_finds_the_oldest_job_among_very_many(world: World):
    """All of the ledger was searched, says the page."""
    query = queries.submit(world.carriers(), under=world.request("R.HMB"), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=50)
    later = NOW + timedelta(days=1)
    Job.objects.bulk_create([Job(query=query, created_at=later) for _ in range(5_001)], batch_size=500)
    assert "query:job:released" in found("purpose:R.HMB")
    assert "query:job:released" not in found("-purpose:R.HMB")
    assert "query:job:released" not in found("purpose:R.DS")


@pytest.mark.django_db
def test_an_outcome_knows_what_two_have_decided(world: World):
    world.case(sign=True)
    assert found("outcome:approved kind:broker:case") == ["broker:case:decided"] * 2
    assert found("outcome:refused") == []


@pytest.mark.django_db
def test_the_same_word_is_either_and_other_words_are_both(world: World):
    ada, ben = world.join("Ada"), world.join("Ben")
    both = whole(f"about:{ada.pseudonym} about:{ben.pseudonym}")
    assert both == whole(f"about:{ada.pseudonym}") + whole(f"about:{ben.pseudonym}")
    assert whole(f"about:{ada.pseudonym} outcome:given") == 1
    all_but = whole(f"about:{ada.pseudonym} -outcome:given")
    assert all_but == whole(f"about:{ada.pseudonym}") - 1


@pytest.mark.django_db
def test_what_an_erased_person_said_is_no_reason_to_leave_her_events_out():
    [first, _second] = happen(2)
    assert whole("-about:P-1") == LedgerEvent.objects.count() - 1
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(LedgerOpening).filter(event=first))
    assert whole("-about:P-1") == LedgerEvent.objects.count() - 1
    assert whole("about:P-0") == 0
