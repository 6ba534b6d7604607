"""The rows of a planned crowd, as tables take them: genuinely sealed statements, people, files, holds.

What a statement's body looks like is asked of consent.terms once for each thing that can be said, and cut
open where two people who say it differ; so a field that the law gains later is in these rows too.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from django.apps import apps
from django.conf import settings
from django.db import connection

from consent import forms, giving, seals, terms
from consent.models import FormDraft, FormVersion
from consent.models.people import ALPHABET
from consent.purposes import FAMILIES
from tests.bench import crowd as crowds

CHUNK = 20_000  # rows made together
SETTLED = datetime(2018, 1, 1, tzinfo=UTC)  # when the forms were published
OTHER_FORMS = {  # name in the mix -> form, version, police notice, when people must be asked again
    "due": ("F-DUE", "0.9", True, datetime(2026, 5, 1, tzinfo=UTC)),
    "soon": ("F-SOON", "1.1", True, datetime(2026, 9, 1, tzinfo=UTC)),
    "silent": ("F-SILENT", "0.8", False, None),
}
COLUMNS = {
    "participant": (
        *("ordinal", "pseudonym", "born_on", "died_at", "erased_at", "identity_verified", "minor_dissent"),
        *("home_region", "home_zone", "epoch"),
    ),
    "holding": ("file", "participant_id", "state"),
    "freeze": ("id", "participant_id", "since", "until"),
    "statement": (
        *("seq", "participant_id", "family", "recorded_at", "form_id", "actor"),
        *("body", "salt", "commitment", "seal", "seal_key", "event"),
    ),
}
STATES = ("ACTIVE", "QUARANTINED", "ERASED")

# What stands in a body for what differs between two people who say the same.
SEQ, FILE, PSEUDONYM = 987_654_321_987_654, "00000000-0000-4000-8000-00000000feed", "P-XXXX-XXXX"
RECORDED, EFFECTIVE, ENDS = (datetime(1900, 1, 1, 0, 0, second, tzinfo=UTC) for second in (1, 2, 3))
GAPS = (
    ("%", "%%"),
    (PSEUDONYM, "%(who)s"),
    (str(SEQ), "%(seq)d"),
    (FILE, "%(file)s"),
    *((at.isoformat()[:19], gap) for at, gap in ((RECORDED, "%(recorded)s"), (EFFECTIVE, "%(effective)s"))),
    (ENDS.isoformat()[:19], "%(ends)s"),
)

Row = tuple[Any, ...]


def published() -> dict[str, FormVersion]:
    """The forms that the mix speaks of, in the house."""
    shipped = forms.publish_shipped(by="founding", at=SETTLED)
    others = {
        name: FormVersion.objects.create(
            form=form,
            version=version,
            offers=sorted(FAMILIES),
            le_notice=notice,
            reconsent_due=due,
            texts={},
            published_at=SETTLED,
            draft=FormDraft.objects.create(
                form=form, version=version, body="{}", loaded_by="bench", loaded_at=SETTLED
            ),
        )
        for name, (form, version, notice, due) in OTHER_FORMS.items()
    }
    return {"adult": shipped["F-ADULT"], "guardian": shipped["F-GUARDIAN"], **others}


def pseudonyms(people: int, *, seed: int) -> list[str]:
    """So many different ones, spread over all that there can be."""
    base = len(ALPHABET)
    space = base**8
    numbers = (np.arange(people, dtype=np.int64) * 7_368_787 + 104_729 * seed) % space  # a prime: none twice
    letters = np.array(list(ALPHABET))
    digits = [letters[(numbers // base**place) % base] for place in range(8)]
    return [f"P-{a}{b}{c}{d}-{e}{f}{g}{h}" for a, b, c, d, e, f, g, h in zip(*digits, strict=True)]


class Maker:
    """Makes the rows of a crowd, chunk by chunk. Safe to fork: it touches no database once it is built."""

    def __init__(self, crowd: crowds.Crowd, *, seed: int) -> None:
        self.crowd, self.seed = crowd, seed
        self.postgresql = connection.vendor == "postgresql"
        self.forms = published()
        self.sayings = [(said.family, *self._cut(said)) for said in crowd.sayings]
        self.names = pseudonyms(crowd.people, seed=seed)
        self.file_bytes = np.random.default_rng((seed, 2)).bytes(32 * crowd.people)
        self.epochs = np.zeros(crowd.people, np.int64)
        self.epochs[crowd.who] = np.arange(1, len(crowd.who) + 1)  # of each person, the last one stays
        self.more = {table: _defaults(table) for table in COLUMNS}

    def columns(self, table: str) -> tuple[str, ...]:
        return (*COLUMNS[table], *(name for name, _ in self.more[table]))

    def statement(self, said: crowds.Said, form: FormVersion | None) -> terms.Statement:
        """What is said, by nobody in particular."""
        return giving.value(
            said.verb,
            said.family,
            seq=SEQ,
            at=RECORDED,
            form=form,
            wording=wording(said, EFFECTIVE, ENDS, FILE),
        )

    def _cut(self, said: crowds.Said) -> tuple[int | None, str, str]:
        form = self.forms[said.form] if said.verb is terms.Verb.GRANT else None
        whole = {"participant": PSEUDONYM, "statement": self.statement(said, form).as_json()}
        body = terms.canonical(whole).decode()
        for mark, gap in GAPS:
            body = body.replace(mark, gap)
        return form.id if form else None, actor(said), body

    def statements(self, first: int) -> Any:
        """The rows of the chunk that begins at this number."""
        crowd, names, sayings = self.crowd, self.names, self.sayings
        part = slice(first, first + CHUNK)
        draw = random.Random(f"{self.seed} {first}").randbytes  # noqa: S311 - a bench is to be made again alike
        recorded, effective, ends = (
            np.datetime_as_string(column[part].astype("datetime64[s]")).tolist()
            for column in (crowd.recorded, crowd.effective, crowd.valid_to)
        )
        key_id, commit, seal = settings.SEAL_KEY.id, seals.commit, seals.seal
        rows: list[Row] = []
        people = zip(crowd.who[part].tolist(), crowd.what[part].tolist(), strict=True)
        for index, (row, what) in enumerate(people):
            seq, name, (family, form, by, cut) = first + index + 1, names[row], sayings[what]
            body = cut % {
                "who": name,
                "seq": seq,
                "file": self.file_of(row, 0) if "%(file)s" in cut else "",
                "recorded": recorded[index],
                "effective": effective[index],
                "ends": ends[index],
            }
            salt = draw(32)
            commitment = commit(salt, body.encode())
            at = recorded[index].replace("T", " ")
            rows.append(
                (
                    *(seq, row + 1, family, at, form, by, body),
                    *(salt, commitment, seal(seq, name, commitment), key_id, draw(16).hex()),
                )
            )
        return self._rendered("statement", rows, binary=(7, 8, 9))

    def participants(self) -> Iterator[Any]:
        crowd = self.crowd

        def row(i: int) -> list[Row]:
            region, zone, _ = crowds.HOMES[crowd.home[i]]
            born = date.fromordinal(int(crowd.born[i])).isoformat()
            flags = bool(crowd.verified[i]), bool(crowd.dissent[i])
            ends = stamp(crowd.died[i]), stamp(crowd.erased[i])
            return [(i + 1, self.names[i], born, *ends, *flags, region, zone, int(self.epochs[i]))]

        return self._chunked("participant", crowd.people, row)

    def holdings(self) -> Iterator[Any]:
        crowd = self.crowd

        def rows(i: int) -> list[Row]:
            states = STATES[crowd.first_state[i]], "ERASED" if crowd.erased[i] else "ACTIVE"
            return [(self._stored(i, number), i + 1, states[number]) for number in range(crowd.files[i])]

        return self._chunked("holding", crowd.people, rows)

    def freezes(self) -> Iterator[Any]:
        crowd, held = self.crowd, np.flatnonzero(self.crowd.frozen_since)

        def row(n: int) -> list[Row]:
            i = held[n]
            return [(n + 1, int(i) + 1, stamp(crowd.frozen_since[i]), stamp(crowd.frozen_until[i]))]

        return self._chunked("freeze", len(held), row)

    def file_of(self, row: int, number: int) -> str:
        """The id of somebody's first (0) or second file."""
        start = 32 * row + 16 * number
        return str(uuid.UUID(bytes=self.file_bytes[start : start + 16]))

    def _stored(self, row: int, number: int) -> str:
        file = self.file_of(row, number)
        return file if self.postgresql else file.replace("-", "")

    def _chunked(self, table: str, count: int, rows: Callable[[int], list[Row]]) -> Iterator[Any]:
        for first in range(0, count, CHUNK):
            chunk = [row for i in range(first, min(first + CHUNK, count)) for row in rows(i)]
            yield self._rendered(table, chunk)

    def _rendered(self, table: str, rows: list[Row], *, binary: tuple[int, ...] = ()) -> Any:
        """Tuples for SQLite; for PostgreSQL the text of a COPY."""
        more = tuple(value for _, value in self.more[table])
        if more:
            rows = [row + more for row in rows]
        return _copied(rows, binary) if self.postgresql else rows


def wording(said: crowds.Said, effective: datetime, ends: datetime, file: str) -> giving.Wording:
    """What is said as the verbs take it; `ends` and `file` where it has such a thing."""
    return giving.Wording(
        permissions=said.permissions,
        modifiers=said.modifiers,
        effective_at=effective,
        valid_to=ends if said.ends else None,
        after_death=said.after_death,
        file=uuid.UUID(file) if said.of_file else None,
        authority=terms.Authority(capacity=said.capacity, verified=said.verified),
        paper=paper(said),
    )


def paper(said: crowds.Said) -> terms.Paper | None:
    if not said.read_by:
        return None
    return terms.Paper("clerk 1", "clerk 2", True) if said.read_by == 2 else terms.Paper("clerk 1")


def actor(said: crowds.Said) -> str:
    if said.read_by:
        return f"clerk {said.read_by}"
    return "guardian" if said.capacity is terms.Capacity.GUARDIAN else "self"


def stamp(second: Any) -> str | None:
    """An instant as both databases take it; None for never."""
    return datetime.fromtimestamp(int(second), UTC).strftime("%Y-%m-%d %H:%M:%S") if second else None


def _defaults(table: str) -> list[tuple[str, Any]]:
    """The columns that this module does not know of, with what the models put there."""
    model = apps.get_model("consent", table)
    return [
        (column.column, column.get_db_prep_save(column.get_default(), connection))
        for column in model._meta.concrete_fields
        if column.column not in COLUMNS[table]
        and not (column.primary_key and column.get_internal_type().endswith("AutoField"))
    ]


def _copied(rows: list[Row], binary: tuple[int, ...]) -> bytes:
    lines = []
    for row in rows:
        cells = [
            "\\N"
            if cell is None
            else "\\\\x" + cell.hex()
            if index in binary
            else cell.replace("\\", "\\\\")
            if type(cell) is str
            else str(cell)
            for index, cell in enumerate(row)
        ]
        lines.append("\t".join(cells))
    return ("\n".join(lines) + "\n").encode() if lines else b""
