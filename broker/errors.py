"""The errors of the top floor. Each message is for the person at the door: what happened, what to do now."""


class BrokerError(Exception):
    """Something could not be done as it was asked."""


class NotAllowed(BrokerError):
    """She may not do this here."""


class Refused(BrokerError):
    """What was asked does not fit; nothing was changed. The message says what to correct."""


class LostClaim(BrokerError):
    """Another worker has this job now, or it was cancelled: stop without a trace."""


class OntologyRefused(BrokerError):
    """A file of diseases cannot be used; nothing was loaded. The message says what is wrong with it."""
