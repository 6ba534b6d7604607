"""Why a job read somebody or did not, in plain words and in both languages, for the one whose data it is.

A reason that rests on somebody else or on a hold says only that it is not hers (consent.reasons). What an
auditor reads is in auditor_why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from broker.explaining import Replay
from broker.portal.record_words import day
from broker.usage import Use
from consent import duo
from consent.purposes import FAMILIES
from consent.reasons import SENTENCES, Reason
from consent.reasons_id import SENTENCES_ID
from consent.terms import Statement

LANGUAGES = ("en", "id")
REASONS = {"en": SENTENCES, "id": SENTENCES_ID}
WORDS: dict[str, dict[str, str]] = {
    "included": {
        "en": "Your data was included on %(day)s.",
        "id": "Data Anda diikutkan pada %(day)s.",
    },
    "because": {
        "en": "It was, because on %(day)s this was allowed: %(use)s. The form was %(form)s.",
        "id": "Sebabnya, pada %(day)s hal ini diizinkan: %(use)s. Formulirnya %(form)s.",
    },
    "not_included": {
        "en": "Your data was not included on %(day)s. Nothing of yours was read.",
        "id": "Data Anda tidak diikutkan pada %(day)s. Tidak ada data Anda yang dibaca.",
    },
    "stop": {
        "en": "To stop this use from now on: one click.",
        "id": "Untuk menghentikan penggunaan ini mulai sekarang: satu klik.",
    },
    "called_back": {
        "en": "An answer that has left cannot be called back.",
        "id": "Jawaban yang sudah keluar tidak dapat ditarik kembali.",
    },
    "unproved": {
        "en": "We could not work this out again from the record. An auditor has to look at it.",
        "id": "Kami tidak dapat memastikannya lagi dari catatan. Seorang auditor harus memeriksanya.",
    },
}


@dataclass(frozen=True, slots=True)
class Told:
    """The same in one language."""

    language: str
    sentences: tuple[str, ...]


def told(use: Use, replay: Replay | None) -> list[Told]:
    """What happened and why, in her language first and in the other beside it."""
    here = (translation.get_language() or "en")[:2]
    order = sorted(LANGUAGES, key=lambda language: language != here)
    found = []
    for language in order:
        with translation.override(language):
            found.append(Told(language, tuple(_sentences(use, replay, language))))
    return found


def families(replay: Replay | None) -> list[str]:
    """The uses on which a yes rested."""
    if replay is None or replay.then is None or not replay.then.verdict.files:
        return []
    return [one.family for spoke in replay.then.spoke for one in spoke.statements]


def _sentences(use: Use, replay: Replay | None, language: str) -> Iterator[str]:
    """Plain sentences, the outcome first."""

    def say(what: str, **values: str) -> str:
        return WORDS[what][language] % values

    if use.read:
        yield say("included", day=day(use.at))
        for said in _relied_on(replay):
            form = f"{said.form.id} {said.form.version}"
            yield say("because", day=day(said.recorded_at), use=_use(said), form=form)
        yield say("called_back")
    else:
        yield say("not_included", day=day(use.at))
        yield from _reasons(use.reasons, language)
    if replay is not None and not replay.holds:
        yield say("unproved")


def _reasons(reasons: Iterable[Reason], language: str) -> Iterator[str]:
    """Each sentence once: several reasons may read alike."""
    yield from dict.fromkeys(REASONS[language][reason] for reason in reasons)


def _relied_on(replay: Replay | None) -> list[Statement]:
    if replay is None or replay.then is None:
        return []
    relied_on = set(replay.then.verdict.relied_on)
    heads = {one.seq: one for spoke in replay.then.spoke for one in spoke.statements}
    return [one for seq, one in sorted(heads.items()) if seq in relied_on]


def _use(said: Statement) -> str:
    """A use by its name, and for research which kinds."""
    label = _(FAMILIES[said.family].label)
    kinds = ", ".join(_(duo.PERMISSIONS[one.code].label) for one in said.permissions)
    return f"{label} ({kinds})" if kinds else label
