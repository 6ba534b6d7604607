"""Exports of a ledger, bent line by line, as somebody does who holds the file and no key."""

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from consent.canonical import canonical, written
from consent.ledger.leaves import commit
from tests.world import NOW

Lines = list[str]


def waiting(kind: str, subject: str, at: datetime = NOW, **fields: Any) -> str:
    """The line of an event that has no place in the tree: anybody can write one, with a salt of her own."""
    said = {"at": written(at), "by": "x", "fields": fields, "kind": kind, "subject": subject}
    body, salt = canonical(said).decode(), os.urandom(32)
    line = {
        "position": None,
        "uid": f"00000000-0000-0000-0000-{os.urandom(6).hex()}",
        "kind": kind,
        "at": said["at"],
        "commitment": commit(salt, body).hex(),
        "salt": salt.hex(),
        "body": body,
    }
    return json.dumps(line) + "\n"


def with_waiting(lines: Lines, *new: str) -> Lines:
    """The export with these lines at its end, and an end that counts them."""
    end = json.loads(lines[-1])
    end["end"]["unplaced"] += len(new)
    return [*lines[:-1], *new, json.dumps(end) + "\n"]


def without_openings(lines: Lines, which: Callable[[dict[str, Any]], bool]) -> tuple[Lines, Counter[str]]:
    """The export without what these events say, and how many of each kind those are."""
    out, gone = [], Counter[str]()
    for line in lines:
        said = json.loads(line)
        if "body" in said and which(said):
            gone[said["kind"]] += 1
            del said["body"], said["salt"]
            line = json.dumps(said) + "\n"
        out.append(line)
    return out, gone


def first_line(lines: Lines, **change: Any) -> Lines:
    return [json.dumps(json.loads(lines[0]) | change) + "\n", *lines[1:]]
