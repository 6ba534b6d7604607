"""The same mix through the ordinary verbs, one at a time: the check that the bulk rows are alike."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from consent import holdings, kin, participants, policies, records, terms
from consent.errors import KinRefused, StatementRefused
from consent.models import Freeze, Holding, Participant, Statement
from tests.bench import crowd as crowds
from tests.bench.rows import SETTLED, STATES, Maker, actor
from tests.bench.rows import wording as worded
from tests.world import WITHOUT_COOLING_OFF

GROWN_BEFORE = date(2005, 12, 31)  # whoever was born later is spoken for by a guardian


def build(people: int, *, seed: int = 1) -> tuple[crowds.Crowd, set[int]]:
    """Register, verify, hold, and say all that is planned; with the places of what the verbs would not take:
    a yes that could never hold, which an older house may have on record all the same."""
    crowd = crowds.crowd(people, seed=seed)
    maker = Maker(crowd, seed=seed)
    policies.adopt(WITHOUT_COOLING_OFF, by="founding", at=SETTLED)
    everybody = [_registered(crowd, i, maker) for i in range(crowd.people)]
    refused = set()
    columns = (crowd.who, crowd.what, crowd.recorded, crowd.effective, crowd.valid_to)
    said_by_all = zip(*(column.tolist() for column in columns), strict=True)
    for place, (row, what, recorded, effective, ends) in enumerate(said_by_all):
        said, at = crowd.sayings[what], _instant(recorded)
        wording = worded(said, _instant(effective), _instant(ends), maker.file_of(row, 0))
        about: dict[str, Any] = {"by": actor(said), "at": at, "wording": wording}
        if said.verb is terms.Verb.GRANT:
            about["sign_in"] = terms.SignIn("passkey", at)
            try:
                records.give(everybody[row], said.family, form=maker.forms[said.form], **about)
            except (KinRefused, StatementRefused):
                refused.add(place)
        elif said.verb is terms.Verb.DENY:
            records.deny(everybody[row], said.family, **about)
        else:
            records.withdraw(everybody[row], said.family, **about)
    return crowd, refused


def _registered(crowd: crowds.Crowd, i: int, maker: Maker) -> Participant:
    region, zone, _ = crowds.HOMES[crowd.home[i]]
    born = date.fromordinal(int(crowd.born[i]))
    since = max(SETTLED, datetime(born.year, born.month, born.day, tzinfo=UTC) + timedelta(days=2))
    person = participants.register(born_on=born, home_region=region, home_zone=zone, by="self", at=since)
    if crowd.verified[i]:
        participants.verify_identity(person, by="steward", at=SETTLED)
    if born > GROWN_BEFORE:
        link = kin.claim("guardian", person, at=SETTLED)
        kin.verify(link, by="steward", at=SETTLED)
    if crowd.dissent[i]:
        participants.record_dissent(person, dissents=True, by="self", at=SETTLED)
    states = (
        Holding.State(STATES[crowd.first_state[i]]),
        Holding.State("ERASED" if crowd.erased[i] else "ACTIVE"),
    )
    for number in range(crowd.files[i]):
        holding = holdings.add(person, UUID(maker.file_of(i, number)), by="intake", at=SETTLED)
        if states[number] is not Holding.State.ACTIVE:
            holdings.set_state(holding, states[number], by="steward", at=SETTLED)
    if crowd.frozen_since[i]:
        until = _instant(int(crowd.frozen_until[i])) if crowd.frozen_until[i] else None
        Freeze.objects.create(participant=person, since=_instant(int(crowd.frozen_since[i])), until=until)
    # Deaths and erasures have verbs of their own upstairs; here only what they leave behind.
    ends = {
        name: _instant(int(when[i]))
        for name, when in (("died_at", crowd.died), ("erased_at", crowd.erased))
        if when[i]
    }
    Participant.objects.filter(ordinal=person.ordinal).update(**ends)
    return person


def shape(row: Statement) -> tuple[Any, ...]:
    """What a row is made of, without what differs from person to person: its columns' types and its body's
    names, and all values that are not instants, numbers or file ids."""
    columns = tuple(type(getattr(row, one.attname)).__name__ for one in row._meta.concrete_fields)
    body = terms.canonical(json.loads(row.body)["statement"]).decode()
    body = re.sub(r'"\d{4}-\d\d-\d\dT[^"]+Z"', '"INSTANT"', body)
    body = re.sub(r'"[0-9a-f]{8}-[0-9a-f-]{27}"', '"FILE"', body)
    return columns, row.family, row.actor, body.replace(f'"seq":{row.seq},', '"seq":0,')


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
