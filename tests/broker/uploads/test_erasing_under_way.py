"""Whatever is under way for somebody when she is erased, the ledger can be checked afterwards."""

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import checks, erasing, leftovers, notices, oversight, people, uploads
from broker.models import Channel, Upload, UploadState, User
from consent import erasure, forms, records
from consent.events import ERASED
from consent.ledger import audit, log
from consent.models import LedgerEvent, LedgerOpening, Participant
from consent.terms import Permission, SignIn
from genomics.errors import IntakeShut
from tests.broker.uploads.sending import FILE, arrived, begun, sent
from tests.builders import vcf
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1)


def another() -> bytes:
    """A file that nobody has sent yet."""
    return vcf([("20", 1_000_000 + next(_numbers), "A", "T", "0/1")])


def bring(user: User, state: UploadState, patch: pytest.MonkeyPatch) -> Upload:
    """An upload of hers in this state, by the ways that lead there."""
    match state:
        case UploadState.ARRIVING:
            upload = begun(user, another())
        case UploadState.ARRIVED:
            upload = arrived(user, another())
        case UploadState.CHECKING:
            upload = arrived(user, another())
            with patch.context() as meanwhile:
                meanwhile.setattr(checks, "receive", _shut)
                with pytest.raises(IntakeShut):
                    checks.run(upload.pk, clock=lambda: NOW)
        case UploadState.HELD:
            upload = arrived(user, another())
            with patch.context() as meanwhile:
                meanwhile.setattr(checks.settings, "REVIEW_HOURS", 48)
                checks.run(upload.pk, clock=lambda: NOW)
        case UploadState.TAKEN:
            upload = arrived(user, another())
            checks.run(upload.pk, clock=lambda: NOW)
        case UploadState.REFUSED:
            upload = arrived(user, FILE.replace(b"0/1", b"0/x"))
            checks.run(upload.pk, clock=lambda: NOW)
        case UploadState.ENDED:
            upload = sent(begun(user), FILE[:20])
            uploads.stop(upload, by=user, at=NOW)
        case UploadState.EXPIRED:
            upload = begun(user)
            Upload.objects.filter(pk=upload.pk).update(expires_at=NOW)
            leftovers.expire(at=NOW)
    upload.refresh_from_db()
    assert upload.state == state
    return upload


def _shut(*_args: object, **_facts: object) -> None:
    raise IntakeShut("no walls")


def do(user: User, act: str, patch: pytest.MonkeyPatch) -> None:
    person = user.own_record.participant
    match act:
        case "give":
            form = forms.current("F-ADULT")
            assert form is not None
            wording = records.Wording(permissions=(Permission(code="GRU"),))
            sign_in = SignIn("totp", NOW)
            records.give(person, "RESEARCH", form=form, by="self", at=NOW, wording=wording, sign_in=sign_in)
        case "withdraw":
            records.withdraw(person, "RESEARCH", by=user.reference, at=NOW)
        case "channel":
            notices.add_channel(user, Channel.Kind.EMAIL, f"eve{next(_numbers)}@example.org", at=NOW)
        case "expire":
            leftovers.expire(at=NOW + timedelta(days=3))
        case state:
            bring(user, UploadState(state), patch)


def hold(person: Participant) -> None:
    """The ledger is whole, says of her that she was erased, and erasures tell of all that is gone."""
    log.sequence(at=NOW)
    assert audit.verify(also=oversight.ALSO).problems == ()
    said = LedgerOpening.objects.filter(subject=person.pseudonym)
    assert list(said.values_list("event__kind", flat=True)) == [ERASED.tag]
    told: Counter[str] = Counter()
    for one in log.openings([ERASED.tag]).values():
        told.update(one["fields"]["openings"])
    gone = LedgerEvent.objects.filter(opening__isnull=True)
    assert told == Counter(gone.values_list("kind", flat=True))


@pytest.mark.parametrize("state", UploadState)
def test_erasing_with_an_upload_in_any_state_leaves_the_ledger_whole(eve, state, monkeypatch):
    person = eve.own_record.participant
    bring(eve, state, monkeypatch)
    erasing.erase(person, by=eve.reference, at=NOW)
    hold(person)


ACTS = ("give", "withdraw", "channel", "expire", *UploadState)


@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=6))
def test_whatever_she_did_before_the_ledger_is_whole_after_erasing(world, acts):
    number = next(_numbers)
    user = people.sign_up(f"eve{number}", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)
    person = user.own_record.participant
    with pytest.MonkeyPatch.context() as patch:
        for act in acts:
            do(user, act, patch)
    erasing.erase(person, by=user.reference, at=NOW)
    hold(person)


def test_more_than_one_statement_can_name_is_counted(eve, monkeypatch):
    monkeypatch.setattr(erasure, "_AT_ONCE", 2)
    person = eve.own_record.participant
    for _ in range(3):
        begun(eve, another())
    erasing.erase(person, by=eve.reference, at=NOW)
    hold(person)
