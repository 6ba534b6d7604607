"""How far a yes reaches: which file, and what of it is left after death; and the question before it.

The terms themselves are asked in record_forms. Here is only what every use asks alike.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker.portal import record_files
from broker.portal.record_questions import question
from broker.wards import Ward
from consent.records import Wording
from consent.terms import AfterDeath, Statement

AFTER_DEATH = {
    AfterDeath.STOP: gettext_lazy("It stops."),
    AfterDeath.NOK_DECIDES: gettext_lazy("My next of kin decides whether it goes on."),
    AfterDeath.CONTINUE: gettext_lazy("It goes on."),
}


class ReachForm(forms.Form):
    """Which file, after death, and the answer to the question."""

    file = forms.ChoiceField(label=gettext_lazy("For which file?"), required=False)
    after_death = forms.ChoiceField(
        label=gettext_lazy("After your death?"),
        required=False,
        choices=[(choice.value, label) for choice, label in AFTER_DEATH.items()],
    )
    answer = forms.ChoiceField(
        required=False,
        choices=[("yes", gettext_lazy("That is right")), ("no", gettext_lazy("That is not right"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, family: str, ward: Ward, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = record_files.held(ward.participant)
        if len(held) > 1:
            self.fields["file"].choices = [("", _("All files, those to come too")), *held]  # type: ignore[attr-defined]
        else:
            del self.fields["file"]
        if ward.is_child:  # a guardian does not decide beyond the child's life
            del self.fields["after_death"]
        self.question = question(family, ward)
        self.fields["answer"].label = _("A question, to see whether we were clear: “%(question)s”") % {
            "question": _(self.question.text)
        }
        self.fields["answer"].help_text = _("Whatever you answer, you can go on.")

    def clean(self) -> dict[str, Any]:
        """A yes that was meant for one file is never taken for a yes to all."""
        said = super().clean() or {}
        if "file" not in self.fields and self.data.get("file"):
            self.add_error(None, _("That file is not here any more. Please look at your choice again."))
        return said

    def over(self, wording: Wording) -> Wording:
        """The terms, reaching as far as was said. Nothing said of death is a stop."""
        said = self.cleaned_data
        return replace(
            wording,
            file=UUID(said["file"]) if said.get("file") else None,
            after_death=AfterDeath(said.get("after_death") or AfterDeath.STOP),
        )

    def explained(self) -> dict[str, Any]:
        """The question, what was answered, and what is so: for components/notice.html."""
        asked, answer = self.question, self.cleaned_data.get("answer")
        well = answer == ("yes" if asked.right else "no")
        said = _("That is so.") if well else _("Not quite.") if answer else ""
        return {
            "kind": "good" if well else "info",
            "title": _("“%(question)s”") % {"question": _(asked.text)},
            "text": f"{said} {_(asked.why)}".strip(),
        }


def as_reached(grant: Statement | None) -> dict[str, Any]:
    """How far an earlier yes reached, to fill the form with; without one it stops at death."""
    if grant is None:
        return {"after_death": AfterDeath.STOP.value}
    after = AfterDeath.STOP if grant.after_death is AfterDeath.UNSPECIFIED else grant.after_death
    return {"after_death": after.value, "file": grant.file or ""}
