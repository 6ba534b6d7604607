"""The errors of the top floor. Each message is for the person at the door: what happened, what to do now."""


class BrokerError(Exception):
    """Something could not be done as it was asked."""


class NotAllowed(BrokerError):
    """She may not do this here."""


class Refused(BrokerError):
    """What was asked does not fit; nothing was changed. The message says what to correct."""


class BudgetSpent(Refused):
    """Her organisation has searched with as many profiles as it may for now. Nothing was submitted."""


class ProofNeeded(BrokerError):
    """Something weighty was asked without a fresh proof of who asks. Nothing was changed; `where` is the page
    on which it can be done."""

    def __init__(self, sentence: str, *, where: str) -> None:
        super().__init__(sentence)
        self.where = where


class LostClaim(BrokerError):
    """Another worker has this job now, or it was cancelled: stop without a trace."""


class TookTooLong(BrokerError):
    """A job was stopped because it would not end. Nothing was released."""


class ManifestRefused(BrokerError):
    """A manifest of files cannot be used; nothing was taken. The message says what is wrong with it."""


class OffsetMoved(BrokerError):
    """An upload stands at another byte than the client thought; it may ask where, and go on from there."""


class UploadGone(BrokerError):
    """This upload takes no more bytes: it is whole, was stopped, or was not finished in time."""


class NotAsSent(BrokerError):
    """The bytes that came are not those the client took the checksum of. They were thrown away."""


class OtherVersion(BrokerError):
    """A client speaks another version of a protocol than is spoken here."""


class TooLarge(BrokerError):
    """More bytes than are taken here, or than were announced."""


class Busy(BrokerError):
    """As many are at it as may be at once. Nothing was changed; a moment later there is room."""


class NoRoom(BrokerError):
    """A disk here is full. What was kept before is kept; later there is room."""


class BeingWritten(BrokerError):
    """Another request is sending bytes of this very upload. Nothing of this one was taken."""


class OntologyRefused(BrokerError):
    """A file of diseases cannot be used; nothing was loaded. The message says what is wrong with it."""
