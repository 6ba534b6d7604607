"""All that a request brings, as one frozen value. Other modules read it as terms.DataUse.

What is missing or malformed is read as the answer that permits nothing: unknown, empty, or not so.
Whether it is enough is decided in rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from consent.canonical import instant_or_none, plain, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks: role, and the verified record of the organisation (never self-typed)."""

    role: str = ""
    user: str | None = None
    institution: str | None = None
    org_type: str | None = None  # nonprofit, academic, government, forprofit

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            role=said["role"],
            user=said.get("user"),
            institution=said.get("institution"),
            org_type=said.get("org_type"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The undertaking under which it is asked."""

    id: str | None = None
    status: str = ""
    valid_to: datetime | None = None
    approved_purposes: frozenset[str] = frozenset()
    first_access_at: datetime | None = None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            id=said.get("id"),
            status=said.get("status", ""),
            valid_to=instant_or_none(said.get("valid_to")),
            approved_purposes=words(said.get("approved_purposes")),
            first_access_at=instant_or_none(said.get("first_access_at")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ethics:
    """The documented ethics approval."""

    ref: str | None = None
    valid_to: datetime | None = None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(ref=said.get("ref"), valid_to=instant_or_none(said.get("valid_to")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """What the signed agreement undertakes."""

    publication: bool = False
    collaboration: bool = False
    return_data: bool = False

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            publication=said.get("publication") is True,
            collaboration=said.get("collaboration") is True,
            return_data=said.get("return_data") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """A judicial paper: a precondition, never a permission. Its reach over people who did not consent is
    recorded, reported, and read by no rule."""

    case_id: str | None = None
    purposes: frozenset[str] = frozenset()
    valid_to: datetime | None = None
    compels_non_consenting: bool = False

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            case_id=said.get("case_id"),
            purposes=words(said.get("purposes")),
            valid_to=instant_or_none(said.get("valid_to")),
            compels_non_consenting=said.get("compels_non_consenting") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an agency or counsel brings besides: the case, the origin of its sample, what was tried first."""

    agency_verified: bool = False
    jurisdiction: str | None = None
    case_id: str | None = None
    sample_origin: str | None = None
    codis_searched: bool = False
    leads_exhausted: bool = False
    judicial_authorisation: Authorisation | None = None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        order = said.get("judicial_authorisation")
        return cls(
            agency_verified=said.get("agency_verified") is True,
            jurisdiction=said.get("jurisdiction"),
            case_id=said.get("case_id"),
            sample_origin=said.get("sample_origin"),
            codis_searched=said.get("codis_searched") is True,
            leads_exhausted=said.get("leads_exhausted") is True,
            judicial_authorisation=None if order is None else Authorisation.from_json(order),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUse:
    """What somebody wants to do with the data, and everything offered in support of it."""

    id: str
    purposes: frozenset[str]
    requester: Requester
    disease: str | None = None
    commercial_use: bool | None = None  # None: unknown, and that counts as commercial
    study_type: str | None = None
    topics: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()  # of compute, storage and people
    duration_months: int | None = None
    publish_not_before: datetime | None = None
    match_mode: str | None = None  # kinship, identity
    ethics: Ethics = field(default_factory=Ethics)
    commitments: Commitments = field(default_factory=Commitments)
    project: Project = field(default_factory=Project)
    care_relationship: bool = False
    le: Case | None = None

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """The shape of `request` in the decision cases. Its `as_of` is an instant to decide at, not a use."""
        commercial, months, case = said.get("commercial_use"), said.get("duration_months"), said.get("le")
        return cls(
            id=said["id"],
            purposes=words(said["purposes"]),
            requester=Requester.from_json(said["requester"]),
            disease=said.get("disease"),
            commercial_use=commercial if isinstance(commercial, bool) else None,
            study_type=said.get("study_type"),
            topics=words(said.get("topics")),
            regions=words(said.get("regions")),
            duration_months=months if isinstance(months, int) and not isinstance(months, bool) else None,
            publish_not_before=instant_or_none(said.get("publish_not_before")),
            match_mode=said.get("match_mode"),
            ethics=Ethics.from_json(said.get("ethics") or {}),
            commitments=Commitments.from_json(said.get("commitments") or {}),
            project=Project.from_json(said.get("project") or {}),
            care_relationship=said.get("care_relationship") is True,
            le=None if case is None else Case.from_json(case),
        )

    def as_json(self) -> dict[str, Any]:
        """In the shape of the decision cases."""
        said = {name: plain(getattr(self, name)) for name in self.__slots__}
        if self.le is None:
            del said["le"]
        return said
