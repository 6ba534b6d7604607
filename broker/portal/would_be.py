"""The smallest change of a request that would be permitted, in words, for auditors and for whoever asked.

To those who ask only the request's own refusals are told: never what a participant's record would need.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker import explaining, uses
from broker.models import Job, Query
from consent import explain
from consent.purposes import PURPOSES

WORDS: dict[str, Any] = {
    "without commercial use": gettext_lazy("without commercial use"),
    "with publication": gettext_lazy("with a promise to publish"),
    "with collaboration": gettext_lazy("with a promise to work with the first investigators"),
    "with return data": gettext_lazy("with a promise to return new data"),
    "for identity only": gettext_lazy("as a check of identity only"),
    "as a genetic study": gettext_lazy("as a genetic study"),
    "with an ethics approval": gettext_lazy("with a valid ethics approval"),
    "with a court's permission": gettext_lazy("with a court's permission for this case and use"),
    "after other leads": gettext_lazy("after other leads have been exhausted"),
}


def of_request(query: Query, job: Job | None, *, at: datetime) -> str:
    """What would pass the gates of a refused request; nothing where no change would, or nothing is known."""
    if job is not None:
        found = explaining.of_request(job)
    else:
        found = explain.of_request(uses.unsigned(query), uses.policy(at), at)
    return told(found or ())


def told(changes: Iterable[str]) -> str:
    """Changes in words: "without ancestry research, with a promise to publish"."""
    return ", ".join(_word(change) for change in changes)


def _word(change: str) -> str:
    known = WORDS.get(change)
    if known is not None:
        return str(known)
    purpose = change.removeprefix("without ")
    if purpose in PURPOSES:
        return _("without %(purpose)s") % {"purpose": _(PURPOSES[purpose].label)}
    return change
