"""Whether somebody of whom a job's file shows nothing was erased since: as far as the ledger shows it. Pure.

Of an erased person nothing can be decided again, so whoever would hide a read says that it was of one. What
stands against that was written before: the manifest, committed to at the release, says who its numbers are;
and an erasure names the registration whose words went with it. That one stands in the tree before the job
began, its words are gone, and no other erasure names it.

Of jobs and erasures from before these were written down, the ledger shows only how many people can have been
there before and be erased since: as many as registrations before the job have lost their words. Those are
counted apart. And of nobody who was erased can it be proved that she had agreed: what she said is gone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent import events, replay
from consent.ledger.gathered import Gathered

CLEARED, RELEASED = "query:job:cleared", "query:job:released"
SHOWN = "ERASED since"
TOLD = "said to be ERASED since, without proof of who it was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """One job, and what the ledger says of erasures. `position`: the consent position of its snapshot."""

    known: Gathered
    job: str
    position: int
    manifest: Mapping[str, Any]

    def is_erased(self, name: str) -> bool:
        return self._erasure(name) is not None

    def manifest_problems(self) -> Iterator[str]:
        """A house that has begun to write down who its numbers are goes on with it."""
        if "people" not in self.manifest and self._is_numbered_by(self.known.places.get((self.job, CLEARED))):
            yield "The manifest does not say who its people are, and the house wrote that down by then."

    def identity_problems(self, name: str, ordinal: int) -> Iterator[str]:
        """She is the one whom the manifest numbers so, and was registered under that number."""
        if "people" in self.manifest:
            salt = bytes.fromhex(self.manifest["salt"])
            if replay.people(self.manifest).get(ordinal) != replay.who(salt, ordinal, name):
                yield f"Person {ordinal} of the manifest is somebody else than {name}."
        registered = self.known.one(name, events.REGISTERED.tag) or {}
        if registered.get("ordinal", ordinal) != ordinal:
            yield f"{name} was registered as person {registered['ordinal']}, and is shown as {ordinal}."

    def problems(self, name: str, ordinal: int, *, read: bool) -> Iterator[str]:
        """What contradicts that she was there when the job ran, and was erased since; she is_erased."""
        said = self._erasure(name)
        assert said is not None
        if said["position"] <= self.position:
            yield f"{name} was erased before the job began, so that is not why nothing is shown of her."
        if self.known.one(name, events.REGISTERED.tag) is not None:
            yield f"{name} is said to be erased, and what was said of her registration is still there."
        if "registered" not in said:
            if self._is_numbered_by(self.known.places.get((name, events.ERASED.tag))):
                yield f"The erasure of {name} does not say who she was, and the house wrote that by then."
            return
        if said["ordinal"] != ordinal:
            yield f"{name} was erased as person {said['ordinal']}, and is shown as person {ordinal}."
        if not self.known.whole:
            return
        uid = said["registered"]
        place = self.known.lost_registrations.get(uid)
        before = self.known.places.get((self.job, CLEARED if read else RELEASED))
        if place is None:
            yield f"The erasure of {name} names no registration whose words are gone."
        elif before is None or place > before:
            yield f"{name} was registered after the job had begun, so it cannot have read her."
        if self.known.claims[uid] > 1:
            yield f"The registration that the erasure of {name} names is named by another erasure, too."

    def too_many(self, *, read: int, besides: int) -> Iterator[str]:
        """Of so many who were read, and others who were considered, it is said that they were erased since;
        each was registered before, and what was said then is gone with her."""
        if not self.known.whole:
            return
        for number, kind in ((read, CLEARED), (read + besides, RELEASED)):
            before = self.known.places.get((self.job, kind), 0)
            lost = sum(place < before for place in self.known.lost_registrations.values())
            if number > lost:
                yield (
                    f"{number} of them are said to be erased since; only {lost} who were registered before "
                    "can have been."
                )
                return

    def label(self, name: str) -> str:
        """What she is counted as, when nothing contradicts it."""
        is_shown = "people" in self.manifest and "registered" in (self._erasure(name) or {})
        return SHOWN if is_shown and self.known.whole else TOLD

    def _is_numbered_by(self, place: int | None) -> bool:
        """Whether numbers were written down before this place."""
        return place is not None and self.known.numbered is not None and self.known.numbered < place

    def _erasure(self, name: str) -> dict[str, Any] | None:
        return self.known.one(name, events.ERASED.tag)
