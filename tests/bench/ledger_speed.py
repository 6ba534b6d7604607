"""How quick the ledger is: appends in batches, the sequencer, proofs, and the whole audit of an export.

    python -m tests.bench.ledger_speed --events 1000000 [--batch 20000] [--proofs 2000] [--database URL]

Without --database in an SQLite file of its own, which is removed again; a database that is named must be an
empty one. Events are of a real kind with its opening, through the ledger's own verbs, each batch one
transaction. Prints a table with targets; last `N ok, N missed`. Ends 1 when a target was missed.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

APPENDS, PROOF_MS, AUDIT_S = 50_000, 5.0, 10.0
AT = datetime(2026, 5, 1, 8, tzinfo=UTC)


class Watch:
    """Wall and CPU seconds: on a shared machine the second says what the first would be on a quiet one."""

    def __init__(self, wall: float | None = None, cpu: float | None = None) -> None:
        self.wall = time.perf_counter() if wall is None else wall
        self.cpu = time.process_time() if cpu is None else cpu

    def passed(self) -> "Watch":
        return Watch(time.perf_counter() - self.wall, time.process_time() - self.cpu)

    def __add__(self, other: "Watch") -> "Watch":
        return Watch(self.wall + other.wall, self.cpu + other.cpu)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=20_000)
    parser.add_argument("--proofs", type=int, default=2_000)
    parser.add_argument("--database", default="")
    given = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="bench-ledger-"))
    os.environ |= {"BROKER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "broker.settings", "DEMO": "1"}
    os.environ.pop("DEBUG", None)  # Django keeps every statement while debugging
    if given.database:
        os.environ["DATABASE_URL"] = given.database
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return run(given.events, batch=given.batch, proofs=given.proofs, home=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def run(events: int, *, batch: int, proofs: int, home: Path) -> int:
    from django.db import transaction

    from consent.events import GIVEN
    from consent.ledger import audit, batches, checkpoints, log, recount
    from consent.models import LedgerEvent

    missed: list[bool] = []

    def line(what: str, measured: float, unit: str, target: str = "", ok: bool = True) -> None:
        verdict = ("ok" if ok else "MISSED") if target else ""
        print(f"{what:<44} {measured:>14,.2f} {unit:<10} {target:<16} {verdict}", flush=True)
        if target:
            missed.append(not ok)

    said = [
        {
            "seq": n,
            "family": "RESEARCH",
            "commitment": f"{n:064x}",
            "seal_key": "0" * 12,
            "receipt": "r",
            "signed_in": "form",
        }
        for n in range(batch)
    ]
    began, appending = Watch(), Watch(0, 0)
    for first in range(0, events, batch):
        many = min(batch, events - first)
        happened = [(f"P-{first + n:08d}", said[n]) for n in range(many)]
        start = Watch()
        with transaction.atomic():
            batches.append(GIVEN, happened, at=AT + timedelta(seconds=first), by="bench")
        appending = appending + start.passed()
    rate = events / appending.wall
    line("appends in batches", rate, "a second", f"at least {APPENDS:,}", rate >= APPENDS)
    line("  the same by CPU time", events / appending.cpu, "a second")
    start = Watch()
    log.sequence(at=AT)
    took = start.passed()
    line("placed and signed by the sequencer", events / took.wall, "a second")
    line("  the same by CPU time", events / took.cpu, "a second")

    dice, each = random.Random(7), []  # noqa: S311 - which events, not a secret
    ids = LedgerEvent.objects.order_by("id").values_list("id", flat=True)
    lowest = ids.first() or 0
    signer = checkpoints.signer()
    for _ in range(proofs):
        event = LedgerEvent.objects.get(id=lowest + dice.randrange(events))
        start = Watch()
        proof = log.proof(event)
        each.append(start.passed().wall * 1000)
        assert proof.holds(signer)
    each.sort()
    p99 = each[len(each) * 99 // 100]
    line("inclusion proof, median", each[len(each) // 2], "ms")
    line("inclusion proof, p99", p99, "ms", f"at most {PROOF_MS:g}", p99 <= PROOF_MS)

    file = home / "ledger.jsonl"
    start = Watch()
    with file.open("w", encoding="utf-8") as out:
        audit.export(out)
    line("export", start.passed().wall, "s")
    start = Watch()
    with file.open(encoding="utf-8") as lines:
        found = recount.read(lines, signer=signer, published=checkpoints.published())
    took = start.passed()
    assert found.ok, found.problems
    assert found.size == events
    line("whole offline audit of the export", took.wall, "s", f"at most {AUDIT_S:g}", took.wall <= AUDIT_S)
    line("  the same by CPU time", took.cpu, "s")
    line("all of it", began.passed().wall, "s")
    print(f"{len(missed) - sum(missed)} ok, {sum(missed)} missed")
    return 1 if any(missed) else 0


if __name__ == "__main__":
    sys.exit(main())
