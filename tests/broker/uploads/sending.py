"""Sending, as these tests do it."""

import io
from typing import Any

from broker import uploads
from broker.models import Upload, User
from tests.builders import vcf
from tests.world import NOW

FILE = vcf([("20", 1000226, "A", "T", "0/1")])


def begun(user: User, data: bytes = FILE, **facts: Any) -> Upload:
    return uploads.begin(user.own_record.participant, length=len(data), by=user, **{"at": NOW} | facts)


def sent(upload: Upload, data: bytes, offset: int = 0, **facts: Any) -> Upload:
    said = {"offset": offset, "size": len(data), "at": NOW} | facts
    return uploads.append(upload, io.BytesIO(data), **said)


def arrived(user: User, data: bytes = FILE, **facts: Any) -> Upload:
    return sent(begun(user, data, **facts), data)
