"""To apply: a draft, changed, submitted, taken back.

A draft binds nobody; submitted it gets its clock and waits for an analyst. There is one open
application for a customer's line in a currency at a time (temporary ones beside it). Returned, the
applicant changes it and submits it again; what had been assessed before does not count any more.
Example: SX-2026-000123, 800,000.00 CNY on 60 days for X-ALFKI, asked by Bob at 10:00 on a Friday,
to be taken up until 10:00 on Monday.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from xinheng.applications.clocks import rules
from xinheng.applications.models import Application, Proposal, Snapshot, Stage
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import NewApplication
from xinheng.applications.trail import (
    ENDED,
    OPEN,
    WRITE,
    locked,
    move,
    note,
    require,
    require_person,
    require_state,
    words_of,
)
from xinheng.credit.money import MAX_MINOR, MoneyError, exponent, to_text
from xinheng.customers.models import Customer
from xinheng.limits.conditions import latest_end, temporary_end
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

TERMS_MAX: Final = 365
PURPOSE_MAX: Final = 1_000
CLOSED: Final = ("blocked", "closed")
PURPOSE: Final = T("用途", "what it is for")
REASON: Final = T("理由", "the reason")
FORECAST: Final = {"purchases_year_minor", "our_share_pct", "peak_months", "security"}


def draft(new: NewApplication, *, actor: Actor, at: datetime) -> Application:
    """A new application that nobody sees as a wish yet. One ledger entry.

    The person behind it is the applicant; by link, import or a round there may be none. Refuses
    NOT_ALLOWED, UNKNOWN_CUSTOMER, CUSTOMER_CLOSED, BAD_KIND, BAD_CURRENCY, BAD_AMOUNT, BAD_TERMS,
    BAD_PERIOD, BAD_FORECAST, TOO_LONG.
    """
    require(actor, WRITE)
    with transaction.atomic():
        return put_draft(new, actor=actor, at=at)


def put_draft(
    new: NewApplication, *, blank: bool = False, actor: Actor, at: datetime
) -> Application:
    """A step: the row of a draft and its entry. blank: for the customer to fill in."""
    customer = _customer(new.customer_id, actor)
    _check(new._replace(asked_minor=max(1, new.asked_minor)) if blank else new, today(at))
    made: Application = Application.objects.create(
        number=_number(today(at)),
        customer=customer,
        source=new.source,
        applied_by=actor.ref,
        applicant_id=actor.person_id,
        batch_id=new.batch_id,
        created_at=at,
        state_since=at,
        **_columns(new),
    )
    note(made, "drafted", actor=actor, at=at, **_told(made))
    return made


def change(number: str, new: NewApplication, *, actor: Actor, at: datetime) -> Application:
    """Change a draft, or one that was returned. The customer stays. One ledger entry.

    Refuses what `draft` refuses, UNKNOWN_APPLICATION, WRONG_STATE, NOT_YOURS.
    """
    require(actor, WRITE)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "draft", "returned")
        require_applicant(row, actor)
        _check(new._replace(customer_id=row.customer_id), today(at))
        for name, value in _columns(new).items():
            setattr(row, name, value)
        row.save()
        note(row, "changed", actor=actor, at=at, **_told(row))
    return row


def submit(number: str, *, actor: Actor, at: datetime) -> Application:
    """It is a wish now: to be taken up, or back with its analyst after it was returned. One ledger
    entry.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE, NOT_YOURS, CUSTOMER_CLOSED, NEEDS_WORDS,
    ALREADY_OPEN, BAD_PERIOD.
    """
    require(actor, WRITE)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "draft", "returned")
        require_applicant(row, actor)
        _require_open(row.customer)
        words_of(row.purpose, PURPOSE, most=PURPOSE_MAX)
        _check_period(row.kind, row.valid_from, row.valid_until, today(at))
        if row.state == "draft":
            require_only(row)
            move(row, "submitted", at, submitted_at=at)
            note(row, "submitted", actor=actor, at=at, **_told(row))
        else:
            supersede(row, at)
            move(row, "investigating" if row.analyst_id else "submitted", at)
            note(row, "resubmitted", actor=actor, at=at, **_told(row))
    return row


def apply_at_once(new: NewApplication, *, actor: Actor, at: datetime) -> Application:
    """A draft that is submitted in the same step: rows of a file, an offer that was taken."""
    require(actor, WRITE)
    with transaction.atomic():
        made = draft(new, actor=actor, at=at)
        return submit(made.number, actor=actor, at=at)


def withdraw(number: str, reason: str, *, actor: Actor, at: datetime) -> Application:
    """The applicant takes it back, before it is decided; stages and seats close. One ledger entry.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE, NOT_YOURS, NEEDS_WORDS.
    """
    require(actor, WRITE)
    said = words_of(reason, REASON)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "draft", *OPEN)
        require_applicant(row, actor)
        close_stages(row, at)
        move(row, "withdrawn", at, end_reason=said)
        note(row, "withdrawn", actor=actor, at=at, words=said)
    return row


def require_applicant(row: Application, actor: Actor) -> None:
    """Its applicant; where that is nobody, or has left, anybody who may apply."""
    if actor.kind == "system" or row.applicant is None or not row.applicant.is_active:
        return
    if row.applicant_id != require_person(actor):
        raise Refused(ApplicationRefusal.NOT_YOURS)


def supersede(row: Application, at: datetime) -> None:
    """What was assessed counts no more, nor what was proposed and voted on it."""
    close_stages(row, at)
    Snapshot.objects.filter(application=row, superseded_at__isnull=True).update(superseded_at=at)


def close_stages(row: Application, at: datetime) -> None:
    """The standing proposal ends with its stages; seats that had not voted are closed."""
    standing = Proposal.objects.filter(application=row, withdrawn_at__isnull=True)
    open_ = Stage.objects.filter(proposal__in=standing, state__in=["waiting", "open"])
    for stage in open_:
        stage.seats.filter(vote="", closed_at__isnull=True).update(closed_at=at)
    open_.update(state="closed", ended_at=at)
    standing.update(withdrawn_at=at)


# --- What must hold


def _customer(customer_id: int, actor: Actor) -> Customer:
    found = Customer.objects.filter(pk=customer_id).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(ApplicationRefusal.UNKNOWN_CUSTOMER)
    _require_open(found)
    return found


def _require_open(customer: Customer) -> None:
    if customer.status in CLOSED or customer.merged_into_id is not None:
        raise Refused(ApplicationRefusal.CUSTOMER_CLOSED, status=customer.status)


def require_only(row: Application) -> None:
    """One open wish for a line at a time; the table says so too. The customer's row is the lock."""
    Customer.objects.select_for_update(no_key=True).get(pk=row.customer_id)
    if row.kind == "temporary":
        return
    same = Application.objects.filter(
        customer=row.customer_id, currency=row.currency, state__in=OPEN
    )
    other = same.exclude(pk=row.pk).exclude(kind="temporary").first()
    if other is not None:
        raise Refused(ApplicationRefusal.ALREADY_OPEN, number=other.number, currency=row.currency)


def require_sound(new: NewApplication, day: date) -> None:
    """What submitting asks of the wish itself, for a file's line before anything is written."""
    _check(new, day)
    words_of(new.purpose, PURPOSE, most=PURPOSE_MAX)


def _check(new: NewApplication, day: date) -> None:
    for word, allowed in ((new.kind, Application.KINDS), (new.source, Application.SOURCES)):
        if word not in allowed:
            raise Refused(ApplicationRefusal.BAD_KIND, kind=word, allowed=", ".join(allowed))
    try:
        exponent(new.currency)
    except MoneyError:
        raise Refused(ApplicationRefusal.BAD_CURRENCY, currency=new.currency) from None
    least = 0 if new.kind == "decrease" else 1
    if not least <= new.asked_minor <= MAX_MINOR:
        amount = to_text(new.asked_minor, new.currency)
        raise Refused(ApplicationRefusal.BAD_AMOUNT, amount=amount)
    if not 0 <= new.terms_days <= TERMS_MAX:
        raise Refused(ApplicationRefusal.BAD_TERMS, most=TERMS_MAX)
    if len(new.purpose.strip()) > PURPOSE_MAX:
        raise Refused(ApplicationRefusal.TOO_LONG, most=PURPOSE_MAX)
    _check_forecast(new.forecast or {})
    _check_period(new.kind, new.valid_from, new.valid_until, day)


def _check_period(kind: str, first: date | None, last: date | None, day: date) -> None:
    """A temporary limit names its days; another one may."""
    if first is None and last is None and kind != "temporary":
        return
    end = (temporary_end if kind == "temporary" else latest_end)(first or day)
    if first is None or last is None or not day <= first <= last <= end:
        raise Refused(ApplicationRefusal.BAD_PERIOD, first=day, last=end)


def _check_forecast(told: Mapping[str, Any]) -> None:
    why = None
    if unknown := sorted(set(told) - FORECAST):
        why = T(f"没有 {', '.join(unknown)}。", f"there is no {', '.join(unknown)}.")
    purchases, share = told.get("purchases_year_minor"), told.get("our_share_pct")
    if purchases is not None and not (type(purchases) is int and 0 <= purchases <= MAX_MINOR):
        why = T("年购货额应为不小于零的金额。", "a year's purchases are an amount from zero up.")
    if share is not None and not (type(share) is int and 0 <= share <= 100):
        why = T("我方占比应为 0 至 100。", "our share is a whole per cent from 0 to 100.")
    months = told.get("peak_months", [])
    if not isinstance(months, list) or not all(one in range(1, 13) for one in months):
        why = T("旺季月份应为 1 至 12。", "peak months are numbers from 1 to 12.")
    if why is not None:
        raise Refused(ApplicationRefusal.BAD_FORECAST, why=why)


# --- What is written


def _columns(new: NewApplication) -> dict[str, Any]:
    return {
        "kind": new.kind,
        "currency": new.currency,
        "asked_minor": new.asked_minor,
        "asked_terms_days": new.terms_days,
        "valid_from": new.valid_from,
        "valid_until": new.valid_until,
        "purpose": new.purpose.strip(),
        "forecast": dict(new.forecast or {}),
    }


def _told(row: Application) -> dict[str, Any]:
    """The wish as the trail and the ledger keep it."""
    days = [row.valid_from, row.valid_until]
    return {
        "asked": f"{to_text(row.asked_minor, row.currency)} {row.currency}",
        "terms_days": row.asked_terms_days,
        "period": "..".join(day.isoformat() for day in days if day) or "",
        "source": row.source,
    }


def _number(day: date) -> str:
    """SX-2026-000123: numbers are given out once, a refused draft leaves a gap."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval('applications_number')")
        (count,) = cursor.fetchone()
    return f"SX-{day.year}-{count:06}"


def lapse_due(*, actor: Actor, at: datetime, limit: int = 500) -> int:
    """Drafts and returned applications that nobody touched for long lapse; a round asks. Returns
    how many. Refuses NOT_ALLOWED.
    """
    require(actor, WRITE)
    count = 0
    for state, days in rules()["lapse_days"].items():
        old = Application.objects.filter(state=state, state_since__lt=at - timedelta(days=days))
        for number in list(old.values_list("number", flat=True)[:limit]):
            with transaction.atomic():
                row = locked(number, actor)
                if row.state in ENDED or row.state != state:
                    continue
                close_stages(row, at)
                move(row, "lapsed", at, end_reason="")
                note(row, "lapsed", actor=actor, at=at, after_days=days)
                count += 1
    return count
