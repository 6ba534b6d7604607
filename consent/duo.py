"""The DUO terms we honour, and which permission covers which research purpose without a further word.

Conditions and diseases are weighed in rules/coverage and rules/modifiers. Retired ids permit nothing.
DUO is the Data Use Ontology of GA4GH (snapshot v2021-02-23); `platform` marks the conditions that are ours.
"""

from dataclasses import dataclass

PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Term:
    """One code: its DUO id, its name for people, what it means, and the parameter it must state."""

    code: str
    id: str
    label: str
    meaning: str
    parameter: str | None = None

    @property
    def is_duo(self) -> bool:
        """Whether the code is DUO's, and not ours."""
        return self.id != PLATFORM


def _table(*terms: Term) -> dict[str, Term]:
    return {term.code: term for term in terms}


PERMISSIONS = _table(
    Term("NRES", "DUO:0000004", "Any research, no limit", "No limit is stated on the kind of research."),
    Term("GRU", "DUO:0000042", "Any research", "Any kind of research, including ancestry."),
    Term(
        "HMB",
        "DUO:0000006",
        "Health research",
        "Health, medical or biomedical research; not ancestry or origins.",
    ),
    Term(
        "DS",
        "DUO:0000007",
        "Research on named diseases",
        "Research on the diseases you name, and kinds of them.",
        "diseases",
    ),
    Term("POA", "DUO:0000011", "Ancestry research", "Only research on ancestry and origins of peoples."),
)

MODIFIERS = _table(
    Term("RS", "DUO:0000012", "Certain topics only", "Only studies on the topics listed.", "topics"),
    Term("NMDS", "DUO:0000015", "No methods development", "Not to develop software or methods."),
    Term("GSO", "DUO:0000016", "Genetic studies only", "Only studies that look at genes."),
    Term(
        "NPUNCU",
        "DUO:0000018",
        "Not for profit at all",
        "Only organisations that are not for profit, and no commercial use.",
    ),
    Term("NPU", "DUO:0000045", "Not-for-profit organisations", "Only organisations that are not for profit."),
    Term("NCU", "DUO:0000046", "No commercial use", "Nobody may use it to make money."),
    Term("PUB", "DUO:0000019", "Results must be shared", "What is found must be published."),
    Term("COL", "DUO:0000020", "Together with us", "Only in collaboration with the first investigators."),
    Term("IRB", "DUO:0000021", "Ethics approval", "Only with a documented ethics approval."),
    Term("GS", "DUO:0000022", "Certain places only", "Only inside the places listed.", "regions"),
    Term(
        "MOR", "DUO:0000024", "Not published before a date", "Nothing is published before the date.", "until"
    ),
    Term("TS", "DUO:0000025", "For a limited time", "Only for the number of months stated.", "months"),
    Term("US", "DUO:0000026", "Named people only", "Only the people listed may use it.", "users"),
    Term("PS", "DUO:0000027", "Named projects only", "Only the projects listed may use it.", "projects"),
    Term(
        "IS",
        "DUO:0000028",
        "Named institutions only",
        "Only the institutions listed may use it.",
        "institutions",
    ),
    Term("RTN", "DUO:0000029", "Data must come back", "What is made from the data must come back to us."),
    Term("CC", "DUO:0000043", "Care as well", "Your clinicians may use it for your care, too."),
    Term("NPOA", "DUO:0000044", "No ancestry research", "Not for research on ancestry or origins."),
    Term("NCTRL", PLATFORM, "No comparison group", "In a comparison group only for the disease itself."),
    Term(
        "IDENTITY_ONLY", PLATFORM, "Identity only", "Only to tell whether it is you; no search for relatives."
    ),
)

WIDENING = frozenset(("CC",))  # every other modifier only narrows

# Ids and codes that older tools still offer. None of them is in the tables above, so each permits nothing.
RETIRED = {
    "DUO:0000002": "category",
    "DUO:0000003": "category",
    "DUO:0000005": "GRU-CC",
    "DUO:0000014": "RUO",
}

# Subclass is not strength: NPU and NCU are children of NPUNCU, and NPUNCU is the stricter. Only permissions
# have a cover, and it is written out. What is covered only beside another purpose is in rules/coverage.
COVERS: dict[str, frozenset[str]] = {
    "NRES": frozenset(("R.NRES", "R.GRU", "R.HMB", "R.DS", "R.POA", "R.MDS", "R.CTRL")),
    "GRU": frozenset(("R.GRU", "R.HMB", "R.DS", "R.POA", "R.MDS", "R.CTRL")),
    "HMB": frozenset(("R.HMB", "R.DS")),
    "DS": frozenset(),
    "POA": frozenset(("R.POA",)),
}
