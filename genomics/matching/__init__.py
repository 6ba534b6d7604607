"""One kind of question a file; kernels and segments do the sums. All of it pure."""

from collections.abc import Callable, Mapping
from typing import Any

from genomics.errors import GenomicsError, QuestionRefused
from genomics.matching.carriers import Carriers
from genomics.matching.frequencies import Frequencies
from genomics.matching.identity import Identity
from genomics.matching.question import Question
from genomics.matching.relatives import Relatives

KINDS: dict[str, Callable[[Mapping[str, Any]], Question]] = {
    Carriers.kind: Carriers.from_json,
    Frequencies.kind: Frequencies.from_json,
    Identity.kind: Identity.from_json,
    Relatives.kind: Relatives.from_json,
}


def parse(said: Mapping[str, Any]) -> Question:
    """The question behind its JSON. Raises QuestionRefused with a sentence for anything else."""
    kind = said.get("kind")
    if kind not in KINDS:
        raise QuestionRefused(f"There is no kind of question called {kind!r}; there are: {', '.join(KINDS)}.")
    try:
        return KINDS[kind](said)
    except GenomicsError:
        raise
    except (KeyError, OverflowError, TypeError, ValueError) as wrong:
        raise QuestionRefused(f"This question is not well formed: {wrong}.") from None
