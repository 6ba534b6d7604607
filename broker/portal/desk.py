"""Who sits at a record, and for whom: what every page about a participant's record starts from.

The audience's own door (participant, guardian) makes a Desk once it knows that she may act; the pages are in
record. What may be done for whom is settled in broker.wards.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from broker import standing as standings
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal import record_words as words
from broker.standing import Standing
from broker.wards import Ward
from consent import forms
from consent.errors import FormRefused, SealBroken
from consent.models import FormVersion
from consent.purposes import FAMILIES
from consent.reasons import Reason
from consent.scope import Choice

NO_TEXT = forms.Text(title="", introduction="", notice="", clauses={})
PLACES = ("choices", "files", "usage", "stop_everything")


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits where: the request, the audience's door, whose record it is, and the instant."""

    request: HttpRequest
    user: User
    audience: str
    form: str  # the consent form that is put to her
    ward: Ward
    at: datetime

    def url(self, name: str, *args: object) -> str:
        about = () if self.ward.is_own else (self.ward.participant.pseudonym,)
        return reverse(f"{self.audience}:{name}", args=[*about, *args])

    def render(self, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """The audience's own page of that name."""
        frame: dict[str, Any] = {
            "ward": self.ward,
            "at": self.at,
            "participant": self.ward.participant,
            "urls": {place: self.url(place) for place in PLACES},
        }
        if not self.ward.is_own:
            frame |= self._acting()
        return render(self.request, f"{self.audience}/{name}.html", frame | context, status=status)

    def _acting(self) -> dict[str, Any]:
        person = self.ward.participant
        name = format_html('<span class="whole">{}</span>', person.pseudonym)
        places = [(_("Choices"), "choices"), (_("Files"), "files"), (_("Who used the data"), "usage")]
        if self.ward.is_child:
            places.append((_("Growing up"), "growing_up"))
        elif self.ward.upholds:
            places.append((_("Left to you"), "left"))
        here = [(label, self.url(name)) for label, name in places]
        return {
            "acting_for": format_html(words.acted_for(self.ward), day=words.day(person.born_on), name=name),
            "acting_url": reverse("guardian:people"),
            "nav": [
                {"label": _("People I manage"), "url": reverse("guardian:people"), "current": False},
                *({"label": label, "url": url, "current": self.request.path == url} for label, url in here),
            ],
        }

    def standing(self) -> Standing:
        """What was said, and where that leaves each use she is asked about. A record that is not as it was
        written allows nothing, and she is told."""
        try:
            standing = standings.of(self.ward.participant, at=self.at)
        except SealBroken as broken:
            messages.error(self.request, spoken(broken))
            unread = (Reason.JOB_LEDGER_UNAVAILABLE,)
            standing = Standing((), {family: Choice(family, None, unread) for family in FAMILIES}, {})
        return standing.asked(self.version())

    def version(self) -> FormVersion | None:
        return forms.current(self.form)

    def text(self, version: FormVersion | None) -> forms.Text:
        """A form's words in her language, its clauses told by family; none when there is no form, or its
        words were tampered with."""
        if version is None:
            return NO_TEXT
        try:
            text = forms.text_of(version, self.language())
            return {**text, "clauses": forms.told(version, self.language())}
        except FormRefused:
            return NO_TEXT

    def clauses(self) -> tuple[forms.Clause, ...]:
        """The clauses of the form that is put to her; none when its words are not here."""
        try:
            version = self.version()
            return forms.clauses(version) if version else ()
        except FormRefused:
            return ()

    def words(self) -> dict[str, str]:
        """The words of each of its clauses, in her language."""
        try:
            version = self.version()
            return forms.text_of(version, self.language())["clauses"] if version else {}
        except FormRefused:
            return {}

    @staticmethod
    def language() -> str:
        language = (get_language() or "en")[:2]
        return language if language in forms.LANGUAGES else "en"
