"""What an auditor asks of the ledger, typed in one box: `actor:investigator outcome:refused after:7d`. Pure.

Words with a value; the same word twice means either, different words mean both, a minus in front means
without. What does not fit is told in a sentence for each word. Which rows fit is in broker.ledger_rows.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker.errors import BrokerError
from broker.events import BY_TAG
from broker.roles import Role
from consent.purposes import FAMILIES, PURPOSES

LONGEST, MOST = 400, 20  # characters, and words with their values
AGO = re.compile(r"(\d{1,4})([hdw])")
ID = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")
SPAN = {"h": "hours", "d": "days", "w": "weeks"}


class SearchRefused(BrokerError):
    """A search that cannot be read. `troubles` has a sentence for each word of it that does not fit."""

    def __init__(self, *troubles: str) -> None:
        super().__init__(" ".join(troubles))
        self.troubles = troubles


@dataclass(frozen=True, slots=True)
class Term:
    """One word and its value, as it is looked for; `without` turns it round."""

    word: str
    value: str | datetime
    without: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A whole search. An empty one fits everything."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def of(self, word: str, *, without: bool = False) -> list[Term]:
        return [term for term in self.terms if term.word == word and term.without is without]


@dataclass(frozen=True, slots=True)
class Word:
    """What may stand before a colon: how its value is read, and what it means, for the page that says so."""

    read: Callable[[str, datetime], str | datetime]
    means: Promise
    example: str


def parse(text: str, *, at: datetime) -> Search:
    """Raises SearchRefused."""
    text = text.strip()
    if len(text) > LONGEST:
        raise SearchRefused(
            _("This is longer than %(most)d characters. Nothing was searched; ask for less.")
            % {"most": LONGEST}
        )
    try:
        pieces = _pieces(text)
    except ValueError:
        raise SearchRefused(
            _("A quotation mark is opened and not closed. Nothing was searched; close it.")
        ) from None
    if len(pieces) > MOST:
        raise SearchRefused(
            _("There are more than %(most)d words. Nothing was searched; ask for less.") % {"most": MOST}
        )
    terms, troubles = list[Term](), list[str]()
    for piece in pieces:
        try:
            terms.append(_term(piece, at))
        except SearchRefused as refused:
            troubles += refused.troubles
    troubles += _contradictions(terms)
    if troubles:
        raise SearchRefused(*troubles)
    return Search(text, tuple(terms))


def _pieces(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes, lexer.escape = True, "", '"', ""
    return list(lexer)


def _term(piece: str, at: datetime) -> Term:
    word, colon, value = piece.partition(":")
    without = word.startswith("-")
    word = word.removeprefix("-").lower()
    if not colon:
        raise SearchRefused(
            _(
                "“%(piece)s” stands alone, and there is no search in free text. Write about:%(piece)s for a "
                "pseudonym or an id, or one of: %(words)s."
            )
            % {"piece": piece, "words": ", ".join(WORDS)}
        )
    word = ALSO.get(word, word)
    if word not in WORDS:
        near = get_close_matches(word, WORDS, n=1)
        hint = _("Did you mean %(near)s:?") % {"near": near[0]} if near else ""
        raise SearchRefused(
            _("“%(word)s:” is no word of this search. There are: %(words)s. %(hint)s").strip()
            % {"word": word, "words": ", ".join(WORDS), "hint": hint}
        )
    if not value.strip():
        raise SearchRefused(
            _("“%(word)s:” has nothing behind it. For example: %(example)s.")
            % {"word": word, "example": WORDS[word].example}
        )
    if without and word in DAYS:
        raise SearchRefused(_("“-%(word)s:” means nothing; turn the days round.") % {"word": word})
    return Term(word, WORDS[word].read(value.strip(), at), without)


def _contradictions(terms: list[Term]) -> Iterator[str]:
    for word in DAYS:
        if sum(term.word == word for term in terms) > 1:
            yield _("“%(word)s:” is said twice; say it once.") % {"word": word}
    days = {term.word: term.value for term in terms if isinstance(term.value, datetime)}
    if len(days) == len(DAYS) and days["before"] <= days["after"]:
        yield _("No event comes after that day and before the other one; turn the days round.")


# --- the values ---


def _moment(value: str, at: datetime) -> datetime:
    if ago := AGO.fullmatch(value):
        return at - timedelta(**{SPAN[ago[2]]: int(ago[1])})
    try:
        if "T" in value:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return datetime.combine(date.fromisoformat(value), time(), tzinfo=UTC)
    except (ValueError, OverflowError):
        raise SearchRefused(
            _("“%(value)s” is no day. Write 2026-05-31, 2026-05-31T14:00, or 24h, 7d, 4w for so long ago.")
            % {"value": value}
        ) from None


def _purpose(value: str, _at: datetime) -> str:
    return _one_of(value.upper(), {*PURPOSES, *FAMILIES}, _("purpose"))


def _outcome(value: str, _at: datetime) -> str:
    return _one_of(value.lower(), OUTCOMES, _("outcome"))


def _kind(value: str, _at: datetime) -> str:
    return _one_of(value.lower().rstrip(":"), KINDS, _("kind of event"))


def _id(value: str, _at: datetime) -> str:
    bare = value.lower().rpartition(":")[2]
    if not ID.fullmatch(bare):
        raise SearchRefused(
            _("“%(value)s” is no id. Write at least its first four letters, as the lists show them.")
            % {"value": value}
        )
    return bare


def _text(value: str, _at: datetime) -> str:
    return value


def _one_of(value: str, known: object, what: str) -> str:
    words = sorted(map(str, known))  # type: ignore[call-overload]
    if value in words:
        return value
    near = get_close_matches(value, words, n=3, cutoff=0.5) or words[:8]
    raise SearchRefused(
        _("“%(value)s” is no %(what)s. Known are: %(near)s …")
        % {"value": value, "what": what, "near": ", ".join(near)}
    )


def kinds_of_outcome(outcome: str) -> frozenset[str]:
    """The kinds of events that end so, whatever they say besides."""
    return frozenset(tag for tag in BY_TAG if tag.split(":")[2] in OUTCOMES[outcome])


def kinds_named(name: str) -> frozenset[str]:
    """The kinds under a name: a whole tag, its beginning, or its middle."""
    return frozenset(tag for tag in BY_TAG if f"{tag}:".startswith(f"{name}:") or tag.split(":")[1] == name)


_ACTIONS = {tag.split(":")[2] for tag in BY_TAG}
# An outcome -> the last words of the kinds that end so. What two decide says in a field how it ended.
OUTCOMES: dict[str, frozenset[str]] = {action: frozenset({action}) for action in sorted(_ACTIONS)} | {
    "refused": frozenset({"refused", "rejected", "move_refused"}),
    "approved": frozenset({"approved", "confirmed", "verified"}),
    "narrowed": frozenset({"denied", "withdrawn", "frozen", "dissent"}),
    "widened": frozenset({"given", "continued"}),
    "alarm": frozenset({"rise", "unsound", "doubted", "found", "touched", "unaccounted"}),
}
KINDS = {":".join(tag.split(":")[:length]) for tag in BY_TAG for length in (1, 2, 3)} | {
    tag.split(":")[1] for tag in BY_TAG
}

WORDS: dict[str, Word] = {
    "actor": Word(
        _text,
        gettext_lazy("Who did it: a role, the id of a login, or a part of the house such as worker."),
        "actor:investigator",
    ),
    "asker": Word(
        _text,
        gettext_lazy("Who asked: what a login did itself, and what became of its jobs."),
        "asker:user:1f3a",
    ),
    "purpose": Word(
        _purpose,
        gettext_lazy("What was asked for, or what somebody chose about: a code of either."),
        "purpose:L.HOM",
    ),
    "outcome": Word(_outcome, gettext_lazy("How it ended."), "outcome:refused"),
    "kind": Word(_kind, gettext_lazy("What happened: a whole kind, or a part of one."), "kind:query:job"),
    "about": Word(_text, gettext_lazy("Whom or what it is about: a pseudonym or an id."), "about:P-2345"),
    "case": Word(_id, gettext_lazy("A case, with all that was asked under it."), "case:1f3a"),
    "job": Word(_id, gettext_lazy("A job, and the question that it ran."), "job:1f3a"),
    "after": Word(_moment, gettext_lazy("From that day or moment on (UTC), or since so long."), "after:7d"),
    "before": Word(_moment, gettext_lazy("Before that day or moment (UTC)."), "before:2026-06-01"),
}
ALSO = {"by": "actor", "who": "actor", "subject": "about", "since": "after", "until": "before"}
DAYS = ("after", "before")
ROLES = frozenset(map(str, Role))
