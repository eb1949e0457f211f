"""Who decides in a person's absence: deputies, from day to day, up to a ceiling.

The person who will be away names the deputy, or somebody who manages people does; the person, the
deputy or that somebody ends it. Each write is one ledger entry, with row numbers and no names.
Example: Fang may release up to 500,000.00 CNY and names Alice for 1 to 14 December up to
200,000.00: on the 3rd Alice releases 200,000.00 in Fang's place, on the 15th nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from xinheng.credit.money import MAX_MINOR, MoneyError, exponent, to_text
from xinheng.ledger.actions import append_one
from xinheng.people import queries
from xinheng.people.actor import Actor
from xinheng.people.models import Deputy, User
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused

DEPUTY_DAYS_MAX = 366
# what a deputy does in another's absence, if both may
STOOD_IN_FOR = ("holds.release", "applications.decide")


@transaction.atomic
def appoint_deputy(
    person: User,
    deputy: User,
    valid_from: date,
    valid_until: date,
    *,
    actor: Actor,
    at: datetime,
    currency: str = "",
    up_to_minor: int | None = None,
) -> Deputy:
    """Name who releases holds, or votes on applications, in a person's absence, from day to day, up
    to a ceiling or as far as the person's own authority goes.

    Must hold: the person names the deputy, or somebody who manages people does; nobody names
    themselves; both may do the one or the other. A ceiling is an amount of one currency, and the
    deputy then decides in that currency only. Refuses NOT_PERMITTED, DEPUTY_OF_ONESELF,
    DEPUTY_MAY_NOT, BAD_PERIOD, BAD_CEILING, UNKNOWN_CURRENCY, DEPUTY_ALREADY.
    """
    themselves = actor.kind == "user" and actor.person_id == person.pk
    if not (themselves or actor.may("people.manage")):
        raise Refused(PeopleRefusal.NOT_PERMITTED, permission="people.manage")
    _check_deputy(person, deputy, actor)
    _check_period(valid_from, valid_until, queries.today(at))
    _check_ceiling(currency, up_to_minor)
    # The person's row is the lock: two equal appointments come one after the other.
    User.objects.select_for_update().get(pk=person.pk)
    if queries.stand_ins(person.pk, deputy.pk, valid_from, valid_until).exists():
        raise Refused(PeopleRefusal.DEPUTY_ALREADY, deputy=deputy.username)
    made = Deputy.objects.create(
        person=person,
        deputy=deputy,
        valid_from=valid_from,
        valid_until=valid_until,
        currency=currency,
        up_to_minor=up_to_minor,
        entered_by=actor.ref,
        entered_at=at,
    )
    ceiling = "" if up_to_minor is None else f"{to_text(up_to_minor, currency)} {currency}"
    clear = {"from": valid_from.isoformat(), "until": valid_until.isoformat()}
    fields = {"person": str(person.pk), "deputy": str(deputy.pk), "ceiling": ceiling}
    append_one("deputy.appointed", clear, {**fields, "by": actor.ref}, at=at)
    return made


def _check_deputy(person: User, deputy: User, actor: Actor) -> None:
    if deputy.pk in (person.pk, actor.person_id):
        raise Refused(PeopleRefusal.DEPUTY_OF_ONESELF)
    shared = [word for word in STOOD_IN_FOR if person.may(word)]
    if not any(deputy.may(word) for word in shared):
        username = (deputy if shared else person).username
        raise Refused(PeopleRefusal.DEPUTY_MAY_NOT, username=username)


def _check_period(valid_from: date, valid_until: date, today: date) -> None:
    longest = valid_from + timedelta(days=DEPUTY_DAYS_MAX)
    if not max(valid_from, today) <= valid_until <= longest:
        raise Refused(PeopleRefusal.BAD_PERIOD, days=DEPUTY_DAYS_MAX)


def _check_ceiling(currency: str, up_to_minor: int | None) -> None:
    if (up_to_minor is None) != (not currency) or not 0 <= (up_to_minor or 0) <= MAX_MINOR:
        raise Refused(PeopleRefusal.BAD_CEILING)
    if currency:
        try:
            exponent(currency)
        except MoneyError as error:
            raise Refused(PeopleRefusal.UNKNOWN_CURRENCY, currency=currency) from error


@transaction.atomic
def end_deputy(deputy_id: int, *, actor: Actor, at: datetime) -> bool:
    """End a deputy's time today: the person, the deputy, or who manages people. False: it had ended
    before. Refuses UNKNOWN_DEPUTY.
    """
    row = Deputy.objects.select_for_update().filter(pk=deputy_id).first()
    concerned = row is not None and actor.person_id in (row.person_id, row.deputy_id)
    if row is None or not (concerned or actor.may("people.manage")):
        raise Refused(PeopleRefusal.UNKNOWN_DEPUTY)
    if row.ended_at is not None:
        return False
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    fields = {"person": str(row.person_id), "deputy": str(row.deputy_id), "by": actor.ref}
    append_one("deputy.ended", {}, fields, at=at)
    return True
