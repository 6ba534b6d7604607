"""The errors of the ground floor: one root, branches by what the caller can do about it.

Each message is for people: what happened, was anything lost, what to do. A refusal that follows from
somebody's consent is not here: it is a Decision with its reasons.
"""

from collections.abc import Iterable


class ConsentError(Exception):
    """Something on the ground floor could not be done."""


class OutsideTransaction(ConsentError):
    """A verb that must travel with its change was called outside a transaction. Wrap it in atomic()."""


class KeptForever(ConsentError):
    """Somebody tried to change or remove a row of an append-only table. Write a new row instead."""


class EventRefused(ConsentError):
    """An event does not say exactly what its kind says. Correct the call; nothing was written."""


class LedgerBroken(ConsentError):
    """The ledger is not as it was signed. Nothing may be added until an auditor has looked at it."""


class DatabaseBehind(ConsentError):
    """The database is older than what is kept outside it. Nothing is answered until that was done again."""


class LedgerUnavailable(ConsentError):
    """The ledger cannot be written, so nothing that needs an event was done. Try again when it can."""


class WitnessAway(ConsentError):
    """The witness of the ledger does not answer. Nothing waits for it; it is asked again."""


class WitnessRefused(ConsentError):
    """The witness does not find that the ledger only grew. Keep everything, and tell an auditor."""


class NotSealed(ConsentError):
    """An event does not lie under a checkpoint yet, so nothing can be proved of it. Ask again in a moment."""


class NoteRefused(ConsentError):
    """A signed note is malformed, or was not signed by the key it is held against."""


class Unreadable(ConsentError):
    """A file that somebody gave cannot be read, or is nothing known here. Nothing of it was checked."""


class StatementRefused(ConsentError):
    """A statement that cannot mean anything. Nothing was recorded; the message says what to correct."""


class SealBroken(ConsentError):
    """A consent record is not as it was written. Nothing may rest on it until an auditor has looked."""


class HeadMissing(SealBroken):
    """Something that was said is gone from a record. Nothing may rest on it, and auditors are told."""


class NotCleared(ConsentError):
    """Something asked to read without a genuine Clearance. Nothing was read."""


class RegistrationRefused(ConsentError):
    """Something about a participant that cannot be. Nothing was recorded."""


class KinRefused(ConsentError):
    """Somebody cannot stand to somebody else as was said, or not yet, or no more. Nothing was recorded."""


class PolicyRefused(ConsentError):
    """A policy that cannot be adopted, or that is not on record. Nothing was changed or decided."""


class DialRefused(PolicyRefused, ValueError):
    """A dial of a policy was turned further than the house lets any policy go."""


class DiseasesRefused(ConsentError):
    """A table of diseases that cannot come into force, or not yet. Nothing was changed."""


class FormRefused(ConsentError):
    """A consent form, or an answer on one, that cannot be used. `faults` names each place that is wrong."""

    def __init__(self, sentence: str, faults: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.faults = tuple(faults)


class PaperRefused(ConsentError):
    """A paper form was keyed in a way that does not count. Nothing was recorded by that entry."""


class ExchangeRefused(ConsentError):
    """A consent that cannot be written, or read, in another house's words without losing something."""


class NotRemembered(ConsentError):
    """Nothing is on record by which an earlier time could be told again."""
