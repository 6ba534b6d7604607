"""The master key, held here or by a keeper: one contract, and what each refuses."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genomics._vault import epochs, keys
from genomics._vault.master import Held, Master, Transit
from genomics.errors import VaultSealed
from tests.world import World

TOKEN = "s.a-token"


@dataclass
class Keeper:
    """A transit engine as OpenBao and Vault document it: POST /v1/transit/encrypt/NAME and decrypt/NAME."""

    key: bytes = field(default_factory=lambda: AESGCM.generate_key(256))
    answer: bytes | None = None  # said instead of what should be
    status: int = 0
    to: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def said(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        context = base64.b64decode(body["associated_data"])
        if path == "/v1/transit/encrypt/house":
            nonce = secrets.token_bytes(12)
            sealed = nonce + AESGCM(self.key).encrypt(nonce, base64.b64decode(body["plaintext"]), context)
            return {"ciphertext": "vault:v1:" + base64.b64encode(sealed).decode(), "key_version": 1}
        assert path == "/v1/transit/decrypt/house"
        sealed = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
        key = AESGCM(self.key).decrypt(sealed[:12], sealed[12:], context)
        return {"plaintext": base64.b64encode(key).decode()}


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    here = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            here.asked.append((self.path, body))
            status, data = here.status or 200, here.answer
            if self.headers["X-Vault-Token"] != TOKEN:
                status, data = 403, b'{"errors": ["permission denied"]}'
            elif data is None:
                try:
                    data = json.dumps({"data": here.said(self.path, body)}).encode()
                except (InvalidTag, ValueError):
                    status, data = 400, b'{"errors": ["cipher: message authentication failed"]}'
            self.send_response(status)
            if here.to:
                self.send_header("Location", here.to)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.url = f"http://127.0.0.1:{server.server_port}/transit/house"
    yield here
    server.shutdown()
    server.server_close()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


@pytest.fixture(params=["held", "transit"])
def kept(request: pytest.FixtureRequest, keeper: Keeper, token: Path) -> Master:
    return Held(b"k" * 32, "id") if request.param == "held" else Transit(keeper.url, token)


def test_what_was_wrapped_comes_back_for_its_holder_alone(kept: Master):
    key = secrets.token_bytes(32)
    wrapped = kept.wrap(key, "epoch:1")
    assert key not in wrapped
    assert kept.unwrap(wrapped, "epoch:1") == key
    assert kept.wrap(key, "epoch:1") != wrapped
    for bad, holder in (
        (wrapped, "epoch:2"),
        (wrapped[:-1], "epoch:1"),
        (b"", "epoch:1"),
        (b"\xff" * 60, "x"),
    ):
        with pytest.raises(VaultSealed):
            kept.unwrap(bad, holder)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((code, b'{"errors": []}') for code in (400, 403, 404, 429, 500, 503)),
        *((200, answer) for answer in (b"", b"not json", b"[]", b"{}", b'{"data": 3}', b'{"data": {}}')),
        (200, b'{"data": {"plaintext": "c2hvcnQ="}}'),
        (200, b'{"data": {"plaintext": 7, "ciphertext": 7}}'),
    ],
)
def test_whatever_else_the_keeper_says_opens_nothing(keeper: Keeper, token: Path, status: int, answer: bytes):
    keeper.status, keeper.answer = status, answer
    there = Transit(keeper.url, token)
    with pytest.raises(VaultSealed):
        there.unwrap(b"vault:v1:abcd", "epoch:1")
    with pytest.raises(VaultSealed):
        there.wrap(b"k" * 32, "epoch:1")


def test_the_token_goes_to_the_named_host_and_nowhere_else(keeper: Keeper, token: Path):
    keeper.status, keeper.to, keeper.answer = 307, f"{keeper.url}/elsewhere", b""
    with pytest.raises(VaultSealed, match="307"):
        Transit(keeper.url, token).wrap(b"k" * 32, "epoch:1")
    assert len(keeper.asked) == 1


@pytest.mark.parametrize(
    "url", ["http://bao.example/transit/house", "https://bao.example", "file:///x/y", ""]
)
def test_only_a_safe_and_whole_address_is_taken(url: str, token: Path):
    with pytest.raises(VaultSealed, match="is not https"):
        Transit(url, token)


def test_a_wrong_or_missing_token_and_a_silent_keeper_are_told(keeper: Keeper, token: Path, tmp_path: Path):
    (tmp_path / "wrong").write_text("s.wrong")
    with pytest.raises(VaultSealed, match="403"):
        Transit(keeper.url, tmp_path / "wrong").wrap(b"k" * 32, "x")
    with pytest.raises(VaultSealed, match="token"):
        Transit(keeper.url, tmp_path / "nowhere").wrap(b"k" * 32, "x")
    with pytest.raises(VaultSealed, match="does not answer"):
        Transit("http://127.0.0.1:9/transit/house", token).wrap(b"k" * 32, "x")


@pytest.mark.django_db
def test_a_house_whose_master_key_is_kept_elsewhere(keeper: Keeper, token: Path, settings):
    settings.MASTER_KEY_URL, settings.MASTER_KEY_TOKEN_FILE = keeper.url, str(token)
    ada = World().join("Ada")
    key = keys.of(ada)
    assert {body["associated_data"] for _, body in keeper.asked} == {base64.b64encode(b"epoch:1").decode()}
    asked = len(keeper.asked)
    assert keys.of(ada) == key
    assert len(keeper.asked) == asked  # an epoch is opened once a process
    epochs._opened.clear()
    keeper.key = AESGCM.generate_key(256)
    with pytest.raises(VaultSealed):
        keys.of(ada)
