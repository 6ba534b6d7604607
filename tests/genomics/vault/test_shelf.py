"""The shelf's four words, in a folder and in a bucket of a local S3 server: one contract."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from genomics._vault import buckets, shelf
from genomics._vault import files as vault
from genomics._vault.shelf import Folder, Shelf
from genomics.errors import VaultSealed
from tests.world import World

moto = pytest.importorskip("moto.server", reason="no local S3 server here (the extra ci brings moto)")
FAR = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    if buckets.S3Storage is None:
        pytest.skip("the extra s3 is not installed here")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "one",
        "AWS_SECRET_ACCESS_KEY": "two",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    url = f"s3://house/{tmp_path.name}"  # the server's memory outlives it
    buckets.Bucket(url)._bucket.create()
    yield url
    shelf._bucket.cache_clear()
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "folder":
        return Folder(tmp_path / "shelf")
    return buckets.Bucket(request.getfixturevalue("bucket"))


def test_what_was_put_is_got_whole_and_in_parts(place: Shelf):
    data = os.urandom(1000)
    place.put("files/a/upload@1", iter([data[:10], b"", data[10:]]))
    assert place.get("files/a/upload@1", 0, None) == data
    assert place.get("files/a/upload@1", 990, 100) == data[990:]
    assert place.get("files/a/upload@1", 10, 5) == data[10:15]
    assert place.get("files/a/upload@1", 10, 0) == b""
    assert place.get("files/a/upload@1", 2000, 5) == b""
    place.put("files/a/upload@1", [b"another"])
    assert place.get("files/a/upload@1", 0, None) == b"another"


def test_names_are_told_and_removed_with_all_under_them(place: Shelf):
    for name in ("files/a/upload@1", "files/a/column@2", "files/ab/upload@3", "evidence/x"):
        place.put(name, [b"x"])
    assert place.names(None) == ["evidence/x", "files/a/column@2", "files/a/upload@1", "files/ab/upload@3"]
    assert place.names(FAR) == place.names(None)
    assert place.names(FAR - timedelta(days=365)) == []
    place.remove("files/a")
    place.remove("evidence/x")
    place.remove("nowhere")
    assert place.names(None) == ["files/ab/upload@3"]


def test_what_is_not_there_is_refused(place: Shelf):
    for length in (None, 5):
        with pytest.raises(VaultSealed, match="not on the shelf"):
            place.get("files/a/upload", 0, length)


def test_what_breaks_off_on_the_way_leaves_nothing(place: Shelf):
    def broken() -> Iterator[bytes]:
        yield b"x" * 100
        raise VaultSealed("the stream ended")

    with pytest.raises(VaultSealed):
        place.put("files/a/upload", broken())
    assert place.names(None) == []


@pytest.mark.django_db
def test_a_house_keeps_its_files_in_a_bucket(bucket: str, settings):
    settings.STORAGE_URL = bucket
    world = World()
    ada = world.join("Ada").genomic_files.get()
    assert vault.own_column(ada).sha256 == bytes(ada.column_sha256)
    assert vault.own_upload(ada).read().startswith(b"##fileformat")
    assert len(shelf.names()) == 2


def test_another_kind_of_place_is_refused(settings):
    settings.STORAGE_URL = "ftp://somewhere/x"
    with pytest.raises(VaultSealed, match="no s3:// bucket"):
        shelf.names()
