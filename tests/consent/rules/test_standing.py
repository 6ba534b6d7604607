"""How the person and the file stand."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.reasons import Reason
from consent.rules import standing
from consent.terms import File, FileState, Freeze, Subject
from tests.cast import NOW, born

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("subject", "reasons"),
    [
        (born(), []),
        (born(erased_at=NOW), [Reason.SUBJ_ERASED]),
        (born(erased_at=NOW + SECOND), []),
        (born(identity_verified=False), [Reason.SUBJ_IDENTITY_UNVERIFIED]),
        (born(freezes=(Freeze(NOW),)), [Reason.SUBJ_FROZEN]),
        (born(freezes=(Freeze(NOW + SECOND),)), []),
        (born(freezes=(Freeze(NOW - SECOND, NOW),)), []),
        (born(freezes=(Freeze(NOW - SECOND, NOW + SECOND),)), [Reason.SUBJ_FROZEN]),
        (born(freezes=(Freeze(NOW - SECOND, NOW), Freeze(NOW))), [Reason.SUBJ_FROZEN]),
        (
            born(erased_at=NOW, identity_verified=False, freezes=(Freeze(datetime(2020, 1, 1, tzinfo=UTC)),)),
            [Reason.SUBJ_ERASED, Reason.SUBJ_IDENTITY_UNVERIFIED, Reason.SUBJ_FROZEN],
        ),
    ],
)
def test_a_person_may_be_out_of_reach(subject: Subject, reasons: list[Reason]):
    assert list(standing.of_subject(subject, NOW)) == reasons


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (FileState.ACTIVE, []),
        (FileState.QUARANTINED, [Reason.FILE_QUARANTINED]),
        (FileState.ERASED, [Reason.FILE_ERASED]),
    ],
)
def test_only_an_active_file_is_read(state: FileState, reasons: list[Reason]):
    assert list(standing.of_file(File("GF1", state))) == reasons
