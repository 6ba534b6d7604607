"""REST: send a file in pieces, and go on where it was cut. tus 1.0: core, creation, creation-with-upload,
termination, expiration, checksum (https://tus.io/protocols/resumable-upload).

What each request may do is in broker.uploads; here headers become arguments, and outcomes headers. A GET,
which tus has no use for, tells as JSON how an upload stands and what became of it.
"""

import base64
import binascii
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from broker import arriving, slow_bodies, uploads, wards
from broker.api.bodies import body, size_of
from broker.api.problems import documented
from broker.errors import OtherVersion, Refused, TooLarge, UploadGone
from broker.models import Upload, UploadState, User
from broker.rights import allows, person
from broker.roles import Right
from broker.uploads import CHECKSUMS, Checksum
from consent.models import Participant
from genomics.coordinates import Build

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum"
PIECES = "application/offset+octet-stream"
NEWEST = 100
OVERRIDDEN = ("PATCH", "DELETE", "HEAD")


class UploadOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    participant = serializers.CharField(source="participant.pseudonym")
    state = serializers.ChoiceField(UploadState.choices)
    length = serializers.IntegerField(help_text="bytes")
    offset = serializers.IntegerField(help_text="bytes that are here")
    checked = serializers.IntegerField(source="percent_read", help_text="percent that the check has read")
    expires_at = serializers.DateTimeField(help_text="while it is arriving: when it is given up")
    held_until = serializers.DateTimeField(allow_null=True, help_text="until then nothing is asked of it")
    file = serializers.UUIDField(allow_null=True, help_text="what it became, see /api/v1/files")
    reason = serializers.SerializerMethodField(help_text="why it was refused, a word for programs")
    told = serializers.SerializerMethodField(help_text="the same in sentences, and what to do")
    line = serializers.IntegerField(allow_null=True, help_text="of the file, where there is one; from 1")

    def get_reason(self, upload: Upload) -> str:
        return upload.reason if upload.state == UploadState.REFUSED else ""

    def get_told(self, upload: Upload) -> str:
        return upload.told if upload.state == UploadState.REFUSED else ""


class Door(APIView):
    """What both doors of an upload share: who comes in, and the headers of each answer."""

    permission_classes = [allows(Right.BRING_FILES)]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Tus-Resumable"] = VERSION
        answer["Cache-Control"] = "no-store"
        if request.method == "OPTIONS" or answer.status_code == 412:
            answer["Tus-Version"] = VERSION
        return answer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What of tus is spoken here."""
        return Response(
            status=204,
            headers={
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(settings.STAGED_BYTES),
                "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
            },
        )


class Uploads(Door):
    """Your uploads; begin another."""

    @extend_schema(operation_id="list_uploads", responses={200: UploadOut(many=True), **documented()})
    def get(self, request: Request) -> Response:
        """Your newest 100 uploads, the newest first."""
        mine = Upload.objects.visible_to(person(request)).select_related("participant")
        return Response(UploadOut(mine.order_by("-created_at")[:NEWEST], many=True).data)

    @extend_schema(
        operation_id="begin_upload",
        description="Creation of tus 1.0. Upload-Metadata may name `participant` (a pseudonym; yourself "
        "unless told), `assume` (GRCh37 or GRCh38, for a file that does not say its build), `sha256` "
        "(hex, of the whole file) and `sha256_blocks` (hex, of the SHA-256 digests of each MiB of it, one "
        "after the other). Anything else in it is given back by HEAD, and thrown away at the end.",
        request=None,
        parameters=[
            OpenApiParameter("Tus-Resumable", str, "header", required=True),
            OpenApiParameter("Upload-Length", int, "header", required=True, description="bytes"),
            OpenApiParameter("Upload-Metadata", str, "header"),
            OpenApiParameter("Location", str, "header", response=[201]),
        ],
        responses={201: None, **documented(400, 412, 413, 422, 503, 507)},
    )
    def post(self, request: Request) -> Response:
        """Begin an upload; its first bytes may come along."""
        _same_version(request)
        metadata = request.headers.get("Upload-Metadata", "")
        facts = _metadata(metadata)
        now = timezone.now()
        size = size_of(request) if request.content_type == PIECES else 0
        with slow_bodies.taken(person(request).pk, size):
            upload = uploads.begin(
                for_whom(person(request), facts.get("participant", "")),
                length=_number(request, "Upload-Length"),
                by=person(request),
                at=now,
                assume=build_of(facts.get("assume", "")),
                sha256=_sha256(facts, "sha256"),
                sha256_blocks=_sha256(facts, "sha256_blocks"),
                metadata=metadata,
            )
            if size:
                uploads.append(
                    upload, body(request), offset=0, size=size, at=now, checksum=_checksum(request)
                )
        location = request.build_absolute_uri(reverse("api:upload", args=[upload.pk]))
        return Response(status=201, headers={"Location": location, **_stands(upload)})


class OneUpload(Door):
    """One upload of yours."""

    @extend_schema(operation_id="get_upload", responses={200: UploadOut, **documented(404)})
    def get(self, request: Request, upload_id: UUID) -> Response:
        """How an upload of yours stands, and what became of it."""
        return Response(UploadOut(_mine(request, upload_id)).data)

    @extend_schema(exclude=True)
    def head(self, request: Request, upload_id: UUID) -> Response:
        """Where to go on."""
        _same_version(request)
        upload = _mine(request, upload_id)
        if upload.state in {UploadState.ENDED, UploadState.EXPIRED}:
            raise UploadGone("This upload was stopped, or not finished in time.")
        said = arriving.words(upload)
        length = {"Upload-Length": str(upload.length)}
        return Response(headers=_stands(upload) | length | ({"Upload-Metadata": said} if said else {}))

    @extend_schema(
        operation_id="send_upload",
        description="tus 1.0: the bytes that begin at Upload-Offset.",
        request={PIECES: bytes},
        parameters=[
            OpenApiParameter("Tus-Resumable", str, "header", required=True),
            OpenApiParameter("Upload-Offset", int, "header", required=True),
            OpenApiParameter("Upload-Checksum", str, "header", description="sha256 or sha1, and base64"),
        ],
        responses={204: None, **documented(400, 404, 409, 410, 412, 413, 415, 423, 503, 507)},
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Send bytes of an upload of yours. Status 460: they are not those the checksum was taken of."""
        _same_version(request)
        if request.content_type != PIECES:
            raise exceptions.UnsupportedMediaType(request.content_type, f"Send {PIECES}.")
        size = size_of(request)
        with slow_bodies.taken(person(request).pk, size):
            upload = uploads.append(
                _mine(request, upload_id),
                body(request),
                offset=_number(request, "Upload-Offset"),
                size=size,
                at=timezone.now(),
                checksum=_checksum(request),
            )
        return Response(status=204, headers=_stands(upload))

    @extend_schema(
        operation_id="stop_upload",
        parameters=[OpenApiParameter("Tus-Resumable", str, "header", required=True)],
        responses={204: None, **documented(404, 410, 412)},
    )
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Stop an upload of yours; what has come of it is thrown away."""
        _same_version(request)
        if not uploads.stop(_mine(request, upload_id), by=person(request), at=timezone.now()):
            raise UploadGone("This upload is no longer arriving, so there is nothing to stop.")
        return Response(status=204)

    @extend_schema(exclude=True)
    def post(self, request: Request, upload_id: UUID) -> Response:
        """For clients that cannot send the method itself (X-HTTP-Method-Override)."""
        method = request.headers.get("X-HTTP-Method-Override", "")
        if method not in OVERRIDDEN:
            raise exceptions.MethodNotAllowed("POST")
        answer: Response = getattr(self, method.lower())(request, upload_id)
        return answer


def for_whom(user: User, pseudonym: str) -> Participant:
    """Herself, or somebody she acts for; a 404 for anybody else, whether there is such a person or not."""
    ward = wards.named(user, pseudonym, at=timezone.now())
    if ward is None:
        raise Http404
    return ward.participant


def build_of(said: str) -> Build | None:
    try:
        return Build(said) if said else None
    except ValueError:
        raise serializers.ValidationError({"assume": ["GRCh37 or GRCh38."]}) from None


def _same_version(request: Request) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherVersion(f"Send Tus-Resumable: {VERSION}. Nothing was changed.")


def _mine(request: Request, upload_id: UUID) -> Upload:
    mine = Upload.objects.visible_to(person(request)).select_related("participant")
    return get_object_or_404(mine, pk=upload_id)


def _stands(upload: Upload) -> dict[str, str]:
    arrives = upload.state == UploadState.ARRIVING
    expires = {"Upload-Expires": http_date(upload.expires_at.timestamp())} if arrives else {}
    return {"Upload-Offset": str(upload.offset), **expires}


def _number(request: Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not said.isascii() or not said.isdecimal() or len(said) > 18:
        raise serializers.ValidationError({header: ["A whole number of bytes, not below 0."]})
    return int(said)


def _checksum(request: Request) -> Checksum | None:
    said = request.headers.get("Upload-Checksum")
    if said is None:
        return None
    try:
        return Checksum.parse(said)
    except Refused as refused:
        raise serializers.ValidationError({"Upload-Checksum": [str(refused)]}) from None


def _metadata(said: str) -> dict[str, str]:
    """`key base64,key base64,key`: key -> value. What is not ours to read may be any bytes."""
    if len(said) > uploads.LONGEST_METADATA:
        raise TooLarge(f"Upload-Metadata has at most {uploads.LONGEST_METADATA} characters here.")
    facts = {}
    for pair in filter(None, (one.strip() for one in said.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            facts[key] = base64.b64decode(encoded, validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            raise serializers.ValidationError({"Upload-Metadata": ["Keys, each with base64."]}) from None
    return facts


def _sha256(facts: dict[str, str], name: str) -> bytes | None:
    try:
        digest = bytes.fromhex(facts.get(name, ""))
    except ValueError:
        digest = b"?"
    if len(digest) not in {0, 32}:
        raise serializers.ValidationError({name: ["64 hexadecimal digits."]})
    return digest or None
