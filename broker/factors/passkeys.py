"""Passkeys (WebAuthn): a key in her phone or computer that answers a challenge of ours, once she unlocked it.

She is verified (by finger, face or PIN), so a passkey alone is a sign-in. The challenge's `state` stays
with the door, in the session, and is good for one answer. A counter that does not grow is refused: somebody
copied the key.
"""

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from broker import events
from broker.errors import BrokerError, Refused
from broker.factors import held, seals
from broker.models import Passkey, User
from consent import fence
from consent.ledger import log

METHOD = "passkey"
MOST = 20  # a login's passkeys
LONGEST = 32_768  # characters of an answer
State = dict[str, Any]
Options = dict[str, Any]


class WrongPasskey(BrokerError):
    """What the passkey answered does not prove anything."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser thinks it is: a passkey answers to this place alone."""

    name: str
    host: str
    origin: str

    @property
    def takes_passkeys(self) -> bool:
        """Browsers make passkeys for names, never for a bare address."""
        try:
            ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return True
        return False


def invite(user: User, site: Site) -> tuple[Options, State]:
    """What the browser needs to make a new passkey of hers; and what to keep until it has."""
    known = [_credential(one) for one in Passkey.objects.filter(user=user)]
    options, state = _server(site).register_begin(
        PublicKeyCredentialUserEntity(
            id=_handle(user), name=user.get_username(), display_name=user.get_username()
        ),
        known,
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), dict(state)


def enrol(
    user: User, name: str, answer: str, state: State, site: Site, *, proven: bool, at: datetime
) -> Passkey:
    """Keep a passkey that was made for this challenge, at this place, by somebody who was verified."""
    try:
        made = _server(site).register_complete(state, _read(answer))
    except Exception:  # a hostile answer can fail in any way; none of them makes a passkey
        raise WrongPasskey(_wrong()) from None
    found = made.credential_data
    if found is None:
        raise WrongPasskey(_wrong())
    credential = websafe_encode(found.credential_id)
    with transaction.atomic():
        fence.advance([])  # a restore may not forget that she has one
        User.objects.select_for_update().get(pk=user.pk)
        if len(credential) > 1400 or Passkey.objects.filter(credential=credential).exists():
            raise Refused(_("This passkey is known already. Nothing was changed."))
        if Passkey.objects.filter(user=user).count() >= MOST:
            raise Refused(
                _("You have as many passkeys as one can have. Nothing was changed: remove one first.")
            )
        strong = held.strong_from(user, proven=proven, at=at)
        row = Passkey.objects.create(
            user=user,
            credential=credential,
            sealed=seals.seal(bytes(found), _place(user, credential)),
            counter=made.counter,
            name=name,
            added_at=at,
            strong_from=strong,
        )
        held.added(user, METHOD, strong_from=strong, at=at)
    return row


def challenge(site: Site, user: User | None = None) -> tuple[Options, State]:
    """What the browser needs to let a passkey answer: hers, or whichever somebody at the door has."""
    known = [_credential(one) for one in Passkey.objects.filter(user=user)] if user else None
    options, state = _server(site).authenticate_begin(
        known, user_verification=UserVerificationRequirement.REQUIRED
    )
    return dict(options), dict(state)


def check(answer: str, state: State, site: Site, *, user: User | None = None, at: datetime) -> Passkey:
    """Whose passkey answered the challenge. Raises WrongPasskey; with `user`, it must be hers."""
    try:
        said = AuthenticationResponse.from_dict(_read(answer))
        credential = websafe_encode(said.raw_id)
    except Exception:  # a hostile answer can fail in any way; none of them is a sign-in
        raise WrongPasskey(_wrong()) from None
    row = Passkey.objects.select_related("user").filter(credential=credential).first()
    if row is None or not row.user.is_active or (user is not None and row.user_id != user.pk):
        raise WrongPasskey(_wrong())
    public = _credential(row)
    try:
        _server(site).authenticate_complete(state, [public], said)
    except Exception:
        raise WrongPasskey(_wrong()) from None
    handle = said.response.user_handle
    if handle and handle != _handle(row.user):
        raise WrongPasskey(_wrong())
    _count(row, said.response.authenticator_data.counter, at=at)
    return row


def remove(row: Passkey, *, by: str = "", at: datetime) -> None:
    with transaction.atomic():
        fence.advance([])  # nor that it is gone
        gone, _rows = Passkey.objects.filter(pk=row.pk).delete()
        if gone:
            held.removed(row.user, METHOD, which=name_of(row), by=by, at=at)


def name_of(row: Passkey) -> str:
    """What the ledger calls a passkey, to tell it from her others. Without our key nobody finds it by it."""
    return seals.digest("passkeys", row.credential).hex()[:16]


def _count(row: Passkey, counter: int, *, at: datetime) -> None:
    """Passkeys that many devices share do not count, and say 0 for ever. The others must go up."""
    mine = Passkey.objects.filter(pk=row.pk)
    grew = mine.filter(counter=0) if counter == 0 else mine.filter(counter__lt=counter)
    if grew.update(counter=counter, used_at=at):
        return
    with transaction.atomic():
        log.append(events.PASSKEY_DOUBTED, at=at, by=row.user.reference, subject=row.user.reference)
    raise WrongPasskey(
        _(
            "This passkey counted backwards, as a copy of it would. Nobody was signed in. "
            "Use another way, then remove this passkey."
        )
    )


def _server(site: Site) -> Fido2Server:
    place = PublicKeyCredentialRpEntity(name=site.name, id=site.host)
    return Fido2Server(place, verify_origin=lambda origin: origin == site.origin)


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST:
        raise ValueError("longer than any passkey's answer")
    said: dict[str, Any] = json.loads(answer)
    return said


def _credential(row: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(seals.unseal(row.sealed, _place(row.user, row.credential)))


def _handle(user: User) -> bytes:
    """What a passkey calls her. Not her reference: whoever keeps passkeys for people cannot find her
    in the ledger by it."""
    return seals.digest("handles", str(user.public_id))


def _place(user: User, credential: str) -> str:
    return f"passkey/{user.public_id}/{credential}"


def _wrong() -> str:
    return _("This passkey does not fit here. Nothing was changed. Try again, or use another way.")
