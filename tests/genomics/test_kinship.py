"""What sharing so much is said to mean, as a table."""

import pytest

from genomics.matching.kinship import Relationship, kinship, relationship

WHOLE = 3540.0


@pytest.mark.parametrize(
    ("total", "ibd2", "covered", "said"),
    [
        (3540, 3500, WHOLE, Relationship.SAME),
        (3535, 0, WHOLE, Relationship.PARENT_OR_CHILD),
        (3100, 0, WHOLE, Relationship.PARENT_OR_CHILD),
        (2650, 880, WHOLE, Relationship.FULL_SIBLING),
        (2300, 500, WHOLE, Relationship.FULL_SIBLING),
        (1750, 0, WHOLE, Relationship.SECOND_DEGREE),
        (860, 0, WHOLE, Relationship.FIRST_COUSIN),
        (220, 0, WHOLE, Relationship.DISTANT),
        (20, 0, WHOLE, Relationship.DISTANT),
        (0, 0, WHOLE, Relationship.NONE_FOUND),
        # half of the genome, half of the centimorgans: the same words
        (1770, 0, WHOLE / 2, Relationship.PARENT_OR_CHILD),
        (430, 0, WHOLE / 2, Relationship.FIRST_COUSIN),
        # one region shared from end to end is no parent
        (6, 0, 6, Relationship.UNKNOWN),
        (150, 150, 150, Relationship.UNKNOWN),
        (0, 0, 0, Relationship.UNKNOWN),
    ],
)
def test_a_pair_is_called_by_its_share_of_what_was_seen(
    total: float, ibd2: float, covered: float, said: Relationship
) -> None:
    assert relationship(total_cm=total, ibd2_cm=ibd2, covered_cm=covered, finest_cm=35) is said


def test_finding_nothing_with_few_sites_is_not_called_nothing() -> None:
    assert relationship(total_cm=0, ibd2_cm=0, covered_cm=WHOLE, finest_cm=150) is Relationship.UNKNOWN
    assert relationship(total_cm=900, ibd2_cm=0, covered_cm=WHOLE, finest_cm=150) is Relationship.FIRST_COUSIN


def test_kinship_is_a_quarter_for_parents_a_half_for_twins_and_nothing_for_a_scrap() -> None:
    assert kinship(total_cm=WHOLE, ibd2_cm=0, covered_cm=WHOLE) == 0.25
    assert kinship(total_cm=WHOLE, ibd2_cm=WHOLE, covered_cm=WHOLE) == 0.5
    assert kinship(total_cm=0.75 * WHOLE, ibd2_cm=0.25 * WHOLE, covered_cm=WHOLE) == 0.25
    assert kinship(total_cm=6, ibd2_cm=6, covered_cm=6) == 0.0
