"""The clauses of a consent form: the code that each one stands for, and what a set of ticks says in codes.

    HMB = Clause("R-HMB", "RESEARCH", Permission("HMB"), None, None, allows=True)
    said((HMB, ...), {"R-HMB": True})["RESEARCH"].permissions == (Permission("HMB"),)

Pure. A clause either allows (it has a permission, or its family needs none) or is a condition on what its
family's other clauses allow. The words stand in the form's texts; how a form is written is in drafts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent import duo
from consent.errors import FormRefused
from consent.rules.modifiers import MOST_MONTHS, months_of, too_long, until_of
from consent.terms import Modifier, Permission

# What a clause may ask for, by the code that needs it. Both have a vocabulary, so an answer can be weighed.
ASKS = {"DS": "diseases", "GS": "regions"}
LISTED = frozenset(("diseases", "topics", "regions", "users", "projects", "institutions"))


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a form, and the code it stands for. `asks` names the list to be filled in beside it."""

    id: str
    family: str
    permission: Permission | None
    modifier: Modifier | None
    asks: str | None
    allows: bool = False  # whether a tick here is a yes to the family; a condition alone allows nothing


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody allowed of one family."""

    permissions: tuple[Permission, ...] = ()
    modifiers: tuple[Modifier, ...] = ()


def read(written: Iterable[Mapping[str, Any]]) -> tuple[Clause, ...]:
    """The clauses as a form writes them.

    A clause that stands alone in its family allows it, and its modifier binds: "Police may compare my
    child's DNA, and only to tell whether it is this child." Research is never allowed without a kind.
    """
    rows = list(written)
    families = [row["family"] for row in rows]
    return tuple(
        Clause(
            id=row["id"],
            family=row["family"],
            permission=Permission.from_json(row["permission"]) if "permission" in row else None,
            modifier=Modifier.from_json(row["modifier"]) if "modifier" in row else None,
            asks=row.get("asks"),
            allows="permission" in row
            or (
                row["family"] != "RESEARCH" and ("modifier" not in row or families.count(row["family"]) == 1)
            ),
        )
        for row in rows
    )


def said(clauses: Sequence[Clause], ticked: Mapping[str, object]) -> dict[str, Said]:
    """What the ticked clauses allow, by family. A tick is True, False or None; where the clause asks for
    something, it is the list of it. Raises FormRefused for what the form does not ask or cannot mean."""
    by_id = {clause.id: clause for clause in clauses}
    if unknown := sorted(str(id) for id in ticked if id not in by_id):
        raise FormRefused(f"This form has no clause {', '.join(unknown)}. Nothing was recorded.")
    told = [
        (clause, filled)
        for clause in clauses
        if (filled := _filled(clause, ticked.get(clause.id))) is not None
    ]
    return {
        family: Said(
            tuple(code for one, code in told if one.family == family and isinstance(code, Permission)),
            tuple(code for one, code in told if one.family == family and isinstance(code, Modifier)),
        )
        for family in dict.fromkeys(clause.family for clause, _ in told if clause.allows)
    }


def faults(clause: Clause) -> list[str]:
    """Why a clause cannot mean anything; empty when it can."""
    code = clause.permission or clause.modifier
    if clause.permission is not None and clause.modifier is not None:
        return ["a clause is a permission or a condition, not both"]
    if clause.permission is not None and clause.family != "RESEARCH":
        return [f"permissions mean something for RESEARCH only, not for {clause.family}"]
    if code is None:
        asked = ["it asks for something and has no code to put it in"] if clause.asks else []
        return asked + (
            ["a yes to research names the kind of research"] if clause.family == "RESEARCH" else []
        )
    known = duo.PERMISSIONS if clause.permission else duo.MODIFIERS
    if code.code in duo.RETIRED or code.code in duo.RETIRED.values():
        return [f"{code.code} is an obsolete DUO code, and permits nothing"]
    if code.code not in known:
        return [f"{code.code!r} is not a {'permission' if clause.permission else 'condition'} known here"]
    if clause.asks is not None and clause.asks != ASKS.get(code.code):
        return [f"{code.code} cannot ask for {clause.asks!r}"]
    return _parameter_faults(code, known[code.code].parameter, asked=clause.asks is not None)


def _parameter_faults(code: Permission | Modifier, wanted: str | None, *, asked: bool) -> list[str]:
    stated = code.as_json()
    odd = sorted(stated.keys() - {"code", wanted})
    found = [f"{code.code} has no place for {', '.join(odd)}"] if odd else []
    if wanted is None:
        return found
    if asked:
        return found + ([f"{code.code} states {wanted} and asks for it too"] if wanted in stated else [])
    if wanted in LISTED:
        whole = is_list(stated.get(wanted))
    else:
        whole = isinstance(code, Modifier) and (months_of(code) or until_of(code)) is not None
    if isinstance(code, Modifier) and too_long(code):
        found.append(f"{code.code} can name {MOST_MONTHS} months at most")
    return found + ([] if whole else [f"{code.code} needs its {wanted}"])


def _filled(clause: Clause, answer: object) -> Permission | Modifier | bool | None:
    """The code of a ticked clause, with what was filled in beside it; None where it was not ticked."""
    if answer is None or answer is False:
        return None
    if clause.asks is None and answer is not True:
        raise FormRefused(f"Clause {clause.id} is ticked or not; it asks for no list. Nothing was recorded.")
    if clause.asks is not None and not is_list(answer):
        raise FormRefused(
            f"Clause {clause.id} asks which {clause.asks}, and none was named. Nothing was recorded."
        )
    named = tuple(sorted(set(answer))) if isinstance(answer, list | tuple) else ()
    if clause.permission is not None:
        return Permission(clause.permission.code, named) if clause.asks else clause.permission
    if clause.modifier is not None:
        return Modifier.of(clause.modifier.code, **{clause.asks: named}) if clause.asks else clause.modifier
    return True


def is_list(value: object) -> bool:
    """Whether it is a list of words, and not an empty one."""
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(word, str) and word.strip() for word in value)
    )
