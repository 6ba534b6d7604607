"""Made-up people and numbers for the style page, so that every component can be looked at together.

What lives here: one tag, {% samples as sample %}, used by templates/styleguide.html alone.
What does not: anything that a real page shows.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms, template

register = template.Library()
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)


class SampleForm(forms.Form):
    """One field of each kind the portal uses."""

    title = forms.CharField(label="Title of the study", help_text="As on your ethics paper.")
    purpose = forms.ChoiceField(
        label="What is it for?",
        choices=[
            ("R.DS", "Research on one disease"),
            ("R.HMB", "Health research"),
            ("R.POA", "Ancestry research"),
        ],
    )
    police = forms.ChoiceField(
        label="May police compare your DNA with DNA from a killing?",
        help_text="Nobody is told whether you matched unless a judge allows it.",
        choices=[("no", "No"), ("yes", "Yes")],
        widget=forms.RadioSelect,
    )
    regions = forms.MultipleChoiceField(
        label="Where is the work done?",
        choices=[("ID", "Indonesia"), ("EU", "European Union"), ("US", "United States")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    note = forms.CharField(label="Anything else", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    file = forms.FileField(
        label="Evidence profile", help_text="VCF or array text, 64 MB at most.", required=False
    )
    promise = forms.BooleanField(label="I will publish what we find")


def _entries() -> list[dict[str, Any]]:
    return [
        {
            "when": NOON,
            "title": "Heart Institute counted carriers of one variant",
            "text": "Health research. A rounded number left. Your file was read.",
            "kind": "info",
            "word": "Your file was read",
            "url": "#entries",
        },
        {
            "when": NOON - timedelta(days=2),
            "title": "Bandung city police searched for relatives in a homicide case",
            "text": "You said no to this use. Nothing of yours was read.",
            "kind": "off",
            "word": "Not reached",
            "code": "LE.HOM",
            "url": "#entries",
        },
        {
            "when": NOON - timedelta(days=9),
            "title": "You stopped ancestry research",
            "text": "It held at once. One running job left you out.",
            "kind": "good",
            "word": "Done",
        },
    ]


@register.simple_tag
def samples() -> dict[str, Any]:
    wrong = SampleForm({"title": "Hearts of Java", "purpose": "R.DS", "until": "soon"}, auto_id="wrong_%s")
    months = ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
    return {
        "audiences": [
            "public",
            "participant",
            "guardian",
            "researcher",
            "agency",
            "steward",
            "auditor",
            "administrator",
        ],
        "kinds": [
            ("yes", "Allowed"),
            ("no", "Not allowed"),
            ("good", "Verified"),
            ("warn", "Ends in 9 days"),
            ("bad", "Failed"),
            ("info", "Submitted"),
            ("wait", "Running"),
            ("off", "Draft"),
        ],
        "form": SampleForm(initial={"title": "Hearts of Java", "purpose": "R.HMB"}),
        "wrong": wrong,
        "noon": NOON,
        "until": date(2028, 11, 23),
        "numbers": [
            {"number": 503, "label": "people considered"},
            {"number": 211, "label": "said yes to this use"},
            {"number": "about 40", "label": "carry the variant"},
        ],
        "columns": [
            {"label": "Query", "url": "#table", "sorted": "descending"},
            {"label": "Purpose"},
            {"label": "Sent"},
            {"label": "Considered", "number": True},
            {"label": "State"},
        ],
        "rows": [
            [
                {"text": "20:1000226 A>T", "url": "#table", "code": "q-7f3a"},
                {"text": "Health research", "code": "DUO:0000006"},
                {"when": NOON},
                {"number": 503},
                {"kind": "wait", "word": "Running"},
            ],
            [
                {"text": "20:1000000-2000000", "url": "#table", "code": "q-19c0"},
                {"text": "Research on cancer", "code": "DUO:0000007"},
                {"when": NOON - timedelta(days=1)},
                {"number": 1204},
                {"kind": "good", "word": "Released"},
            ],
            [
                "20:31022441 G>A",
                "Ancestry research",
                {"when": NOON - timedelta(days=4)},
                {"number": 0},
                {"kind": "bad", "word": "Refused"},
            ],
        ],
        "entries": _entries(),
        "facts": [
            {"term": "Purpose", "text": "Health research, not for profit", "code": "DUO:0000006"},
            {"term": "Agreed on", "when": NOON},
            {"term": "Record", "kind": "good", "word": "Sealed"},
            {"term": "Ledger position", "text": "184220", "url": "#facts"},
        ],
        "steps": [
            {"label": "Choose a file", "state": "done"},
            {"label": "We check it", "state": "now"},
            {"label": "Your choices", "state": "next"},
        ],
        "timeline": [
            {"label": "Queued", "state": "done", "at": NOON},
            {
                "label": "Consent checked",
                "state": "done",
                "at": NOON + timedelta(seconds=61),
                "text": "211 of 503 said yes.",
            },
            {"label": "Reading and matching", "state": "now", "text": "64 of 211 people."},
            {"label": "Small numbers hidden", "state": "next"},
            {"label": "Ready", "state": "next"},
        ],
        "failed": [
            {"label": "Queued", "state": "done", "at": NOON},
            {"label": "Refused", "state": "failed", "text": "The ethics approval ended on 1 November."},
        ],
        "bars": [
            {"label": month, "value": value}
            for month, value in zip(months, [0, 2, 5, 3, 8, 13, 9, 4, 0, 1, 6, 7], strict=True)
        ],
    }
