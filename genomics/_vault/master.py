"""The master key, which lies outside the database and wraps the key of each epoch. Two ways to have it:
here (MASTER_KEY), or in an OpenBao or Vault whose transit engine wraps and unwraps and never hands it out.

    MASTER_KEY_URL=https://bao.example:8200/transit/genomic     MASTER_KEY_TOKEN_FILE=/run/secrets/bao

What is wrapped is bound to its holder. What the epochs' keys wrap is in keys.
"""

import base64
import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlparse

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from genomics.errors import VaultSealed

SECONDS = 10.0
LARGEST = 64 * 1024  # bytes of an answer that is read at all


class Master(Protocol):
    """Wraps 32 bytes for a holder, and unwraps them for the same holder alone."""

    @property
    def id(self) -> str:
        """A short name by which a wrap says what wrapped it."""

    def wrap(self, key: bytes, holder: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, holder: str) -> bytes:
        """Raises VaultSealed when it does not open, or nobody answers."""


def master() -> Master:
    """The one that the settings name."""
    if settings.MASTER_KEY_URL:
        return Transit(settings.MASTER_KEY_URL, Path(settings.MASTER_KEY_TOKEN_FILE))
    return Held(settings.MASTER_KEY.bytes, settings.MASTER_KEY.id)


class Held:
    """A key of 32 bytes in this process."""

    def __init__(self, key: bytes, id_: str) -> None:
        self._cipher, self.id = AESGCM(key), id_

    def wrap(self, key: bytes, holder: str) -> bytes:
        """12 bytes nonce and the sealed key: 60 bytes."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, key, holder.encode())

    def unwrap(self, wrapped: bytes, holder: str) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:12], wrapped[12:], holder.encode())
        except (InvalidTag, ValueError):
            raise does_not_open(holder) from None


class Transit:
    """The transit engine over HTTPS: POST /v1/MOUNT/encrypt/NAME and /decrypt/NAME, with associated data.

    The token is read from its file at every call, for an agent renews it."""

    def __init__(self, url: str, token: Path) -> None:
        parts = urlparse(url)
        mount, _, name = parts.path.strip("/").rpartition("/")
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"})
        if not (safe and mount and name):
            raise VaultSealed(
                f"MASTER_KEY_URL={url!r} is not https://HOST:PORT/MOUNT/NAME. Nothing was opened."
            )
        self._base, self._mount, self._name = f"{parts.scheme}://{parts.netloc}", mount, name
        self._token = token
        self.id = f"transit:{name}"

    def wrap(self, key: bytes, holder: str) -> bytes:
        said = self._ask("encrypt", plaintext=_b64(key), associated_data=_b64(holder.encode()))
        ciphertext = said.get("ciphertext")
        if not isinstance(ciphertext, str) or not ciphertext.isascii():
            raise VaultSealed("The keeper of the master key gave no wrap. Nothing was kept; ask again.")
        return ciphertext.encode()

    def unwrap(self, wrapped: bytes, holder: str) -> bytes:
        ciphertext = wrapped.decode("ascii", errors="replace")
        said = self._ask("decrypt", ciphertext=ciphertext, associated_data=_b64(holder.encode()))
        try:
            key = base64.b64decode(said["plaintext"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise does_not_open(holder) from None
        if len(key) != 32:
            raise does_not_open(holder)
        return key

    def _ask(self, verb: str, **body: str) -> dict[str, Any]:
        try:
            token = self._token.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as fault:
            raise VaultSealed(f"The token for the master key cannot be read ({fault}).") from None
        request = urllib.request.Request(  # noqa: S310 - https, or this machine: see __init__
            f"{self._base}/v1/{self._mount}/{verb}/{self._name}",
            data=json.dumps(body).encode(),
            headers={"X-Vault-Token": token, "X-Vault-Request": "true", "Content-Type": "application/json"},
            method="POST",
        )
        try:
            with _ALONE.open(request, timeout=SECONDS) as answer:
                said = json.loads(answer.read(LARGEST))["data"]
        except urllib.error.HTTPError as refused:
            refused.close()
            raise VaultSealed(
                f"The keeper of the master key refused to {verb} ({refused.code}). Nothing was opened."
            ) from None
        except (OSError, ValueError, KeyError, TypeError):
            raise VaultSealed("The keeper of the master key does not answer. Nothing was opened.") from None
        if not isinstance(said, dict):
            raise VaultSealed("The keeper of the master key answers strangely. Nothing was opened.")
        return said


class _Stay(urllib.request.HTTPRedirectHandler):
    """The token goes to the host that was named, and is not carried on to another."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


_ALONE = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def does_not_open(holder: str) -> VaultSealed:
    return VaultSealed(f"The wrapped key of {holder} does not open: it was changed or moved.")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
