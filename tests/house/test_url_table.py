"""Every role, and an anonymous visitor, tries every URL: what each gets stands in one table.

A URL without a row fails the suite. A row says who comes in; everybody else signed in is told no (403),
a visitor is asked to sign in (302 in the portal, 401 over REST). Objects in URLs are made up: who comes in
finds nothing there (404), or a page, but never a stranger's thing.
"""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from broker import people
from broker.demo.staff import appoint
from broker.models import User
from broker.roles import Role
from tests.house.test_doors import DOORS
from tests.world import NOW

pytestmark = pytest.mark.django_db

P, G, R, I, C, S, L, A, D, K = (  # noqa: E741 - one letter a role, as in the table
    Role.PARTICIPANT,
    Role.GUARDIAN,
    Role.RESEARCHER,
    Role.INVESTIGATOR,
    Role.COUNSEL,
    Role.STEWARD,
    Role.LEGAL_REVIEWER,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
    Role.CLERK,
)
EVERYBODY = "everybody"
SIGNED_IN = "signed in"
ASKERS = {R, I, C}

# the name of a URL, or all names of a namespace -> who comes in
TABLE: dict[str, set[Role] | str] = {
    "landing": EVERYBODY,
    "home": SIGNED_IN,
    "sign_in": EVERYBODY,
    "sign_out": EVERYBODY,
    "second_step": EVERYBODY,
    "sign_in_passkey": EVERYBODY,
    "confirm": SIGNED_IN,
    "go_on": SIGNED_IN,
    **dict.fromkeys(("factors:factors", "factors:password", "factors:totp_new"), SIGNED_IN),
    **dict.fromkeys(("factors:passkey_new", "factors:totp_remove", "factors:passkey_remove"), SIGNED_IN),
    "factors:codes": SIGNED_IN,
    "sign_up": EVERYBODY,
    "take_over": EVERYBODY,
    "set_language": EVERYBODY,
    "healthz": EVERYBODY,
    "style": EVERYBODY,
    "notices:inbox": SIGNED_IN,
    "notices:channels": SIGNED_IN,
    "notices:confirm": SIGNED_IN,
    "form": EVERYBODY,
    **dict.fromkeys(("certificate", "certificate_json"), EVERYBODY),
    **dict.fromkeys(("transparency", "report_json", "statement", "statement_note"), EVERYBODY),
    "api:service_info": EVERYBODY,
    "api:schema": EVERYBODY,
    "api:queries": ASKERS,
    "api:query": ASKERS,
    "api:job": ASKERS,
    "api:job_cancel": ASKERS,
    "api:result": ASKERS,
    "api:disclosure": {I, C},
    **{f"api:{name}": {P} for name in ("consent", "statements", "receipt", "stop_everything", "no", "yes")},
    **{name: {S, L, K} for name in ("api:demands", "api:demand")},
    **dict.fromkeys(("api:transparency", "api:report"), EVERYBODY),
    "api:files": {P, G},
    "api:uploads": {P, G},
    "api:upload": {P, G},
}
POSTED = {
    *("factors:totp_remove", "factors:passkey_remove", "factors:codes"),
    *("api:stop_everything", "api:no", "api:yes"),
}  # of these, what is tried by post
# One row a URL of the portal: who comes in, by which method it is tried.
PORTAL: dict[str, tuple[set[Role], str]] = {
    **dict.fromkeys(
        (
            *("participant:home", "participant:files", "participant:choices", "participant:choice"),
            *("participant:receipt", "participant:receipt_json", "participant:usage"),
            *("participant:exchange", "participant:consent_fhir"),
            *(
                "participant:why",
                "participant:proof",
                "participant:tokens",
                "participant:upload",
                "participant:upload_progress",
            ),
            *("participant:take", "participant:leave", "participant:erase_file", "participant:move"),
        ),
        ({P}, "get"),
    ),
    **dict.fromkeys(
        (
            "participant:token_revoke",
            "participant:check",
            "participant:give",
            "participant:stop",
            "participant:stop_everything",
        ),
        ({P}, "post"),
    ),
    **dict.fromkeys(
        (
            *("guardian:people", "guardian:files", "guardian:choices", "guardian:choice"),
            *("guardian:receipt", "guardian:receipt_json", "guardian:usage"),
            *("guardian:exchange", "guardian:consent_fhir"),
            *("guardian:why", "guardian:proof", "guardian:upload", "guardian:upload_progress"),
            *("guardian:take", "guardian:leave", "guardian:erase_file"),
        ),
        ({G}, "get"),
    ),
    **dict.fromkeys(("participant:form_sheet", "participant:form_pdf"), ({P}, "get")),
    **dict.fromkeys(("guardian:form_sheet", "guardian:form_pdf"), ({G}, "get")),
    **dict.fromkeys(
        (
            *("clerk:inbox", "clerk:home", "clerk:new", "clerk:print_form", "clerk:paper", "clerk:key"),
            *("clerk:settle", "clerk:reject", "clerk:scan"),
        ),
        ({K}, "get"),
    ),
    "steward:print_form": ({S}, "get"),
    **dict.fromkeys(("auditor:papers", "auditor:paper", "auditor:scan"), ({A}, "get")),
    **dict.fromkeys(("guardian:claim", "guardian:claim_proxy", "guardian:claim_next_of_kin"), ({P}, "get")),
    **dict.fromkeys(("guardian:growing_up", "guardian:left", "guardian:move"), ({G}, "get")),
    "guardian:halt": ({G}, "post"),
    "participant:stop_upload": ({P}, "post"),
    "guardian:stop_upload": ({G}, "post"),
    **dict.fromkeys(("participant:object_to", "participant:fresh_start"), ({P}, "get")),
    "steward:kin": ({S}, "get"),
    "steward:reviews": ({S}, "get"),
    "steward:mark_review": ({S}, "post"),
    **dict.fromkeys(
        (
            *("steward:settle_link", "steward:settle_death", "steward:twins", "steward:settle_twins"),
            *("steward:confirm_login", "steward:hand_over"),
        ),
        ({S}, "post"),
    ),
    **dict.fromkeys(
        ("guardian:check", "guardian:give", "guardian:stop", "guardian:stop_everything"), ({G}, "post")
    ),
    **dict.fromkeys(("researcher:projects", "researcher:project", "researcher:apply"), ({R}, "get")),
    **dict.fromkeys(("researcher:queries", "researcher:tokens"), ({R}, "get")),
    "researcher:query_new": (ASKERS, "get"),  # who has no project finds no request here
    "researcher:token_revoke": ({R}, "post"),
    **dict.fromkeys(("jobs:job", "jobs:progress", "jobs:download", "jobs:query"), (ASKERS, "get")),
    "jobs:cancel": (ASKERS, "post"),
    **dict.fromkeys(
        (
            *("agency:cases", "agency:case_new", "agency:case", "agency:paper", "agency:evidence"),
            *("agency:search", "agency:close", "agency:disclose", "agency:join", "agency:document"),
            *("agency:certificate", "agency:certificate_json", "agency:report"),
        ),
        ({I, C}, "get"),
    ),
    **dict.fromkeys(("notices:read", "notices:end", "notices:send_link"), (set(Role), "post")),
    "steward:inbox": ({S, L}, "get"),
    **dict.fromkeys(
        (
            *("processes:register", "processes:new", "processes:process", "processes:paper"),
            *("processes:letter", "processes:letter_pdf"),
        ),
        ({S, L, K}, "get"),
    ),
    "steward:request": ({S}, "get"),
    "steward:evidence": ({S}, "get"),
    **dict.fromkeys(
        ("steward:case", "steward:search", "steward:disclosure", "steward:document"), ({S, L}, "get")
    ),
    **dict.fromkeys(("steward:consent_forms", "steward:load_form", "steward:consent_form"), ({S}, "get")),
    "steward:restored": ({S}, "get"),
    "steward:move_form": ({S}, "post"),
    **dict.fromkeys(("steward:diseases", "steward:diseases_proposal", "steward:diseases_all"), ({S}, "get")),
    "steward:settle_diseases": ({S}, "post"),
    **dict.fromkeys(("steward:verify_identity", "steward:verify_guardian"), ({S}, "post")),
    **dict.fromkeys(
        (
            "auditor:ledger",
            "auditor:anomalies",
            "auditor:canaries",
            "auditor:event",
            "auditor:jobs",
            "auditor:job",
            "auditor:explanation",
            "auditor:job_file",
            "auditor:verifier",
            "auditor:verify",
            "auditor:export",
        ),
        ({A}, "get"),
    ),
    "auditor:events": ({A}, "post"),
    "auditor:settle_canary": ({A}, "post"),
    **dict.fromkeys(
        (
            "administrator:people",
            "administrator:enrol",
            "administrator:organisations",
            "administrator:health",
        ),
        ({D}, "get"),
    ),
    **dict.fromkeys(
        (
            *("administrator:confirm", "administrator:dismiss", "administrator:confirm_organisation"),
            *("administrator:withdraw_organisation", "administrator:propose_again"),
        ),
        ({D}, "post"),
    ),
}

# What stands in a URL in place of a thing of somebody's.
MADE_UP = {
    "uuid": uuid.UUID(int=7),
    "int": 7,
    "str": "nobody",
}


def address(name: str) -> str:
    pattern, _ = DOORS[name]
    arguments = [
        MADE_UP[piece.split(":")[0].strip("<")]
        for piece in (part for part in pattern.replace(".", "/").split("/") if part.startswith("<"))
    ]
    return reverse(name, args=arguments)


@pytest.fixture
def cast() -> dict[Role, User]:
    """One login for each role, and nothing else: no project, no case, no child."""
    staff = appoint(at=NOW)
    participant = people.sign_up("p", "x" * 12, born_on=NOW.date().replace(year=1980), at=NOW)
    guardian = User.objects.create_user("g")
    people.add_child(guardian, born_on=NOW.date().replace(year=2015), at=NOW)
    return {
        P: participant,
        G: guardian,
        R: staff.researcher,
        I: staff.investigator,
        C: staff.counsel,
        S: staff.steward,
        L: staff.legal,
        A: staff.auditor,
        D: staff.admin,
        K: staff.clerk,
    }


def comes_in(name: str) -> tuple[set[Role], str]:
    """Who, and by which method it is tried."""
    if name in PORTAL:
        return PORTAL[name]
    row = TABLE[name]
    return (set(Role) if isinstance(row, str) else row), "post" if name in POSTED else "get"


def test_every_url_has_a_row():
    bare = set(DOORS) - set(TABLE) - set(PORTAL)
    gone = (set(TABLE) | set(PORTAL)) - set(DOORS)
    assert not bare, f"No row says who may open {', '.join(sorted(bare))}: add one to the table."
    assert not gone, f"The table speaks of {', '.join(sorted(gone))}, and there is no such URL."


def test_each_role_comes_in_where_the_table_says_and_nowhere_else(cast):
    wrong = []
    for role, user in cast.items():
        door = Client(raise_request_exception=False)
        door.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for name in sorted(set(DOORS) - {"sign_out"}):
            who, method = comes_in(name)
            got = getattr(door, method)(address(name)).status_code
            allowed = {200, 201, 204, 286, 302, 400, 404, 405, 409, 410, 415, 422} if role in who else {403}
            if got not in allowed:
                wrong.append(f"{role} {method} {name}: {got}")
    assert not wrong, "\n".join(wrong)


def test_a_visitor_is_asked_to_sign_in_wherever_a_row_does_not_say_everybody(cast):
    wrong = []
    door = Client(raise_request_exception=False)
    for name in sorted(DOORS):
        _, method = comes_in(name)
        answer = getattr(door, method)(address(name))
        if TABLE.get(name) == EVERYBODY:
            # 404: the style page outside demo and debug, a form or certificate that there is not
            maybe = name in {"style", "form", "certificate", "certificate_json"}
            maybe = maybe or name in {"report_json", "statement", "statement_note", "api:report"}
            expected = answer.status_code in {200, 302, 405} or maybe
        elif name.startswith("api:"):
            expected = answer.status_code == 401
        else:
            expected = answer.status_code == 302 and answer["Location"].startswith(reverse("sign_in"))
        if not expected:
            wrong.append(f"visitor {method} {name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_superuser_without_a_role_comes_in_nowhere(cast):
    door = Client(raise_request_exception=False)
    root = User.objects.create_superuser("root", password="x" * 12)
    door.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    wrong = [
        name
        for name in sorted(set(DOORS) - {"sign_out"})
        if TABLE.get(name) not in {EVERYBODY, SIGNED_IN}
        and comes_in(name)[0] != set(Role)
        and getattr(door, comes_in(name)[1])(address(name)).status_code not in {401, 403}
    ]
    assert not wrong, f"A superuser came in at {', '.join(wrong)}."
