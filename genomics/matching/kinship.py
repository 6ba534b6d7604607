"""What sharing so much most likely makes two people, in words that claim no more than was seen. Pure."""

from enum import StrEnum

LEAST_COVERED_CM = 200.0  # less of the map than this, seen in both people, says nothing about kinship
COARSEST_CM = 100.0  # if only segments longer than this could have been noticed, finding none says nothing


class Relationship(StrEnum):
    """Coarse on purpose: what relatives of one degree share overlaps with what those of the next do."""

    SAME = "same person or identical twin"
    PARENT_OR_CHILD = "parent or child"
    FULL_SIBLING = "full sibling"
    SECOND_DEGREE = "second degree range: grandparent, grandchild, aunt, uncle, niece, nephew, half sibling"
    FIRST_COUSIN = "first cousin range: first cousin, great-grandparent, great-aunt, or the like"
    DISTANT = "distant: beyond first cousins, most likely"
    NONE_FOUND = "no shared segment found"
    UNKNOWN = "too little of the genome to say"


def kinship(*, total_cm: float, ibd2_cm: float, covered_cm: float) -> float:
    """The chance that an allele drawn from each is the same by descent, over the part of the map both cover:
    0.25 for parent and child, 0.5 for twins. Segments too short to notice are left out, so it errs low."""
    if covered_cm < LEAST_COVERED_CM:
        return 0.0
    return min((total_cm + ibd2_cm) / (4 * covered_cm), 0.5)


def relationship(*, total_cm: float, ibd2_cm: float, covered_cm: float, finest_cm: float) -> Relationship:
    """The class a pair falls in by the share of the covered map; `finest_cm` is the shortest segment that
    would have been noticed with the sites both have."""
    if covered_cm < LEAST_COVERED_CM or (total_cm == 0 and finest_cm > COARSEST_CM):
        return Relationship.UNKNOWN
    share, twice = total_cm / covered_cm, ibd2_cm / covered_cm
    if twice >= 0.85:
        return Relationship.SAME
    if share >= 0.5 and twice >= 0.08:
        return Relationship.FULL_SIBLING
    if share >= 0.75:
        return Relationship.PARENT_OR_CHILD
    if share >= 0.30:
        return Relationship.SECOND_DEGREE
    if share >= 0.13:
        return Relationship.FIRST_COUSIN
    return Relationship.DISTANT if total_cm > 0 else Relationship.NONE_FOUND
