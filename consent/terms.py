"""The words of a consent as frozen values: who said what, when, on which form; and the policy beside it.

No rule lives here and no clock. What a request brings is in data_use, and is handed on from here.
JSON has the shape of the decision cases; `canonical` gives the one byte string of any of these values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consent.canonical import Frozen, canonical, instant, instant_or_none, pairs, plain, words
from consent.data_use import Authorisation, Case, Commitments, DataUse, Ethics, Project, Requester
from consent.policy import Policy

__all__ = [
    "NONE",
    "AfterDeath",
    "Authorisation",
    "Authority",
    "Capacity",
    "Case",
    "Commitments",
    "DataUse",
    "Ethics",
    "File",
    "FileState",
    "Form",
    "Freeze",
    "Level",
    "Modifier",
    "Paper",
    "Permission",
    "Policy",
    "Project",
    "Relations",
    "Requester",
    "Side",
    "SignIn",
    "Source",
    "Statement",
    "Subject",
    "Verb",
    "canonical",
]


class Capacity(StrEnum):
    """In whose name somebody acted."""

    SELF = "SELF"
    GUARDIAN = "GUARDIAN"
    NEXT_OF_KIN = "NEXT_OF_KIN"
    PROXY = "PROXY"  # for an adult who cannot act; the decision cases do not know it


class Verb(StrEnum):
    """What a statement does. Only a grant can widen; `continue` upholds a grant after death."""

    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"
    CONTINUE = "continue"


class Level(StrEnum):
    """Whether a statement speaks of the whole participant or of one file."""

    PARTICIPANT = "participant"
    FILE = "file"


class FileState(StrEnum):
    """How a file stands: readable, set aside, or destroyed."""

    ACTIVE = "ACTIVE"
    QUARANTINED = "QUARANTINED"
    ERASED = "ERASED"


class AfterDeath(StrEnum):
    """What the participant wanted of a grant after her death. Unspecified is a stop."""

    CONTINUE = "CONTINUE"
    STOP = "STOP"
    NOK_DECIDES = "NOK_DECIDES"
    UNSPECIFIED = "UNSPECIFIED"


class Source(StrEnum):
    """How a statement reached us."""

    PORTAL = "portal"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Authority:
    """In which capacity somebody acted, and whether that was verified."""

    capacity: Capacity
    verified: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """That somebody proved who she is, how, and when. The method is "passkey" or "totp"."""

    method: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form version that was signed: the families it asked about, and what else matters to the rules."""

    id: str
    version: str
    offers: frozenset[str]
    le_notice: bool
    reconsent_due: datetime | None = None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            id=said["id"],
            version=said["version"],
            offers=words(said["offers"]),
            le_notice=said["le_notice"] is True,
            reconsent_due=instant_or_none(said.get("reconsent_due")),
        )


@dataclass(frozen=True, slots=True)
class Permission:
    """A DUO permission: for DS, the diseases it names."""

    code: str
    diseases: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(code=said["code"], diseases=tuple(sorted(words(said.get("diseases")))))

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, **({"diseases": list(self.diseases)} if self.diseases else {})}


@dataclass(frozen=True, slots=True)
class Modifier:
    """A DUO modifier or one of ours, its parameters as written: a rule reads them, or fails closed."""

    code: str
    parameters: tuple[tuple[str, Frozen], ...] = ()

    @classmethod
    def of(cls, code: str, **parameters: object) -> Self:
        """Modifier.of("GS", regions=["EU"])"""
        return cls(code, pairs(parameters.items()))

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(said["code"], pairs((name, item) for name, item in said.items() if name != "code"))

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, **dict(self.parameters)}

    def get(self, name: str) -> Frozen:
        """One parameter; None where it is not stated."""
        for stated, value in self.parameters:
            if stated == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Paper:
    """Who keyed a paper form, who keyed it again without seeing the first, and whether they agree."""

    keyed_by: str | None = None
    verified_by: str | None = None
    match: bool | None = None

    @property
    def is_verified(self) -> bool:
        """Two different people read the same answers."""
        return (
            bool(self.keyed_by)
            and bool(self.verified_by)
            and self.keyed_by != self.verified_by
            and self.match is True
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One entry in a participant's consent record. It is never changed; a later one may displace it."""

    seq: int
    level: Level
    family: str
    decision: Verb
    recorded_at: datetime
    effective_at: datetime
    authority: Authority
    form: Form
    source: Source = Source.PORTAL
    file: str | None = None
    valid_to: datetime | None = None
    paper: Paper | None = None
    permissions: tuple[Permission, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    after_death: AfterDeath = AfterDeath.UNSPECIFIED
    continues: int | None = None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Raises KeyError or ValueError for an entry that says less than an entry must."""
        authority, paper = said["authority"], said.get("paper")
        return cls(
            seq=said["seq"],
            level=Level(said["level"]),
            file=said.get("file"),
            family=said["family"],
            decision=Verb(said["decision"]),
            recorded_at=instant(said["recorded_at"]),
            effective_at=instant(said["effective_at"]),
            valid_to=instant_or_none(said.get("valid_to")),
            authority=Authority(Capacity(authority["capacity"]), authority["verified"] is True),
            form=Form.from_json(said["form"]),
            source=Source(said["source"]),
            paper=None
            if paper is None
            else Paper(paper.get("keyed_by"), paper.get("verified_by"), paper.get("match")),
            permissions=tuple(Permission.from_json(one) for one in said.get("permissions", ())),
            modifiers=tuple(Modifier.from_json(one) for one in said.get("modifiers", ())),
            after_death=AfterDeath(said.get("after_death", AfterDeath.UNSPECIFIED)),
            continues=said.get("continues"),
        )

    def as_json(self) -> dict[str, Any]:
        """In the shape of the decision cases; what is not stated is left out."""
        said = {name: plain(getattr(self, name)) for name in _STATED}
        said |= {name: plain(value) for name in _OPTIONAL if (value := getattr(self, name)) is not None}
        return said

    @property
    def is_grant(self) -> bool:
        """Whether it can widen what may be done."""
        return self.decision is Verb.GRANT

    def carries(self, code: str) -> bool:
        """Whether a modifier stands on it."""
        return any(modifier.code == code for modifier in self.modifiers)


_OPTIONAL = ("file", "paper", "continues")
_STATED = tuple(name for name in Statement.__slots__ if name not in _OPTIONAL)


@dataclass(frozen=True, slots=True)
class Freeze:
    """A hold on everything, for the participant's safety: from `since`, up to but not including `until`."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the rules must know about a participant besides what she said. Her birthday begins at midnight in
    her home time zone (IANA name); her region says at which age she comes of age."""

    id: str
    dob: date
    identity_verified: bool
    died_at: datetime | None = None
    freezes: tuple[Freeze, ...] = ()
    minor_dissent: bool = False
    dissent_until: datetime | None = None  # a dissent that was taken back holds until then
    erased_at: datetime | None = None
    zone: str = "UTC"
    region: str = ""

    def __post_init__(self) -> None:
        if not is_zone(self.zone):
            raise ValueError(
                f"{self.zone!r} is no time zone, so nobody knows when {self.id} comes of age. "
                "Nothing was decided; correct the record."
            )

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            id=said["id"],
            dob=date.fromisoformat(said["dob"]),
            identity_verified=said["identity_verified"] is True,
            died_at=instant_or_none(said.get("died_at")),
            freezes=tuple(
                Freeze(instant(one["from"]), instant_or_none(one.get("to")))
                for one in said.get("freezes", ())
            ),
            minor_dissent=said.get("minor_dissent", False) is not False,
            dissent_until=instant_or_none(said.get("dissent_until")),
            erased_at=instant_or_none(said.get("erased_at")),
            zone=said.get("zone", "UTC"),
            region=said.get("region", ""),
        )

    def as_json(self) -> dict[str, Any]:
        said = {name: plain(getattr(self, name)) for name in self.__slots__ if name != "freezes"}
        return said | {
            "freezes": [{"from": plain(one.since), "to": plain(one.until)} for one in self.freezes]
        }


@cache
def is_zone(name: str) -> bool:
    """Whether there is an IANA time zone of this name."""
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


@dataclass(frozen=True, slots=True)
class File:
    """One file of a participant, as far as consent must know it."""

    id: str
    state: FileState = FileState.ACTIVE

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(said["id"], FileState(said["state"]))


@dataclass(frozen=True, slots=True)
class Side:
    """Another person whose consent counts, with her record."""

    subject: Subject
    statements: tuple[Statement, ...]

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            Subject.from_json(said["subject"]),
            tuple(Statement.from_json(one) for one in said["statements"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Who else must agree: a registered identical twin; the one who asks for a relative match."""

    mz_twin: Side | None = None
    requesting_participant: Side | None = None


NONE = Relations()
