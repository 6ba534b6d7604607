"""Bend small files at random and read them behind the walls; does anything escape?

    python -m tests.bench.fuzz --rounds 20000 --seed 1

Prints how many were taken and refused, and why; each escape with its round, by which it can be made again;
last `escapes: X of Y`. Exit 1 when there is one.
"""

import argparse
import os
import sys
import tempfile
import time

import django


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
    with tempfile.TemporaryDirectory() as home:
        os.environ["BROKER_HOME"] = home
        django.setup()
        from genomics.intake.walled import walls
        from tests.fuzz.rounds import TAKEN, run

        begun = time.monotonic()
        tally = run(rounds=asked.rounds, seed=asked.seed)
    print(f"{tally.rounds:,} rounds in {time.monotonic() - begun:.0f} s, seed {asked.seed}")
    print(f"walls: {', '.join(walls.missing()) + ' missing' if walls.missing() else 'all'}")
    print(f"{tally.came[TAKEN]:7,} taken")
    for what, count in tally.came.most_common():
        if what != TAKEN and what not in tally.escapes.values():
            print(f"{count:7,} refused: {what}")
    dead = sum("dead" in what for what in tally.escapes.values())
    hung = sum("hang" in what or what == "slow" for what in tally.escapes.values())
    print(f"{dead:7,} crashes\n{hung:7,} hangs")
    for number, what in sorted(tally.escapes.items())[:20]:
        print(f"round {number:,}: {what}")
    print(f"escapes: {len(tally.escapes)} of {tally.rounds}")
    return 1 if tally.escapes else 0


if __name__ == "__main__":
    sys.exit(main())
