"""Events that no longer say what they said, held against the erasures that tell how many those are. Pure.

What somebody said goes when she is erased, and the erasure counts it by kind; no more may be gone. An erasure
that lies under no checkpoint excuses nothing: anybody can write such a line into a file.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Losses:
    """By kind: what is gone, where the first of it was, and how much of it erasures tell of."""

    named: int  # so many of a kind are named, where no erasure tells of any
    _gone: Counter[str] = field(default_factory=Counter)
    _where: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _told: Counter[str] = field(default_factory=Counter)
    _waiting: Counter[str] = field(default_factory=Counter)  # by erasures under no checkpoint

    def lost(self, kind: str, where: str) -> None:
        """An event of this kind says nothing any more."""
        self._gone[kind] += 1
        if len(self._where[kind]) < self.named:
            self._where[kind].append(where)

    def told(self, openings: Mapping[str, int], *, is_sealed: bool) -> None:
        """An erasure tells of so many."""
        (self._told if is_sealed else self._waiting).update(openings)

    def problems(self) -> Iterator[str]:
        for kind, gone in self._gone.items():
            told = self._told[kind]
            if gone <= told:
                continue
            if gone <= told + self._waiting[kind]:
                yield (
                    f"{gone} events of kind {kind} have lost what they said; erasures tell of {told}. Only "
                    "an erasure under no checkpoint tells of them, and nothing rests on that: take the "
                    "export again in a moment, when it was placed."
                )
            elif told:
                yield f"{gone} events of kind {kind} have lost what they said; erasures tell of {told}."
            else:
                for where in self._where[kind]:
                    yield f"{where} has lost what it said: its opening was removed."
