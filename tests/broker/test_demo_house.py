"""The people of the demo: whoever is spoken for has somebody who may speak."""

from datetime import timedelta
from typing import Any

import pytest

from broker.demo import house, plans
from broker.demo.cohort import Cohort, Volunteer
from consent import records
from consent.terms import Capacity, Verb
from genomics.coordinates import Build
from tests.builders import vcf
from tests.world import NOW, small_panel

pytestmark = pytest.mark.django_db


def quietly(*_said: Any) -> None:
    """Progress, told to nobody."""


def test_every_child_of_the_demo_has_the_guardian_who_says_yes_for_it():
    def file() -> bytes:
        return vcf([("20", 1000226, "A", "T", "0/1")])

    born = (NOW - timedelta(days=365 * 8)).year
    said = [("A1", 1980, "everything"), ("C1", born, plans.MINOR), ("C2", born, plans.MINOR)]
    volunteers = tuple(Volunteer(name, file, year, plan) for name, year, plan in said)
    cohort = Cohort("made up", volunteers, (), small_panel(60), (), (), 7.0)
    made = house.build(cohort, now=NOW, show=quietly, assume=Build.GRCh37)
    for name in ("C1", "C2"):
        child = made.participants[name]
        link = child.kin_links.get()
        (yes,) = records.of(child)
        assert (yes.decision, yes.authority.capacity) == (Verb.GRANT, Capacity.GUARDIAN)
        assert child.statements.get().actor == link.claimant
