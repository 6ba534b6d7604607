"""Why a job read one participant or did not, decided again from what was on record then. For auditors; each
look is an event in the ledger. Exit code 0 when what was recorded holds, 1 when something does not.
"""

import argparse
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from broker import oversight
from broker.errors import BrokerError
from broker.explaining import Replay
from broker.management.operator import OperatorCommand
from broker.models import Job, User
from consent.canonical import canonical, instant, written
from consent.errors import ConsentError
from consent.models import Participant
from consent.reasons import Reason


class Command(OperatorCommand):
    help = (
        "Decide again, as it was then, why a job read a participant or did not, and compare with the record."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("job", type=UUID, help="the id of the job")
        parser.add_argument("participant", help="the pseudonym, P-XXXX-XXXX")
        parser.add_argument("--by", required=True, help="the user name of the auditor who looks")
        parser.add_argument("--as-of", type=_instant, help="decide as of this instant, RFC 3339")
        parser.add_argument("--json", action="store_true", help="the machine form")

    def handle(self, **options: Any) -> None:
        job = Job.objects.filter(pk=options["job"]).first()
        person = Participant.objects.filter(pseudonym=options["participant"]).first()
        by = User.objects.filter(username=options["by"]).first()
        for found, what in ((job, "job"), (person, "participant"), (by, "by")):
            if found is None:
                raise CommandError(f"There is no {options[what]} here. Nothing was looked at.")
        assert job is not None
        assert person is not None
        assert by is not None
        try:
            replay = oversight.explain(job, person, as_of=options["as_of"], by=by, at=timezone.now())
        except (BrokerError, ConsentError) as refused:
            raise CommandError(str(refused)) from None
        if options["json"]:
            self.stdout.write(json.dumps(json.loads(canonical(replay)), indent=2, ensure_ascii=False))
        else:
            self._tell(replay)
        if not replay.holds:
            raise CommandError("What was recorded does not hold; it is said above.")

    def _tell(self, replay: Replay) -> None:
        if replay.recorded is not None:
            self.stdout.write(f"Recorded: {_outcome(replay.recorded.read, replay.recorded.reasons)}")
            self.stdout.write(f"  at {written(replay.recorded.gate.at)}, gate {replay.recorded.gate.kind}")
        elif not replay.considered:
            self.stdout.write("Recorded: this job did not consider this participant.")
        if replay.erased:
            self.stdout.write(
                "Decided again: she was ERASED since, and what it rested on went with her data."
            )
        if replay.then is not None:
            verdict = replay.then.verdict
            self.stdout.write(f"Decided again: {_outcome(bool(verdict.files), verdict.reasons)}")
            self.stdout.write(f"  relied on statements: {', '.join(map(str, verdict.relied_on)) or 'none'}")
            if replay.then.counterfactual:
                self.stdout.write(f"  would be permitted {', '.join(replay.then.counterfactual)}")
        if replay.equal is not None:
            self.stdout.write("Byte for byte the same." if replay.equal else "NOT the same.")
        for part, then, now in replay.differences:
            self.stdout.write(f"Today {part} would be {_short(now)}, and was {_short(then)}.")
        for problem in replay.problems:
            self.stdout.write(f"PROBLEM: {problem}")


def _outcome(read: bool, reasons: tuple[Reason, ...]) -> str:
    return "PERMIT" if read else f"DENY {' '.join(reasons)}".strip()


def _short(value: Any) -> str:
    return canonical(value).decode()


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
