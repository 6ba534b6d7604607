"""REST: the files of a participant, how good each is; and send one in a single request."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from broker import slow_bodies, uploads, wards
from broker.api.bodies import body, size_of
from broker.api.problems import documented
from broker.api.uploads import UploadOut, build_of, for_whom
from broker.models import Upload, UploadState
from broker.rights import allows, person
from broker.roles import Right
from consent.models import Holding
from genomics.models import GenomicFile

HELD = "held"
STATES = [(state.value.lower(), state.label) for state in Holding.State] + [(HELD, "held for review")]
WHOLE = "application/octet-stream"


class FileOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    participant = serializers.CharField(source="participant.pseudonym")
    state = serializers.SerializerMethodField(help_text="of an active file may be asked, consent permitting")
    kind = serializers.CharField()
    build = serializers.CharField()
    build_evidence = serializers.CharField(help_text="how the build is known")
    size = serializers.IntegerField(help_text="bytes as received")
    received_at = serializers.DateTimeField()
    quality = serializers.DictField(help_text="sites, call rate, heterozygosity and the like")
    notes = serializers.ListField(child=serializers.CharField(), help_text="what was noticed at reading")

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, file: GenomicFile) -> str:
        states: dict[Any, str] = self.context["states"]
        return states[file.pk]


@extend_schema(
    methods=["GET"],
    operation_id="list_files",
    description="The files of yourself and of everybody you act for, the newest first.",
    responses={200: FileOut(many=True), **documented()},
)
@extend_schema(
    methods=["POST"],
    operation_id="send_file",
    description="Send a file as the body of one request. It is checked once it is here: Location names where "
    "that is told. A file too large for one request is sent in pieces, see /api/v1/uploads.",
    request={WHOLE: bytes},
    parameters=[
        OpenApiParameter("participant", str, description="a pseudonym; yourself unless told"),
        OpenApiParameter("assume", str, enum=["GRCh37", "GRCh38"], description="if the file says no build"),
        OpenApiParameter("Location", str, "header", response=[202]),
    ],
    responses={202: UploadOut, **documented(400, 404, 413, 415, 422, 503, 507)},
)
@api_view(["GET", "POST"])
@permission_classes([allows(Right.BRING_FILES)])
def file_list(request: Request) -> Response:
    """The files that you keep here; or send one."""
    user, now = person(request), timezone.now()
    if request.method == "GET":
        mine = wards.own(user, at=now)
        people = [ward.participant for ward in (mine, *wards.acted_for(user, at=now)) if ward is not None]
        files = GenomicFile.objects.filter(participant__in=people).select_related("participant")
        context = {"states": states_of(files)}
        return Response(FileOut(files.order_by("-received_at", "id"), many=True, context=context).data)
    if request.content_type != WHOLE:
        raise exceptions.UnsupportedMediaType(request.content_type, f"Send {WHOLE}.")
    size = size_of(request)
    with slow_bodies.taken(user.pk, size):
        upload = uploads.begin(
            for_whom(user, request.query_params.get("participant", "")),
            length=size,
            by=user,
            at=now,
            assume=build_of(request.query_params.get("assume", "")),
        )
        if size:
            uploads.append(upload, body(request), offset=0, size=size, at=now)
    if upload.offset != size:
        uploads.stop(upload, by=user, at=now)
        raise exceptions.ParseError("The body was cut")
    location = reverse("api:upload", args=[upload.pk])
    return Response(UploadOut(upload).data, status=202, headers={"Location": location})


def states_of(files: QuerySet[GenomicFile]) -> dict[Any, str]:
    """File -> its state in our words. A held file is quarantined on the ground floor."""
    held = set(Upload.objects.filter(state=UploadState.HELD, file__in=files.values("id")).values_list("file"))
    states = Holding.objects.filter(file__in=files.values("id")).values_list("file", "state")
    return {file: HELD if (file,) in held else state.lower() for file, state in states}
