"""A table of diseases that is too large to be shown whole, in force without two stewards."""

from dataclasses import replace
from datetime import datetime

from consent import diseases, policies
from consent.hierarchies import Hierarchy
from tests.cast import CANCER
from tests.world import WITHOUT_COOLING_OFF

ROOT, SKIN = "MONDO:0000001", "MONDO:0000778"
DIABETES = "MONDO:0005015"  # in the small table, and not in this one
RARE = {f"MONDO:9{n:06d}": f"rare disorder {n}" for n in range(60)}
NAMES = {ROOT: "disease", CANCER: "cancer", SKIN: "skin disorder", **RARE}


def load(*, at: datetime) -> None:
    table = Hierarchy.of({code: [] if code == ROOT else [ROOT] for code in NAMES})
    policies.adopt(
        replace(WITHOUT_COOLING_OFF, version="many diseases", disease_parents=table), by="olga", at=at
    )
    diseases.put(NAMES, version="many")
