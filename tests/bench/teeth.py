"""Do the safety tests bite? Each guard is taken out of a copy of the house; tests must fail.

    python -m tests.bench.teeth            # all guards
    python -m tests.bench.teeth gate seal  # only these

Prints, for each guard, how many tests in how many files fail without it; last `N passed, N failed`, where a
guard passes when tests in another file than the one that looks for its words notice.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK_AT = (
    "tests/consent",
    "tests/genomics/test_gate.py",
    "tests/genomics/vault/slabs",
    "tests/genomics/vault/test_memory.py",
    "tests/genomics/vault/test_sketched.py",
    "tests/genomics/vault/test_tiles.py",
    "tests/properties/test_slabs.py",
    "tests/broker/running",
    "tests/broker/portal/jobs/test_running.py",
    "tests/broker/cases/test_court_papers.py",
    "tests/broker/cases/test_signatures.py",
    "tests/broker/uploads",
    "tests/broker/api/test_uploads.py",
    "tests/broker/portal/participant/test_uploads.py",
    "tests/house",
    "tests/spec",
)
WORDS = "tests/house/test_teeth.py"  # looks for the words of each guard, so it always fails without one
LEAST_FILES = 1


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: where it stands, its words, and the words without it."""

    file: str
    stands: str
    taken_out: str


GUARDS = {
    "gate": Guard(  # the consent check of each batch
        "genomics/gate.py",
        "        now = proofs.recut(",
        "        now = clearance or proofs.recut(",
    ),
    "gate-proof": Guard(
        "genomics/gate.py",
        "    proofs.require(clearance)\n    afterwards.require_current()\n    with readings",
        "    afterwards.require_current()\n    with readings",
    ),
    "decide": Guard(
        "consent/eligibility.py",
        "permitted = {id_: decision for id_, decision in decisions.items() if decision}",
        "permitted = dict(decisions)",
    ),
    "release": Guard(  # whether anybody has changed, asked under the gate lock
        "broker/jobs.py",
        "    if not releasing.holds(seen):\n        seen = _look(claim, ready)\n",
        "",
    ),
    "look": Guard(  # the same, asked before it
        "broker/releasing.py",
        "ready.footing.stands(use=asked, policy=policy, at=now)",
        "True",
    ),
    "footing": Guard(  # of a request, a policy or a yes that has ended meanwhile
        "broker/jobs.py",
        "seen.stood and ready.footing.lasts(use=use, policy=policy, at=now)",
        "seen.stood",
    ),
    "offset": Guard(  # of two who send at once, one wins
        "broker/uploads.py",
        "state=UploadState.ARRIVING, offset=upload.offset)",
        "state=UploadState.ARRIVING)",
    ),
    "owner": Guard("broker/models/uploads.py", "return self.filter(owner=user)", "return self.all()"),
    "tag": Guard("consent/clearance.py", "    if not genuine:\n", "    if False:\n"),
    "vault": Guard(
        "genomics/_vault/files.py",
        "    for file in proof.beyond(file.id for file in files):\n",
        "    for file in ():\n",
    ),
    "rows": Guard(  # which are lent to a batch
        "genomics/_vault/lending.py", "    vault.require_covered(files, proof)\n", ""
    ),
    "mask": Guard(  # of a slab, whose bits are looked at
        "genomics/matching/masked.py",
        "*(rows[plane] & mask for plane",
        "*(rows[plane] | (mask & np.uint64(0)) for plane",
    ),
    "seal": Guard(
        "consent/seals.py", "        and hmac.compare_digest(seal(seq, pseudonym, expected), sealed)\n", ""
    ),
    "snapshot": Guard(
        "broker/jobs.py",
        "        return proofs.within(",
        "        return clearance or proofs.within(",
    ),
    "token": Guard(
        "broker/jobs.py",
        "Job.objects.filter(pk=claim.job.pk, token=claim.token)",
        "Job.objects.filter(pk=claim.job.pk)",
    ),
    "signature": Guard(  # that nobody put in by hand
        "broker/signatures.py",
        "signature_seals.holds(_called(step), step, one) for one",
        "True for one",
    ),
    "suppression": Guard("genomics/answers.py", "THRESHOLD = 10 ", "THRESHOLD = 0 "),
    "event": Guard(
        "consent/records.py", "seq = fence.advance([participant.ordinal])", "seq = fence.position()"
    ),
}


def without(guard: Guard) -> tuple[int, set[str]]:
    """Take the guard out of a copy and run the tests there: failures, and the files they are in."""
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        copy = Path(folder) / "house"
        skip = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "shots", ".home")
        shutil.copytree(ROOT, copy, ignore=skip)
        path = copy / guard.file
        text = path.read_text()
        if guard.stands not in text:
            raise SystemExit(f"{guard.file} has changed: its guard is not where this table says.")
        path.write_text(text.replace(guard.stands, guard.taken_out, 1))
        paths = [one for one in LOOK_AT if (copy / one).exists()]
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-n",
                "2",
                "-p",
                "no:cacheprovider",
                "--timeout",
                "60",
                *paths,
            ],
            cwd=copy,
            env={k: v for k, v in os.environ.items() if k != "BROKER_HOME"}
            | {"SHARED_DIR": str(ROOT.parent / "shared")},
            capture_output=True,
            text=True,
            check=False,
        )
    failed = re.findall(r"^(?:FAILED|ERROR) (tests/[^:]+)", run.stdout, re.MULTILINE)
    return len(failed), set(failed) - {WORDS}


def main() -> None:
    names = sys.argv[1:] or list(GUARDS)
    bitten = 0
    for name in names:
        count, files = without(GUARDS[name])
        bites = len(files) >= LEAST_FILES
        bitten += bites
        told = f"{count} tests fail in {len(files)} files: {', '.join(sorted(files))}"
        print(f"{'ok ' if bites else 'NOT'} without {name}: {told}")
        sys.stdout.flush()
    print(f"{bitten} passed, {len(names) - bitten} failed")
    sys.exit(bitten != len(names))


if __name__ == "__main__":
    main()
