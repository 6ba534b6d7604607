"""What a clerk says: whose form came, what stands at each clause, with whom the third sides, and why not.

Nothing is filled in beforehand: a reading is what she sees, and not what would be likely.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker import paper_codes
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.portal.dates import day_field
from broker.portal.disease_field import DiseasesField, FindsDiseases, called
from consent import forms as consent_forms
from consent.clauses import Clause
from consent.hierarchies import REGION_NAMES, Hierarchy
from consent.models import FormVersion, PaperImport, Participant
from consent.readings import SIGNATURE, Answer, Reading, Side, Signature
from consent.terms import Capacity

LANGUAGES = (("en", "English"), ("id", "Bahasa Indonesia"))
ANSWERS = (
    (Answer.YES, gettext_lazy("Yes")),
    (Answer.NO, gettext_lazy("No")),
    (Answer.BLANK, gettext_lazy("Blank")),
    (Answer.BOTH, gettext_lazy("Both crossed")),
)
CAPACITIES = (
    (Capacity.SELF, gettext_lazy("for herself")),
    (Capacity.GUARDIAN, gettext_lazy("as guardian of a child")),
    (Capacity.PROXY, gettext_lazy("for an adult who cannot act")),
    (Capacity.NEXT_OF_KIN, gettext_lazy("as next of kin")),
)


class PrintForm(forms.Form):
    """Which form is printed, in which language, for whom."""

    form = forms.ChoiceField(label=gettext_lazy("Which form?"), widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=gettext_lazy("In which language?"), choices=LANGUAGES, widget=forms.RadioSelect
    )
    reference = forms.CharField(
        label=gettext_lazy("For whom?"),
        help_text=gettext_lazy("A reference such as P-2345-6789. Leave it empty for a blank form."),
        required=False,
        max_length=16,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = [
            consent_forms.current(name) for name in sorted(set(_versions().values_list("form", flat=True)))
        ]
        self.fields["form"] = forms.ChoiceField(
            label=self.fields["form"].label,
            choices=[(str(one.pk), str(one)) for one in now if one],
            widget=forms.RadioSelect,
        )
        self.order_fields(["form", "language", "reference"])

    def clean_reference(self) -> str:
        said: str = self.cleaned_data["reference"].strip().upper()
        if said and not Participant.objects.filter(pseudonym=said, erased_at__isnull=True).exists():
            raise forms.ValidationError(_("Nobody has this reference. Look again, letter by letter."))
        return said

    @property
    def version(self) -> FormVersion:
        return FormVersion.objects.get(pk=self.cleaned_data["form"])


class ReceiveForm(forms.Form):
    """A form that has come: whose, which, and its scan."""

    reference = forms.CharField(
        label=gettext_lazy("Code or reference"),
        help_text=gettext_lazy(
            "Scan the code on the form, or type the text beside it. On an old form, type the reference alone."
        ),
        max_length=120,
    )
    form = forms.ChoiceField(
        label=gettext_lazy("Which form?"),
        help_text=gettext_lazy("Only if the form has no code."),
        required=False,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("In which language?"),
        help_text=gettext_lazy("Only if the form has no code."),
        required=False,
        choices=(("", "—"), *LANGUAGES),
    )
    scan = forms.FileField(
        label=gettext_lazy("The scan"),
        help_text=gettext_lazy("PDF, PNG or JPEG, at most 20 MB, every page in one file."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "—"), *((str(one.pk), str(one)) for one in _versions())]

    def clean_reference(self) -> paper_codes.Code:
        said = self.cleaned_data["reference"].strip()
        if paper_codes.REFERENCE.fullmatch(said.upper()):
            return paper_codes.Code("", "", "", said.upper())
        try:
            code = paper_codes.read(said)
        except Refused as refused:
            raise forms.ValidationError(spoken(refused)) from None
        if not code.reference:
            raise forms.ValidationError(
                _("This is the code of a blank form. Type the reference that was written on it.")
            )
        return code

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        code = said.get("reference")
        if code is None:
            return said
        participant = Participant.objects.filter(pseudonym=code.reference).first()
        if participant is None:
            self.add_error("reference", _("Nobody has this reference. Look again, letter by letter."))
        chosen = _versions().filter(pk=said.get("form") or 0).first()
        coded = _versions().filter(form=code.form, version=code.version).first()
        if code.form and coded is None:
            self.add_error("reference", _("The form that this code names was never put to people here."))
        elif coded and chosen and coded != chosen:
            self.add_error("form", _("The code names another form. Leave this empty, or look again."))
        elif not (coded or chosen):
            self.add_error("form", _("Say which form it is: it stands at the top of the page."))
        if code.language and said.get("language") not in ("", None, code.language):
            self.add_error("language", _("The code names another language. Leave this empty, or look again."))
        elif not (code.language or said.get("language")):
            self.add_error("language", _("Say in which language the form is."))
        return said | {
            "participant": participant,
            "version": coded or chosen,
            "language": code.language or said.get("language"),
        }


class KeyForm(FindsDiseases):
    """What one clerk sees: every clause in the order of the form, then who signed."""

    def __init__(
        self,
        *args: Any,
        sheet: PaperImport,
        clauses: tuple[Clause, ...],
        known: Hierarchy,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.clauses = clauses
        self.words = words_of(sheet)
        self.fields["hers"] = forms.BooleanField(
            label=_("The form shows the reference %(who)s, and no other") % {"who": sheet.participant}
        )
        for clause in clauses:
            self.fields[clause.id] = forms.ChoiceField(
                label=self.words[clause.id], choices=ANSWERS, widget=forms.RadioSelect
            )
            if clause.asks:
                self.fields[f"{clause.id}:named"] = _named(clause.asks, known)
        self.fields["present"] = forms.ChoiceField(
            label=_("Is there a signature?"),
            choices=[("yes", _("Yes")), ("no", _("No"))],
            widget=forms.RadioSelect,
        )
        self.fields["capacity"] = forms.ChoiceField(
            label=_("Who signed it?"), choices=CAPACITIES, widget=forms.RadioSelect
        )
        self.fields["signer"] = forms.CharField(
            label=_("The reference of who signed for her"),
            help_text=_("As it is written beside the signature. Leave it empty if she signed herself."),
            required=False,
            max_length=16,
        )
        self.fields["on"] = day_field(
            _("The day beside the signature"), help_text=_("Leave it empty if there is none."), required=False
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """The clauses for the page: the answer, and the list that some ask for."""
        for clause in self.clauses:
            named = f"{clause.id}:named"
            yield {"id": clause.id, "answer": self[clause.id], "named": self[named] if clause.asks else None}

    def signing(self) -> Iterator[Any]:
        return (self[name] for name in ("present", "capacity", "signer", "on"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for clause in self.clauses:
            if said.get(f"{clause.id}:named") and said.get(clause.id) not in (Answer.YES, None):
                self.add_error(f"{clause.id}:named", _("Something is named here, but the answer is no yes."))
        return said

    def reading(self) -> Reading:
        said = self.cleaned_data
        named = {clause.id: tuple(said[f"{clause.id}:named"]) for clause in self.clauses if clause.asks}
        return Reading(
            answers={clause.id: Answer(said[clause.id]) for clause in self.clauses},
            lists={id: codes for id, codes in named.items() if codes},
            signature=Signature(
                present=said["present"] == "yes",
                capacity=Capacity(said["capacity"]),
                signer=said["signer"].strip().upper(),
                on=said["on"],
            ),
        )


class SettleForm(forms.Form):
    """Where two readers differ: one of them, or neither."""

    def __init__(
        self, *args: Any, told: Mapping[str, tuple[SafeString | str, str, str]], **kwargs: Any
    ) -> None:
        """`told`: part -> its words, and what each of the two saw."""
        super().__init__(*args, **kwargs)
        for part, (words, first, second) in told.items():
            self.fields[part] = forms.ChoiceField(
                label=words,
                choices=[
                    (Side.FIRST, _("First reader: %(saw)s") % {"saw": first}),
                    (Side.SECOND, _("Second reader: %(saw)s") % {"saw": second}),
                    (Side.UNREADABLE, _("It cannot be read")),
                ],
                widget=forms.RadioSelect,
            )

    def sides(self) -> dict[str, Side]:
        return {part: Side(side) for part, side in self.cleaned_data.items()}


class RejectForm(forms.Form):
    """Why a form counts for nothing more."""

    reason = forms.CharField(
        label=gettext_lazy("Why can this form not be used?"),
        help_text=gettext_lazy("Another person's, unsigned, torn. A no that was read before stays a no."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def words_of(sheet: PaperImport) -> Mapping[str, str]:
    """The words of each clause in the language of the form."""
    return consent_forms.text_of(sheet.form, sheet.language)["clauses"]


def told(part: str, reading: Reading, clauses: tuple[Clause, ...], signer: str) -> str:
    """One part of a reading in words."""
    if part == SIGNATURE:
        return _told_signature(reading.signature, signer)
    asks = next((clause.asks for clause in clauses if clause.id == part), None)
    said = str(dict(ANSWERS)[reading.answers[part]])
    codes = reading.lists.get(part, ()) if asks else ()
    names = called(codes).values() if asks == "diseases" else [_(REGION_NAMES.get(one, one)) for one in codes]
    return f"{said} ({', '.join(names)})" if names else said


def _named(asks: str, known: Hierarchy) -> forms.MultipleChoiceField:
    """The list that a clause asks for."""
    label = _("What is written beside it")
    hint = _("Only with a yes. What is not in this list cannot be kept: leave it out.")
    if asks == "diseases":
        field = DiseasesField(label=label, help_text=hint, required=False)
        field.over(known)
        return field
    return forms.MultipleChoiceField(
        label=label,
        help_text=hint,
        required=False,
        choices=[(code, _(name)) for code, name in REGION_NAMES.items()],
        widget=forms.CheckboxSelectMultiple,
    )


def _told_signature(signature: Signature, signer: str) -> str:
    if not signature.present:
        return _("no signature")
    parts = [str(dict(CAPACITIES)[signature.capacity]), signer]
    parts.append(signature.on.isoformat() if signature.on else _("no day"))
    return _("signed %(how)s") % {"how": ", ".join(part for part in parts if part)}


def _versions() -> Any:
    """Every version whose words are kept, the newest first: old forms lie in filing cabinets."""
    return FormVersion.objects.filter(draft__isnull=False).order_by("form", "-published_at", "-id")
