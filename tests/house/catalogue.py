"""The catalogues of languages, made from the code: what pages say, and what the floors below say.

`python -m tests.house.make_catalogues` brings both up to date, and compiles them. What is new stands there
without a translation, which tests/house/test_catalogue.py does not let pass. Pages are searched by Django's
makemessages, which needs the Debian package gettext; the sentences of errors and tables are found here, by
reading the code.
"""

import ast
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path

import polib
from django.apps import apps
from django.utils.text import capfirst

from broker.events import BY_TAG
from broker.portal.administrator_forms import role_name
from broker.portal.auditor_ledger import kind_words
from broker.roles import WHO, Role
from broker.usage import NOT_DISCLOSED, NOTHING_LEFT, WHAT_LEFT
from consent import duo
from consent.purposes import FAMILIES, PURPOSES, Words
from consent.regions import REGION_NAMES
from genomics.intake.details import Detail
from genomics.matching.kinship import Relationship

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "broker/locale/id/LC_MESSAGES/django.po"
BELOW = ROOT / "broker/languages/locale/id/LC_MESSAGES/django.po"
MARKED = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
# Whose sentences no page says: tables with an Indonesian twin of their own, what is for a terminal or a log,
# and what no door lets through.
APART = (
    "broker/api/",
    "broker/demo/",
    "broker/env.py",
    "broker/events",
    "broker/management/",
    "broker/migrations/",
    "broker/paper_sheets.py",
    "broker/portal/why_words.py",
    "broker/process_letters.py",
    "broker/queue_file.py",
    "broker/restored_kinds.py",
    "broker/settings.py",
    "broker/templatetags/styleguide.py",
    "broker/walls/",
    "broker/web_worker.py",
    "consent/append_only.py",
    "consent/canonical.py",
    "consent/clearance.py",
    "consent/events",
    "consent/exchange/ts27560.py",
    "consent/fence.py",
    "consent/ledger/",
    "consent/migrations/",
    "consent/reasons_id.py",
    "consent/triggers.py",
    "genomics/_vault/",
    "genomics/chain.py",
    "genomics/column_bytes.py",
    "genomics/events",
    "genomics/genetic_map.py",
    "genomics/intake/corpus.py",
    "genomics/intake/details.py",
    "genomics/intake/materials.py",
    "genomics/intake/upkeep.py",
    "genomics/map_forms.py",
    "genomics/migrations/",
    "genomics/panel.py",
    "genomics/panel_sites.py",
    "genomics/reference.py",
    "genomics/row_bytes.py",
    "genomics/slab_bytes.py",
)


def sentences() -> dict[str, str]:
    """Every sentence in the code of the three floors that is not marked for gettext, and where: values are
    numbered. A sentence begins with a capital or a value, has three words, and ends."""
    found: dict[str, str] = {}
    for floor in ("consent", "genomics", "broker"):
        for path in sorted((ROOT / floor).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if not place.startswith(APART):
                for text in _written(ast.parse(path.read_text())):
                    found.setdefault(text, place)
    return found


def _written(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in MARKED or called.startswith("logger."):
            return
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = _text(node)
        if text is not None and _is_sentence(text):
            yield text
        return
    for below in ast.iter_child_nodes(node):
        yield from _written(below)


def _text(node: ast.Constant | ast.JoinedStr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value.strip() if isinstance(node.value, str) else None
    number = itertools.count(1)
    parts = (
        str(part.value) if isinstance(part, ast.Constant) else f"{{{next(number)}}}" for part in node.values
    )
    return "".join(parts).strip()


def _is_sentence(text: str) -> bool:
    return (text[:1].isupper() or text[:1] == "{") and text[-1] in ".?!:" and len(text.split()) >= 3


def words() -> dict[str, str]:
    """The short words of the floors below that pages say: names in tables, states and kinds of rows."""
    told: dict[str, Iterable[str]] = {
        "consent/duo.py": itertools.chain.from_iterable(
            (term.label, term.meaning) for term in (*duo.PERMISSIONS.values(), *duo.MODIFIERS.values())
        ),
        "consent/purposes.py": itertools.chain.from_iterable(map(astuple, _families())),
        "consent/regions.py": REGION_NAMES.values(),
        "genomics/matching/kinship.py": itertools.chain.from_iterable(
            (one, one.partition(":")[0]) for one in Relationship
        ),
        "genomics/data/kin_table.tsv": _first_column(ROOT / "genomics/data/kin_table.tsv"),
        "broker/models": _choices(),
        "genomics/intake/details.py": (detail.sentence for detail in Detail),
        "broker/roles.py": itertools.chain(map(role_name, Role), WHO.values()),
        "broker/usage.py": (*WHAT_LEFT.values(), NOTHING_LEFT, NOT_DISCLOSED),
        "broker/events.py": map(kind_words, BY_TAG),
    }
    return {word: place for place, some in told.items() for word in some if word}


def _first_column(table: Path) -> list[str]:
    return [line.partition("\t")[0] for line in table.read_text().splitlines()[1:]]


def _families() -> Iterator[Words]:
    yield from FAMILIES.values()
    yield from (kind.words for kind in PURPOSES.values())


def _choices() -> Iterator[str]:
    """What the rows of the top floor may be, small and with a capital, as pages have it."""
    for model in apps.get_app_config("broker").get_models():
        for field in model._meta.get_fields():
            for _value, label in getattr(field, "choices", None) or ():
                yield from {str(label), capfirst(str(label))}


def compile_both() -> None:
    for path in (PAGES, BELOW):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def marked(home: Path) -> set[str]:
    """What is marked for gettext in pages and doors, found by Django in a copy of them under `home`."""
    copy = home / "copy"
    for part in ("broker", "consent", "genomics", "templates"):
        shutil.copytree(
            ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "data", "static")
        )
    shutil.copy(ROOT / "manage.py", copy)
    _make_messages(copy, home)
    return {one.msgid for one in polib.pofile(str(copy / PAGES.relative_to(ROOT)))}


def _make_messages(house: Path, home: Path) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-lid", "--no-location", "--no-obsolete", "-v0"],
        cwd=house,
        env={**os.environ, "BROKER_HOME": str(home), "DEBUG": "1"},
        check=True,
    )


def bring_up_to_date() -> None:
    """Writes both .po files anew; what nobody says any more leaves them. What a page says itself is the
    page's, though a floor below says it too."""
    with tempfile.TemporaryDirectory() as home:
        _make_messages(ROOT, Path(home))
    pages = {one.msgid for one in polib.pofile(str(PAGES))}
    book = polib.pofile(str(BELOW)) if BELOW.exists() else polib.POFile(wrapwidth=100)
    book.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "id"}
    known = {one.msgid: one.msgstr for one in book}
    book[:] = [
        polib.POEntry(msgid=text, msgstr=known.get(text, ""), comment=place)
        for text, place in sorted({**sentences(), **words()}.items())
        if text not in pages
    ]
    BELOW.parent.mkdir(parents=True, exist_ok=True)
    book.save(str(BELOW))
