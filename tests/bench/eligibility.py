"""How quickly everybody may be asked about: measured on a house of the bench's own, against the targets.

    python -m tests.bench.eligibility --home DIR                   # a house that tests.bench.population built
    python -m tests.bench.eligibility --home DIR --people 20000    # builds one there first, if none is there
    DATABASE_URL=postgres://... python -m tests.bench.eligibility --home DIR

The people and their first statements came by bulk, sealed and without ledger events; all that is said here
is said by the verbs, each with its event, under the policy without cooling-off. Time is the clock's, but for
the last check, which is made at the instant the population was planned for. DEBUG is off in what is timed.
Prints a table, last `N ok, N missed`; ends 1 when a target was missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import crowd as crowds
from tests.bench.population import INTENT, open_house

TAIL = 500  # people who say something after the population was kept
ROUNDS = 20  # calls of each use, of which there are five
CHANGES = 100  # statements of one process that another has to notice
COLD = 3  # fresh processes
SAMPLE = 3_000  # people who are read and decided one by one
MS = 1_000


@dataclass(slots=True)
class Table:
    """Lines with a target each, or with none."""

    missed: int = 0
    lines: int = 0
    notes: list[str] = field(default_factory=list)

    def line(
        self, what: str, measured: float, unit: str, *, most: float | None = None, least: float | None = None
    ) -> None:
        target = (
            f"at most {most:,g}" if most is not None else f"at least {least:,g}" if least is not None else ""
        )
        verdict = ""
        if target:
            ok = (most is None or measured <= most) and (least is None or measured >= least)
            self.lines, self.missed = self.lines + 1, self.missed + (not ok)
            verdict = "ok" if ok else "MISSED"
        print(f"{what:<66} {measured:>13,.2f} {unit:<6} {target:<16} {verdict}", flush=True)

    def truth(self, what: str, holds: bool) -> None:
        self.lines, self.missed = self.lines + 1, self.missed + (not holds)
        print(f"{what:<66} {'yes' if holds else 'NO':>13} {'':<23} {'ok' if holds else 'MISSED'}", flush=True)


def ready(home: Path) -> None:
    """Django set up, as in a house that runs."""
    open_house(home)
    from django.conf import settings

    settings.DEBUG = False  # else each question to the database is kept


def asked() -> dict[str, Any]:
    """Five uses with papers that do not run out, by name."""
    from tests.cast import care, company, police, quality, research
    from tests.world import FAR

    def lasting(use: Any) -> Any:
        ethics, project = replace(use.ethics, valid_to=FAR), replace(use.project, valid_to=FAR)
        if use.le is None:
            return replace(use, ethics=ethics, project=project)
        order = replace(use.le.judicial_authorisation, valid_to=FAR)
        return replace(use, ethics=ethics, project=project, le=replace(use.le, judicial_authorisation=order))

    uses = {
        "police, homicide": police("L.HOM"),
        "cancer research": research("R.DS"),
        "research by a company": company("R.GRU"),
        "care": care(),
        "quality": quality(),
    }
    return {name: lasting(use) for name, use in uses.items()}


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = call()
    return time.perf_counter() - started, found


def p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


# --- what other processes do: `--as NAME`, answers as lines of JSON ---


def rebuild_in_a_process_of_its_own() -> None:
    from django.core.management import call_command

    call_command("project_consent")


def first_answer() -> None:
    """From the kept projection, the tail read anew, to the first answer."""
    from django.utils import timezone

    from consent import eligibility, policies

    use = asked()["police, homicide"]

    def answer() -> Any:
        now = timezone.now()
        return eligibility.eligible(use, policy=policies.in_force(at=now), at=now)

    took, found = timed(answer)
    print(json.dumps({"took": took, "people": len(found.people), "position": found.position}), flush=True)


def write_when_told() -> None:
    """Each line read is an ordinal: her yes to homicide searches is given, or taken back, and committed."""
    from django.utils import timezone

    from consent import forms, records, terms
    from consent.models import Participant

    form, stands = forms.current("F-ADULT"), set()
    assert form is not None
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        person, now = Participant.objects.get(ordinal=int(line)), timezone.now()
        if person.ordinal in stands:
            records.withdraw(person, "LE.HOM", by="self", at=now)
            stands.discard(person.ordinal)
        else:
            records.give(person, "LE.HOM", form=form, by="self", at=now, sign_in=terms.SignIn("totp", now))
            stands.add(person.ordinal)
        print(json.dumps(person.ordinal in stands), flush=True)


PARTS = {"rebuild": rebuild_in_a_process_of_its_own, "first": first_answer, "writer": write_when_told}


def other(home: Path, part: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.eligibility", "--home", str(home), "--as", part]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said_by(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(
            f"A process of the bench ended with {process.returncode}; nothing more was measured."
        )
    return out.strip()


# --- the measurements ---


def adults(count: int, seed: int) -> list[Any]:
    """Verified adults who live and hold a file that may be read."""
    from consent.models import Holding, Participant

    fit = Participant.objects.filter(
        born_on__lt=date(1995, 1, 1), identity_verified=True, died_at=None, erased_at=None, freezes=None
    ).exclude(holdings=None)
    fit = fit.exclude(holdings__state__in=(Holding.State.QUARANTINED, Holding.State.ERASED))
    ordinals = list(fit.values_list("ordinal", flat=True).distinct())
    some = np.random.default_rng((seed, 5)).choice(ordinals, min(count, len(ordinals)), replace=False)
    found: list[Any] = []
    for first in range(0, len(some), TAIL):
        found += Participant.objects.filter(ordinal__in=some[first : first + TAIL].tolist())
    return found


def say_the_tail(table: Table) -> None:
    """A third stops everything, a third says no to research, a third says yes to health research."""
    from django.utils import timezone

    from consent import forms, records, terms

    people, form = adults(TAIL, seed=1), forms.current("F-ADULT")
    assert form is not None
    health = records.Wording(permissions=(terms.Permission("HMB"),))

    def say() -> None:
        for number, person in enumerate(people):
            now = timezone.now()
            if number % 3 == 0:
                records.withdraw(person, by="self", at=now)
            elif number % 3 == 1:
                records.deny(person, "RESEARCH", by="self", at=now)
            else:
                proof = terms.SignIn("totp", now)
                records.give(person, "RESEARCH", form=form, by="self", at=now, wording=health, sign_in=proof)

    took, _ = timed(say)
    table.line(f"{len(people)} people say something, by the verbs with their events", took, "s")


def measure_rebuild(home: Path, table: Table) -> None:
    took, told = timed(lambda: said_by(other(home, "rebuild")))
    print(f"  the command says: {told}")
    table.line("full rebuild, every seal verified, whole process of the command", took, "s", most=90)


def measure_cold(home: Path, table: Table) -> None:
    answers = []
    for _ in range(COLD):
        whole, told = timed(lambda: said_by(other(home, "first")))
        answers.append((json.loads(told.splitlines()[-1])["took"], whole))
    told_of = f"cold, from Django set up: connect, policy, kept projection, {TAIL} read anew"
    table.line(f"{told_of}, slowest of {COLD}", max(answer for answer, _ in answers), "s", most=5)
    table.line(
        "  the same from the start of the interpreter, slowest", max(whole for _, whole in answers), "s"
    )


def measure_warm(table: Table) -> float:
    from django.utils import timezone

    from consent import eligibility, policies

    uses, known, new = asked(), [], []
    policy = policies.in_force(at=timezone.now())
    for name, use in uses.items():
        found = eligibility.eligible(use, policy=policy, at=timezone.now())
        print(f"  {name}: {len(found.people):,} people, {int(found.permitted.sum()):,} files")

    def ask(use: Any) -> float:
        return timed(lambda: eligibility.eligible(use, policy=policy, at=timezone.now()))[0] * MS

    for number in range(ROUNDS):
        for use in uses.values():
            known.append(ask(use))
            new.append(ask(replace(use, id=f"Q-{number}-{use.id}")))
    for what, took in (("a use asked before", known), ("a use never asked before", new)):
        table.line(f"warm eligible(), {what}, median of {len(took)}", statistics.median(took), "ms", most=50)
        table.line(f"warm eligible(), {what}, p95", p95(took), "ms", most=50)
    return statistics.median(new) / MS


def measure_latency(home: Path, table: Table) -> None:
    """One process says and commits; this one is asked next, and must know."""
    from django.utils import timezone

    from consent import eligibility, policies
    from consent.models import Statement

    use, policy = asked()["police, homicide"], policies.in_force(at=timezone.now())
    spoken = set(Statement.objects.filter(family="LE.HOM").values_list("participant_id", flat=True))
    people = [one.ordinal for one in adults(CHANGES * 4, seed=2) if one.ordinal not in spoken][: CHANGES // 2]
    writer = other(home, "writer")
    assert writer.stdin is not None
    assert writer.stdout is not None
    json.loads(writer.stdout.readline())
    everybody, herself, wrong = [], [], 0
    for ordinal in [one for one in people for _ in range(2)]:  # a yes, and a stop
        writer.stdin.write(f"{ordinal}\n")
        writer.stdin.flush()
        stands, now = json.loads(writer.stdout.readline()), timezone.now()
        took, found = timed(lambda now=now: eligibility.eligible(use, policy=policy, at=now))
        everybody.append(took * MS)
        wrong += bool(found.permitted[np.searchsorted(found.ordinals, ordinal)]) is not stands
        took, own = timed(
            lambda now=now, ordinal=ordinal: list(
                eligibility.survey(use, policy=policy, at=now, only=[ordinal])
            )
        )
        herself.append(took * MS)
        wrong += own[0].permitted is not stands
    writer.stdin.close()
    writer.wait()
    table.truth(f"each of {len(everybody)} statements of another process is in the next decision", not wrong)
    for what, calls in (("eligible() of everybody", everybody), ("survey() of her alone", herself)):
        table.line(f"the deciding call after a statement, {what}, median", statistics.median(calls), "ms")
        table.line("  p95", p95(calls), "ms", most=10)
        table.line("  slowest", max(calls), "ms")


def measure_one_by_one(table: Table, at_once: float) -> None:
    from django.utils import timezone

    from consent import policies, roll
    from consent.decision import decide

    now, holders = timezone.now(), roll.holders()
    policy = policies.in_force(at=now)
    some = np.random.default_rng((1, 7)).choice(holders, min(SAMPLE, len(holders)), replace=False).tolist()
    read, people = timed(lambda: list(roll.people(some)))
    uses = list(asked().values())

    def decided(uses: Sequence[Any]) -> int:
        return sum(
            decide(person.subject, file, person.statements, use, policy, now) is not None
            for use in uses
            for person in people
            for _, file in person.files
        )

    decided(uses)
    took, count = timed(lambda: decided(uses))
    table.line(f"decide(), {count:,} of them on this core", count / took, "a s", least=20_000)
    each = (read + took / len(uses)) * len(holders) / len(people)
    table.line(f"reading and deciding each, carried over from {len(people):,} people", each, "s")
    table.line("  so many times as long as eligible(), a use never asked before", each / at_once, "x")


def measure_compulsion(home: Path, table: Table) -> None:
    """At the instant of the plan: an order that would compel leaves the very same people."""
    from django.utils import timezone

    from consent import eligibility, policies

    use, policy = asked()["police, homicide"], policies.in_force(at=timezone.now())
    order = replace(use.le.judicial_authorisation, compels_non_consenting=True)
    compelled = replace(use, le=replace(use.le, judicial_authorisation=order))
    plain = eligibility.eligible(use, policy=policy, at=crowds.AT)
    more = eligibility.eligible(compelled, policy=policy, at=crowds.AT)
    intent = np.load(home / INTENT)["allows_homicide"]
    table.line("people who allow homicide searches at the instant of the plan", len(plain.people), "")
    table.truth(
        "  they are those of the plan", bool(np.array_equal(plain.people, np.flatnonzero(intent) + 1))
    )
    same = np.array_equal(plain.people, more.people) and np.array_equal(plain.permitted, more.permitted)
    table.truth("  an order that compels leaves exactly the same people and files", bool(same))


def bench(home: Path) -> int:
    from django.db import connection
    from django.utils import timezone

    from consent import eligibility, fence, policies
    from consent.models import Participant, Statement
    from tests.world import WITHOUT_COOLING_OFF

    policies.adopt(WITHOUT_COOLING_OFF, by="bench", at=timezone.now())
    print(
        f"{connection.vendor}, {os.cpu_count()} cores, {Participant.objects.count():,} people, "
        f"{Statement.objects.count():,} statements, consent position {fence.position():,}, "
        f"load {os.getloadavg()[0]:.1f} at {timezone.now():%Y-%m-%d %H:%M} UTC",
        flush=True,
    )
    table = Table()
    measure_rebuild(home, table)
    say_the_tail(table)
    measure_cold(home, table)
    eligibility.forget()
    warm = measure_warm(table)
    measure_latency(home, table)
    measure_one_by_one(table, warm)
    measure_compulsion(home, table)
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    print(f"{table.lines - table.missed} ok, {table.missed} missed")
    return int(table.missed > 0)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--people", type=int, help="build so many there first, if nobody is there")
    options.add_argument("--as", dest="part", choices=PARTS, help=argparse.SUPPRESS)
    wanted = options.parse_args()
    home = wanted.home.absolute()
    if wanted.part is None and wanted.people and not (home / INTENT).exists():
        home.mkdir(parents=True, exist_ok=True)
        build = ("tests.bench.population", "--home", str(home), "--people", str(wanted.people))
        subprocess.run([sys.executable, "-m", *build], check=True)
    ready(home)
    if wanted.part is not None:
        PARTS[wanted.part]()
        return
    if not (home / INTENT).exists():
        raise SystemExit("Nobody lives there. Nothing was measured; build a house first, or say --people.")
    sys.exit(bench(home))


if __name__ == "__main__":
    main()
