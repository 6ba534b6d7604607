"""The kinds of notices: what each says in the portal. What a mail says is one sentence, the same for all.

A mail can be read by whoever sees the screen: it names no use, no person and nothing about anybody's DNA.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from broker.models import Notice
from consent.purposes import FAMILIES


@dataclass(frozen=True, slots=True)
class Kind:
    """A subject and a text; %(name)s stands for a field of the notice."""

    subject: str
    text: str
    fields: tuple[str, ...] = ()


MAIL_SUBJECT = gettext_noop("Something changed")
MAIL_TEXT = gettext_noop("Something changed in your choices. Sign in to read it.")

LINK_SUBJECT = gettext_noop("Confirm your address")
LINK_TEXT = gettext_noop(
    "Somebody who signs in here named this address as hers. If it was you, open this link within three days, "
    "sign in, and press the button:\n\n%(link)s\n\nIf it was not you, you need not do anything."
)
FAREWELL = gettext_noop(
    "A guardian of yours had your record here erased, and your sign-in with it. Nobody can bring it back. If "
    "you did not know of it, ask us."
)

KINDS: dict[str, Kind] = {
    "widened": Kind(
        gettext_noop("A yes was said: %(family)s"),
        gettext_noop(
            "It is about %(whose)s, and begins on %(begins)s. If this was not you, stop it with one press."
        ),
        ("family", "whose", "begins"),
    ),
    "narrowed": Kind(
        gettext_noop("A use was stopped or made smaller: %(family)s"),
        gettext_noop("It is about %(whose)s, and holds already. You need not do anything."),
        ("family", "whose"),
    ),
    "channel_changed": Kind(
        gettext_noop("The ways to reach you have changed"),
        gettext_noop(
            "A way was %(change)s. If this was not you, change your password and look at what is left."
        ),
        ("change",),
    ),
    "factor_changed": Kind(
        gettext_noop("The ways you sign in have changed"),
        gettext_noop("If this was not you, stop everything, and speak to a steward."),
    ),
    "invitation_16": Kind(
        gettext_noop("Your data, and soon your choice"),
        gettext_noop(
            "A guardian decides about %(whose)s until you are of age. You can read it all, and say no."
        ),
        ("whose",),
    ),
    "invitation_17": Kind(
        gettext_noop("In a year you decide alone"),
        gettext_noop("What a guardian chose for %(whose)s ends on the day you are of age."),
        ("whose",),
    ),
    "majority": Kind(
        gettext_noop("From today you decide alone"),
        gettext_noop(
            "What a guardian allowed for %(whose)s has ended. Nothing is used until you say yes yourself."
        ),
        ("whose",),
    ),
    "growing_up": Kind(
        gettext_noop("A step on the way to adulthood"),
        gettext_noop(
            "It is about %(whose)s, for whom you are or were a guardian. Sign in to see what it changes."
        ),
        ("whose",),
    ),
    "death_reported": Kind(
        gettext_noop("Somebody told us of a death"),
        gettext_noop(
            "It is about %(whose)s. Nothing has changed, and two stewards must see a paper first. If it is "
            "not true, tell a steward now."
        ),
        ("whose",),
    ),
    "death_refused": Kind(
        gettext_noop("No paper shows the death we were told of"),
        gettext_noop("It is about %(whose)s. Nothing has changed. You need not do anything."),
        ("whose",),
    ),
    "death_recorded": Kind(
        gettext_noop("A death was recorded"),
        gettext_noop(
            "Two stewards have seen the paper of the death of %(whose)s. Only what was meant to go on after "
            "it goes on. If it is not true, speak to a steward."
        ),
        ("whose",),
    ),
    "child_taken_along": Kind(
        gettext_noop("Everything of a child was taken along"),
        gettext_noop(
            "It is about %(whose)s, and a guardian took it. Nothing changed here. If this should not be, "
            "speak to a steward."
        ),
        ("whose",),
    ),
    "child_file_erased": Kind(
        gettext_noop("A file of a child was erased"),
        gettext_noop("It is about %(whose)s, and a guardian had it erased. It cannot be brought back."),
        ("whose",),
    ),
    "child_erased": Kind(
        gettext_noop("A child's record was erased"),
        gettext_noop(
            "It is about %(whose)s, and a guardian had all of it erased. It cannot be brought back. "
            "%(objected)s"
        ),
        ("whose", "objected"),
    ),
    "home_changed": Kind(
        gettext_noop("A home was changed"),
        gettext_noop(
            "It is about %(whose)s, and may move the day on which one decides alone. If this should not be, "
            "speak to a steward."
        ),
        ("whose",),
    ),
    "home_waits": Kind(
        gettext_noop("A change of home waits"),
        gettext_noop(
            "It is about %(whose)s, who would be of age earlier there. Nothing changes before a clerk has "
            "seen a paper."
        ),
        ("whose",),
    ),
    "home_said": Kind(
        gettext_noop("Somebody said that a home changed"),
        gettext_noop(
            "It is about %(whose)s, and somebody who acts for her said it. Nothing changes before a clerk "
            "has seen a paper. If this should not be, speak to a clerk, who can refuse it."
        ),
        ("whose",),
    ),
    "home_refused": Kind(
        gettext_noop("A home was not changed"),
        gettext_noop("It is about %(whose)s. No paper showed it, and all stays as it was."),
        ("whose",),
    ),
    "reconsent_due": Kind(
        gettext_noop("You will be asked again: %(family)s"),
        gettext_noop(
            "The words of this choice have changed. Your yes ends on %(ends)s unless you say it again."
        ),
        ("family", "ends"),
    ),
    "yes_ends_soon": Kind(
        gettext_noop("A yes ends soon: %(family)s"),
        gettext_noop("It ends on %(ends)s. If you do nothing, it becomes a no."),
        ("family", "ends"),
    ),
    "searched": Kind(
        gettext_noop("Searches in a case can be told now"),
        gettext_noop(
            "Police or the defence searched here, and it concerned %(whose)s as it did everybody else. Each "
            "search stands under “Who used my data” now, whether it read the file or not. You need not do "
            "anything."
        ),
        ("whose",),
    ),
    "demanded": Kind(
        gettext_noop("A court or an agency demanded something from us"),
        gettext_noop(
            "We received it on %(received)s, and it concerns %(whose)s. Nothing was read because of it that "
            "you had not allowed. You need not do anything."
        ),
        ("whose", "received"),
    ),
    "demand_overdue": Kind(
        gettext_noop("A demand waits too long for an answer"),
        gettext_noop("%(number)s was to be answered by %(due)s, and nobody has answered it."),
        ("number", "due"),
    ),
    "statement_missing": Kind(
        gettext_noop("A monthly statement is missing"),
        gettext_noop("There is no statement of: %(month)s. Look at the worker, or make it by hand."),
        ("month",),
    ),
    "alarm": Kind(
        gettext_noop("Many more yeses than usual"),
        gettext_noop(
            "%(grants)s came within a short time. Look at the ledger before their waiting time is over."
        ),
        ("grants",),
    ),
    "canary": Kind(
        gettext_noop("A canary was touched"),
        gettext_noop(
            "Something reached a person who was made up and allows nothing, and it was stopped. Look at what "
            "is unusual, and let nothing go on before you know why."
        ),
    ),
    "canary_end": Kind(
        gettext_noop("About retiring a canary"),
        gettext_noop(
            "An auditor wants a canary retired, or another one has done it. Look at the page of canaries: it "
            "takes two auditors, and makes the house quieter."
        ),
    ),
    "anomaly": Kind(
        gettext_noop("Something unusual was noticed"),
        gettext_noop("It is on the page of what is unusual, with the events it rests on. Look at it."),
    ),
    "restored": Kind(
        gettext_noop("The house was put back to an earlier day"),
        gettext_noop(
            "What was taken away since was taken away again, and everybody was signed out. What was newly "
            "decided since is lost: look at roles, cases, policies, forms and diseases, and bring it again. "
            "Nothing is asked or disclosed until a steward has looked."
        ),
    ),
    "duty": Kind(
        gettext_noop("Something the house does by itself was not done"),
        gettext_noop(
            "It is tried again every minute, and everything else goes on. What was not done: %(duty)s. The "
            "ledger says why; ask an operator to look at the worker's log."
        ),
        ("duty",),
    ),
    "unsound": Kind(
        gettext_noop("A consent record is not as it was recorded"),
        gettext_noop(
            "Nothing that rests on it is released. Look at the newest alarm in the ledger, and verify the "
            "ledger before anything goes on."
        ),
    ),
}


def subject(notice: Notice) -> str:
    """The head of a notice, in the language that is spoken now."""
    return _(KINDS[notice.kind].subject) % _told(notice)


def text(notice: Notice) -> str:
    """What it says, in the language that is spoken now."""
    return _(KINDS[notice.kind].text) % _told(notice)


def _told(notice: Notice) -> dict[str, str]:
    """The fields as people read them: a family by its name, a day as a day."""
    told = {name: str(value) for name, value in notice.fields.items()}
    if (family := told.get("family")) is not None:
        told["family"] = _(FAMILIES[family].label) if family in FAMILIES else _("everything")
    for name in {"begins", "ends", "received", "due"} & told.keys():
        told[name] = str(date_format(datetime.fromisoformat(told[name]), "j F Y"))
    if "objected" in told:
        told["objected"] = _(OBJECTED) if notice.fields["objected"] else ""
    if "change" in told:
        told["change"] = _(told["change"])
    return told


OBJECTED = gettext_noop("She herself had objected to research.")
# What `change` can be.
ADDED, CONFIRMED, REMOVED = gettext_noop("added"), gettext_noop("confirmed"), gettext_noop("removed")
