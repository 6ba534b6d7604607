"""What the events of an export say of some people and jobs, gathered while they are read. Pure.

    known = Gathered(files)          # of these jobs, and of everybody in them
    recount.read(lines, seen=known.see)

What is made of it is in consent.ledger.job_file.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from consent import events
from consent.canonical import instant
from consent.history import Said
from consent.ledger.leaves import Entry, commit, from_text

NUMBERED = (events.REGISTERED.tag, events.ERASED.tag)
TWINS = (events.TWINS_REGISTERED.tag, events.TWINS_DISSOLVED.tag)


class Gathered:
    """Events in their order. Without `whole` they are a selection, and what is missing may stand in the
    ledger all the same."""

    def __init__(self, files: Iterable[Mapping[str, Any]], *, whole: bool = True) -> None:
        wanted = [file for file in files if isinstance(file, dict)]
        self.whole = whole
        self._subjects = {f"job:{file.get('job')}" for file in wanted}
        self._subjects |= {name for file in wanted for name in _names(file)}
        self.about: dict[str, list[Said]] = defaultdict(list)
        self.policies: list[Said] = []
        self._twins: dict[str, list[Said]] = defaultdict(list)
        self._seen = 0
        # Where an event of some kind about somebody or something first stands, among those that were seen.
        self.places: dict[tuple[str, str], int] = {}
        self.lost_registrations: dict[str, int] = {}  # by event: where those stand whose words are gone
        self.claims: Counter[str] = Counter()  # how many erasures name a registration
        self.numbered: int | None = None  # where the first event stands that says somebody's number

    def see(self, entry: Entry) -> None:
        """An event in its order. What does not open its commitment says nothing; the audit tells of it."""
        self._seen += 1
        if entry.salt is None and entry.kind == events.REGISTERED.tag:
            self.lost_registrations[entry.uid] = self._seen
        if entry.salt is None or entry.body is None or commit(entry.salt, entry.body) != entry.commitment:
            return
        said = from_text(entry.body)
        if entry.kind in NUMBERED and "ordinal" in said["fields"]:
            self.numbered = self.numbered or self._seen
            self.claims[said["fields"].get("registered")] += 1
        if entry.kind == events.POLICY_ADOPTED.tag:
            self.policies.append(said)
        elif entry.kind in TWINS:
            for one in {said["subject"], said["fields"]["twin"]}:
                self._twins[one].append(said)
        elif said["subject"] in self._subjects:
            self.about[said["subject"]].append(said)
            self.places.setdefault((said["subject"], entry.kind), self._seen)

    def one(self, subject: str, kind: str) -> dict[str, Any] | None:
        """The fields of the newest event of a kind about somebody or something."""
        found = [said["fields"] for said in self.about[subject] if said["kind"] == kind]
        return found[-1] if found else None

    def twin_of(self, pseudonym: str, at: datetime) -> str | None:
        """Her registered twin at an instant."""
        twin = None
        for said in self._twins.get(pseudonym, ()):
            if instant(said["at"]) <= at:
                other = next(iter({said["subject"], said["fields"]["twin"]} - {pseudonym}), None)
                twin = other if said["kind"] == events.TWINS_REGISTERED.tag else None
        return twin


def _names(file: Mapping[str, Any]) -> Iterable[str]:
    """The people of a job's file, as far as it is one; the check says what is wrong with it."""
    people = file.get("people")
    for one in people if isinstance(people, list) else ():
        if isinstance(one, dict) and isinstance(one.get("pseudonym"), str):
            yield one["pseudonym"]
