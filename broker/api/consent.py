"""REST: your own consent. Where you stand, what was said and its receipts, a no at any time, a proved yes.

The rules are the portal's: a no needs nothing and holds at once; a yes that may widen needs a passkey or a
second factor shown a moment ago in this session, and waits its cooling-off time. A token shows neither.
"""

from datetime import datetime
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import choices, fresh, standing, uses, wards
from broker.api.consent_told import ConsentOut, StatementOut, of_statement, where
from broker.api.problems import documented
from broker.api.queries import Exact
from broker.errors import NotAllowed, ProofNeeded
from broker.rights import allows, person
from broker.roles import Right
from broker.wards import Ward
from consent import forms, giving, receipts, records
from consent.models import FormVersion, Statement
from consent.purposes import FAMILIES
from consent.terms import AfterDeath, SignIn

ASKED = "F-ADULT"  # the form that is put to whoever keeps a record of her own


class NoIn(Exact):
    file = serializers.UUIDField(required=False, help_text="for this file alone; without it, for all files")


class Instant(serializers.DateTimeField):
    """An instant that says its zone: an end in another zone than she meant is another end."""

    default_error_messages = {
        "naive": gettext_lazy("Say the time zone, too: 2030-01-01T00:00:00+07:00, or Z for UTC.")
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        told: datetime = super().enforce_timezone(value)
        return told


class YesIn(Exact):
    form = serializers.CharField(max_length=32, help_text="the form whose words you have read")
    version = serializers.CharField(max_length=16, help_text="its version")
    clauses = serializers.DictField(
        child=serializers.JSONField(),
        help_text="what is ticked: true by the id of a clause, or the list of what it asks for",
    )
    valid_to = Instant(required=False, help_text="when it ends by itself, with its time zone")
    after_death = serializers.ChoiceField(
        [one.value for one in AfterDeath if one is not AfterDeath.UNSPECIFIED], default=AfterDeath.STOP.value
    )
    file = serializers.UUIDField(required=False, help_text="for this file alone; without it, for all files")


@extend_schema(operation_id="get_consent", responses={200: ConsentOut, **documented(404, 409)})
@api_view(["GET"])
@permission_classes([allows(Right.KEEP_OWN_RECORD)])
def consent(request: Request) -> Response:
    """Where you stand: every use you are asked about, whether it is allowed now, on which terms and why not;
    and the clauses of the form that is put to you."""
    ward, now = _ward(request), timezone.now()
    version = forms.current(ASKED)
    stands = standing.of(ward.participant, at=now).asked(version)
    return Response(where(ward, stands, version, language=_language(), at=now))


@extend_schema(
    operation_id="list_statements", responses={200: StatementOut(many=True), **documented(404, 409)}
)
@api_view(["GET"])
@permission_classes([allows(Right.KEEP_OWN_RECORD)])
def statements(request: Request) -> Response:
    """Everything that was ever said in your record, the newest first."""
    return Response([of_statement(said) for said in reversed(records.of(_ward(request).participant))])


@extend_schema(operation_id="get_receipt", responses={200: OpenApiTypes.OBJECT, **documented(404, 409)})
@api_view(["GET"])
@permission_classes([allows(Right.KEEP_OWN_RECORD)])
def receipt(request: Request, seq: int) -> Response:
    """The receipt of one statement, in the shape of ISO/IEC TS 27560."""
    rows = Statement.objects.select_related("participant", "form")
    row = get_object_or_404(rows, participant=_ward(request).participant, seq=seq)
    return Response(receipts.receipt(row))


@extend_schema(
    operation_id="stop_everything", request=None, responses={201: StatementOut, **documented(404, 409)}
)
@api_view(["POST"])
@permission_classes([allows(Right.KEEP_OWN_RECORD)])
def stop_everything(request: Request) -> Response:
    """Take everything back, at once."""
    ward = _ward(request)
    return _said(ward, choices.stop_everything(ward, user=person(request), at=timezone.now()))


@extend_schema(
    operation_id="say_no", request=NoIn, responses={201: StatementOut, **documented(400, 404, 409)}
)
@api_view(["POST"])
@permission_classes([allows(Right.KEEP_OWN_RECORD)])
def no(request: Request, family: str) -> Response:
    """Say no to one use, or take a yes back, a waiting one too: at once."""
    ward, said = _ward(request), NoIn(data=request.data)
    _known(family)
    said.is_valid(raise_exception=True)
    file = said.validated_data.get("file")
    row = choices.say_no(ward, family, user=person(request), at=timezone.now(), file=file)
    return _said(ward, row)


@extend_schema(
    operation_id="say_yes",
    request=YesIn,
    responses={201: StatementOut, **documented(400, 404, 409)},
    description="Say yes to one use, on the terms of the ticked clauses. What may widen needs a passkey or a "
    "second factor shown a moment ago in this session: with a token it is refused as /problems/proof-needed, "
    "and `where` names the page on which it can be said. What only narrows needs no proof and holds at once.",
    examples=[
        OpenApiExample(
            "Health research, until a day",
            value={
                "form": "F-ADULT",
                "version": "1.0",
                "clauses": {"R-HMB": True},
                "valid_to": "2030-01-01T00:00:00Z",
            },
            request_only=True,
        )
    ],
)
@api_view(["POST"])
@permission_classes([allows(Right.KEEP_OWN_RECORD)])
def yes(request: Request, family: str) -> Response:
    """Say yes to one use."""
    ward, now, said = _ward(request), timezone.now(), YesIn(data=request.data)
    _known(family)
    said.is_valid(raise_exception=True)
    if not ward.may_grant(family):
        raise NotAllowed(_("Nothing was changed: you can say no here, and not yet yes."))
    version = FormVersion.objects.filter(
        form=said.validated_data["form"], version=said.validated_data["version"]
    ).first()
    if version is None:
        raise serializers.ValidationError({"version": [_("There is no such version of this form.")]})
    wording = _wording(version, family, said.validated_data, ward)
    sign_in = _proof(request)
    offer = records.weigh(ward.participant, family, form=version, at=now, wording=wording)
    if offer.widens and (sign_in is None or not giving.is_fresh(sign_in, uses.policy(now), now)):
        raise ProofNeeded(
            _("To say yes, show a passkey or a second factor; a token shows neither. Nothing was recorded."),
            where=request.build_absolute_uri(reverse("participant:choice", args=[family])),
        )
    row = choices.say_yes(
        ward, family, user=person(request), form=version, wording=wording, sign_in=sign_in, at=now
    )
    return _said(ward, row)


def _ward(request: Request) -> Ward:
    """Her own record, or a 404."""
    ward = wards.own(person(request), at=timezone.now())
    if ward is None:
        raise Http404("There is no record of your own here.")
    return ward


def _known(family: str) -> None:
    if family not in FAMILIES:
        raise Http404(f"There is no use called {family!r}.")


def _proof(request: Request) -> SignIn | None:
    """What her session proved lately. Who came in by a token proved nothing, whatever cookie lies beside."""
    if not isinstance(request.successful_authenticator, SessionAuthentication):
        return None
    return fresh.of(request._request, at=timezone.now())


def _wording(version: FormVersion, family: str, said: dict[str, Any], ward: Ward) -> records.Wording:
    """The terms of the ticked clauses of this family; a clause of another one is not ticked by accident."""
    terms = forms.said(version, said["clauses"])
    if set(terms) != {family}:
        raise serializers.ValidationError(
            {"clauses": [_("Tick clauses of this use, and of no other: no yes to it follows from these.")]}
        )
    return records.Wording(
        permissions=terms[family].permissions,
        modifiers=terms[family].modifiers,
        valid_to=said.get("valid_to"),
        after_death=AfterDeath(said["after_death"]),
        file=said.get("file"),
        authority=ward.authority,
    )


def _said(ward: Ward, row: Statement) -> Response:
    body = of_statement(records.read(row, ward.participant.pseudonym))
    return Response(body, status=201, headers={"Location": body["receipt"]})


def _language() -> str:
    language = (get_language() or "en")[:2]
    return language if language in forms.LANGUAGES else "en"
