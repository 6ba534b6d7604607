"""The gate lock: releases hold it beside each other, and no change of consent beside any of them."""

import pytest
from django.db import connection, transaction

from consent import fence
from consent.errors import OutsideTransaction
from consent.models.people import Change


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_a_release_keeps_changes_out_and_a_change_keeps_all_out():
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the transaction itself is the lock")
    other = connection.copy()

    def may(*functions: str) -> list[bool]:
        """Whether somebody else would get the lock now, by the way she asks for it."""
        told = []
        for function in functions:
            with other.cursor() as cursor:
                cursor.execute(f"SELECT {function}(%s)", [fence.LOCK])
                told += cursor.fetchone()
            other.rollback()
        return told

    release, change = "pg_try_advisory_xact_lock_shared", "pg_try_advisory_xact_lock"
    try:
        other.set_autocommit(False)
        assert may(release, change) == [True, True]
        with transaction.atomic():
            fence.hold()
            assert may(release, change) == [True, False]
        with transaction.atomic():
            fence.advance([])
            assert may(release, change) == [False, False]
        assert may(release, change) == [True, True], "it ends with the transaction"
    finally:
        other.close()


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_lock_would_end_at_once_and_is_refused():
    before = Change.objects.count()
    for verb in (fence.hold, lambda: fence.advance([])):
        with pytest.raises(OutsideTransaction, match="nothing was changed"):
            verb()
    assert Change.objects.count() == before


@pytest.mark.django_db
def test_a_past_of_this_house_is_remembered_and_no_other():
    empty = fence.newest()
    assert fence.remembers(*empty)
    with transaction.atomic():
        first = fence.advance([])
    position, mark = fence.newest()
    assert position == first
    assert fence.remembers(position, mark)
    assert fence.remembers(*empty), "the beginning is a past of every house"
    assert not fence.remembers(position, bytes(len(mark))), "of the same length, and another history"
    assert not fence.remembers(position + 1, mark)
