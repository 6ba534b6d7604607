"""Object storage as a shelf: s3://BUCKET/PREFIX, through django-storages (the extra s3). Ciphertext only.

Host, region and credentials are the environment's (AWS_S3_ENDPOINT_URL, AWS_DEFAULT_REGION, and boto's own
ways). A bucket that keeps versions keeps what was erased, as ciphertext without a key: switch that off, or
give old versions a short life.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlparse

from genomics.errors import VaultSealed

try:
    from botocore.exceptions import ClientError
    from storages.backends.s3 import S3Storage
except ImportError:
    S3Storage, ClientError = None, OSError

MISSING = frozenset(("404", "NoSuchKey"))
NOTHING = "InvalidRange"


class Bucket:
    """A name is a key under the prefix. An object is there whole or not at all, by S3's own promise."""

    def __init__(self, url: str) -> None:
        parts = urlparse(url)
        if S3Storage is None:
            raise VaultSealed("STORAGE_URL names a bucket, and the extra s3 is not installed.")
        storage = S3Storage(bucket_name=parts.netloc, default_acl=None, querystring_auth=False)
        self._bucket: Any = storage.bucket
        self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        self._bucket.upload_fileobj(_Stream(iter(pieces)), self._prefix + name)

    def get(self, name: str, offset: int, length: int | None) -> bytes:
        if length == 0:
            return b""
        last = "" if length is None else offset + length - 1
        try:
            answer = self._bucket.Object(self._prefix + name).get(Range=f"bytes={offset}-{last}")
            data: bytes = answer["Body"].read()
            return data
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
            if code == NOTHING:  # the range begins behind the end
                return b""
            if code in MISSING:
                raise VaultSealed(f"{name} is not on the shelf. Nothing was read.") from None
            raise VaultSealed(f"The bucket does not give {name} ({code}). Nothing was read.") from None

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[memoryview]:
        for offset, length in spans:
            yield memoryview(self.get(name, offset, length))

    def remove(self, name: str) -> None:
        self._bucket.Object(self._prefix + name).delete()
        self._bucket.objects.filter(Prefix=f"{self._prefix}{name}/").delete()

    def names(self, before: datetime | None) -> list[str]:
        found = self._bucket.objects.filter(Prefix=self._prefix)
        return sorted(
            one.key.removeprefix(self._prefix)
            for one in found
            if before is None or one.last_modified < before
        )


class _Stream(io.RawIOBase):
    """Pieces as the stream that an upload in parts reads."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        given = self._rest[: len(view)]
        self._rest = self._rest[len(given) :]
        view[: len(given)] = given
        return len(given)
