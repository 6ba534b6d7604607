"""A second step for tests: an app for a user, its current code, a client whose session is freshly confirmed.

secret = factors.enrol(user, at=NOW)
client.post(reverse("confirm"), {"how": "code", "code": factors.code(user, at=NOW)})
factors.confirm(client, at=NOW)      # or at once: fresh.of(request, at=NOW) is strong
"""

import json
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from broker import fresh
from broker.demo.codes import enrol, unsafe_code
from broker.factors import totp
from broker.factors.passkeys import Site
from broker.models import User

__all__ = ["Device", "code", "code_of", "confirm", "confirm_session", "enrol"]


def code(user: User, *, at: datetime) -> str:
    """The digits her app shows now; the next ones when these were used."""
    return unsafe_code(user, at=at)


def code_of(secret: str, *, at: datetime) -> str:
    """The same before the app is hers, from the secret on the page."""
    return totp.code_of(secret, totp.step_at(at))


def confirm(client: Client, *, at: datetime, method: str = "totp") -> None:
    """As if whoever is signed in with this client had just shown her app."""
    session = client.session
    confirm_session(session, at=at, method=method)
    session.save()
    client.cookies["sessionid"] = session.session_key


def confirm_session(session: SessionBase, *, at: datetime, method: str = "totp") -> None:
    """The same for a session in hand (a browser's)."""
    fresh.note(session, method, strong_from=at, at=at)


class Device:
    """A passkey in software, as a phone would hold it: answers as the browser would send them."""

    def __init__(self, *, verifies: bool = True, counts: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = secrets.token_bytes(16)
        self.verifies, self.counts, self.counter = verifies, counts, 0
        self.handle = b""

    def make(self, options: dict[str, Any], site: Site) -> str:
        """Answer an invitation."""
        self.handle = websafe_decode(options["publicKey"]["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())
        made = AttestedCredentialData.create(b"\0" * 16, self.credential, public)
        attestation = AttestationObject.create("none", self._data(site, made), {})
        return self._said(options, site, "webauthn.create", attestationObject=bytes(attestation))

    def answer(self, options: dict[str, Any], site: Site) -> str:
        """Answer a challenge."""
        data = self._data(site)
        client = self._client(options, site, "webauthn.get")
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"authenticatorData": bytes(data), "signature": signature, "userHandle": self.handle}
        return self._said(options, site, "webauthn.get", **parts)

    def _data(self, site: Site, made: AttestedCredentialData | None = None) -> AuthenticatorData:
        self.counter += self.counts
        flags = AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if self.verifies else 0)
        flags |= AuthenticatorData.FLAG.AT if made else 0
        place = sha256(site.host.encode()).digest()
        return AuthenticatorData.create(place, flags, self.counter, made or b"")

    def _client(self, options: dict[str, Any], site: Site, kind: str) -> bytes:
        said = {"type": kind, "challenge": options["publicKey"]["challenge"], "origin": site.origin}
        return json.dumps(said).encode()

    def _said(self, options: dict[str, Any], site: Site, kind: str, **parts: bytes) -> str:
        response = {"clientDataJSON": self._client(options, site, kind), **parts}
        name = websafe_encode(self.credential)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {part: websafe_encode(value) for part, value in response.items()},
            }
        )
