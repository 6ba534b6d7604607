"""Key epochs: they roll, everything is wrapped anew, and an old copy of the database opens nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from consent.models import LedgerEvent
from genomics._vault import epochs, keys
from genomics._vault import files as vault
from genomics.errors import VaultSealed
from genomics.intake import upkeep
from genomics.intake.receive import receive_evidence
from genomics.models import EvidenceKey, EvidenceProfile, ParticipantKey
from tests.builders import vcf
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def test_an_epochs_file_says_no_key_and_is_its_owners_alone(world: World, keys_dir: Path):
    world.join("Ada")
    (file,) = keys_dir.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert epochs.key(1) not in file.read_bytes()


def test_a_roll_wraps_everything_anew_and_everything_still_opens(world: World):
    people = world.crowd(5, says="Ada")
    before = [keys.of(person) for person in people]
    wraps = set(ParticipantKey.objects.values_list("wrapped", flat=True))
    assert upkeep.roll(by="worker", at=EARLIER + DAY / 2).rewrapped == 0
    rolled = upkeep.roll(by="worker", at=EARLIER + DAY)
    assert (rolled.epoch, rolled.rewrapped, rolled.destroyed) == (2, 5, ())
    assert [keys.of(person) for person in people] == before
    assert not wraps & set(ParticipantKey.objects.values_list("wrapped", flat=True))


def test_an_old_epoch_goes_when_its_backups_have(world: World, settings, keys_dir: Path):
    ada = world.join("Ada")
    backup = ParticipantKey.objects.get(participant=ada)  # a row of yesterday's copy
    upkeep.roll(by="worker", at=EARLIER + DAY)
    settings.BACKUP_DAYS = 30
    assert keys.unwrap(backup, keys.holder_of(ada)) == keys.of(ada)
    assert upkeep.roll(by="worker", at=EARLIER + 30 * DAY).destroyed == ()
    assert upkeep.roll(by="worker", at=EARLIER + 31 * DAY).destroyed == (1,)
    with pytest.raises(VaultSealed, match="destroyed"):
        keys.unwrap(backup, keys.holder_of(ada))
    assert vault.own_column(ada.genomic_files.get())
    assert LedgerEvent.objects.filter(kind="genomics:epoch:destroyed").count() == 1
    assert upkeep.gone_from_backups(EARLIER) >= EARLIER + 31 * DAY


def test_an_epoch_that_a_key_still_needs_stays(world: World, monkeypatch):
    world.join("Ada")
    monkeypatch.setattr(keys, "rewrap", lambda *_args, **_more: 0)  # cut off before it was done
    upkeep.roll(by="worker", at=EARLIER + DAY)
    upkeep.roll(by="worker", at=EARLIER + 2 * DAY)
    assert upkeep.roll(by="worker", at=EARLIER + 400 * DAY).destroyed == (2,)
    assert [one.number for one in epochs.every()] == [1, 3, 4]


def test_a_roll_that_was_cut_off_goes_on_where_it_was(world: World, monkeypatch):
    world.crowd(5, says="Ada")
    monkeypatch.setattr(upkeep, "PIECE", 2)
    epoch = epochs.begin(at=EARLIER + DAY)
    assert keys.rewrap(epoch, most=2) == 2
    assert upkeep.roll(by="worker", at=EARLIER + DAY).rewrapped == 3
    assert keys.in_use() == {epoch.number}


def test_evidence_is_wrapped_anew_too(world: World):
    case = world.case()
    data = vcf([("20", 1000226, "A", "T", "0/1")])
    profile = receive_evidence(str(case.pk), data, by="x", at=NOW)
    before, wrap = keys.of_evidence(profile), EvidenceKey.objects.get()
    call_command("roll_keys", "--now")
    assert EvidenceKey.objects.get().epoch != wrap.epoch
    assert keys.of_evidence(EvidenceProfile.objects.get(pk=profile.pk)) == before


def test_another_master_key_opens_no_epoch(world: World, settings):
    ada = world.join("Ada")
    epochs._opened.clear()
    settings.MASTER_KEY = type(settings.MASTER_KEY)(b"\1" * 32)
    with pytest.raises(VaultSealed, match="not here"):
        keys.of(ada)


def test_a_key_from_before_epochs_opens_and_is_wrapped_in_one(world: World):
    ada = world.join("Ada")
    key, holder = keys.of(ada), keys.holder_of(ada)
    wrapped = keys.master().wrap(key, holder)
    ParticipantKey.objects.filter(participant=ada).update(wrapped=wrapped, epoch=epochs.BEFORE)
    assert keys.of(ada) == key
    upkeep.roll(by="worker", at=NOW)
    assert keys.of(ada) == key
    assert ParticipantKey.objects.get(participant=ada).epoch > 0


def test_two_who_begin_an_epoch_end_with_the_same(keys_dir: Path, monkeypatch):
    one = epochs.begin(at=EARLIER)
    monkeypatch.setattr(epochs, "every", lambda: [])  # who looked a moment before
    assert epochs.begin(at=NOW) == one
    assert len(list(keys_dir.glob("*"))) == 1
