"""The people who run the demo's house: appointed, verified and entrusted by the same verbs as anywhere.

Their one password is printed by the demo; the demo lives in a folder of its own.
"""

from dataclasses import dataclass
from datetime import datetime

from broker import people
from broker.models import Organisation, User
from broker.roles import Role

PASSWORD = "demo-only-not-a-secret"  # noqa: S105 - printed on purpose


@dataclass(frozen=True, slots=True)
class Staff:
    """One login a role; each can sign in with PASSWORD."""

    admin: User
    second_admin: User
    steward: User
    second_steward: User
    legal: User
    second_legal: User
    researcher: User
    investigator: User
    counsel: User
    auditor: User
    clerk: User
    second_clerk: User
    third_clerk: User
    university: Organisation
    police: Organisation
    chambers: Organisation

    def logins(self) -> tuple[tuple[str, str], ...]:
        """(role, username) for the table the demo prints."""
        return (
            ("researcher", self.researcher.username),
            ("investigator", self.investigator.username),
            ("counsel", self.counsel.username),
            ("steward", self.steward.username),
            ("second steward", self.second_steward.username),
            ("legal reviewer", self.legal.username),
            ("second legal reviewer", self.second_legal.username),
            ("auditor", self.auditor.username),
            ("clerk", self.clerk.username),
            ("second clerk", self.second_clerk.username),
            ("third clerk", self.third_clerk.username),
            ("administrator", self.admin.username),
            ("second administrator", self.second_admin.username),
        )


def appoint(*, at: datetime) -> Staff:
    """Found the house and appoint everybody, two administrators for each."""
    admin, second = people.found(("admin", "second-admin"), (PASSWORD, PASSWORD), at=at)

    def organisation(name: str, kind: Organisation.Kind, region: str) -> Organisation:
        proposed = people.propose_organisation(name, kind, region=region, by=admin, at=at)
        return people.confirm_organisation(proposed, by=second, at=at)

    university = organisation("University of Lund, cancer genetics", Organisation.Kind.ACADEMIC, "EU")
    police = organisation("Riverside Police, cold cases", Organisation.Kind.GOVERNMENT, "US-UT")
    chambers = organisation("Innocence Chambers", Organisation.Kind.NONPROFIT, "US-UT")

    def person(name: str, role: Role, belongs: Organisation | None = None) -> User:
        user = User.objects.create_user(name, password=PASSWORD, organisation=belongs)
        people.confirm(people.propose(user, role, by=admin, at=at), by=second, at=at)
        return user

    return Staff(
        admin=admin,
        second_admin=second,
        steward=person("sten-steward", Role.STEWARD),
        second_steward=person("sara-steward", Role.STEWARD),
        legal=person("lena-legal", Role.LEGAL_REVIEWER),
        second_legal=person("luis-legal", Role.LEGAL_REVIEWER),
        researcher=person("rosa-researcher", Role.RESEARCHER, university),
        investigator=person("ivan-investigator", Role.INVESTIGATOR, police),
        counsel=person("cora-counsel", Role.COUNSEL, chambers),
        auditor=person("otto-auditor", Role.AUDITOR),
        clerk=person("clara-clerk", Role.CLERK),
        second_clerk=person("carl-clerk", Role.CLERK),
        third_clerk=person("kim-clerk", Role.CLERK),
        university=university,
        police=police,
        chambers=chambers,
    )
