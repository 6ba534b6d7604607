"""The errors of the top floor. Each message is for the person at the door: what happened, what to do now."""


class BrokerError(Exception):
    """Something could not be done as it was asked."""


class NotAllowed(BrokerError):
    """She may not do this here."""


class Refused(BrokerError):
    """What was asked does not fit; nothing was changed. The message says what to correct."""


class ProofNeeded(BrokerError):
    """Something weighty was asked without a fresh proof of who asks. Nothing was changed; `where` is the page
    on which it can be done."""

    def __init__(self, sentence: str, *, where: str) -> None:
        super().__init__(sentence)
        self.where = where


class LostClaim(BrokerError):
    """Another worker has this job now, or it was cancelled: stop without a trace."""


class OntologyRefused(BrokerError):
    """A file of diseases cannot be used; nothing was loaded. The message says what is wrong with it."""
