"""An order's whole life: asked, judged, reserved, held, released, delivered, invoiced, paid.

Nothing is written for it: the events are read from the rows that the rooms keep anyway, each with
its day, amount, person and ledger entry, and the `Standing` says where the order's value is now.
Example: 180,000.00 asked, held on 3 May, released by Alice on 4 May, 60,000.00 delivered, of which
40,000.00 are invoiced and 10,000.00 paid → promised 120,000.00 · delivered 20,000.00 · invoiced
30,000.00 · paid 10,000.00. Every row is one that the reader may see; an order of somebody else's
does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from xinheng.decisions.models import Decision, Override, Recheck, ReviewRequest
from xinheng.limits.models import Reservation
from xinheng.people.models import ApiKey, User
from xinheng.portfolio.order_papers import Paper, Papers, papers_of

DECISIONS_MAX: Final = 200
EVENTS_MAX: Final = 600
REF_MAX: Final = 80


class Person(Struct, frozen=True):
    """Who did it: a person's names, or a key's or the system's label."""

    name: str
    name_en: str = ""
    key: str = ""  # name of the API key that asked for the person


NOBODY: Final = Person("")


class Event(Struct, frozen=True, kw_only=True):
    """One line of the life. `kind` is a word of `KINDS`; what does not apply is empty or None."""

    kind: str
    day: date
    at: datetime | None = None
    recorded_at: datetime | None = None  # when a document became known, where that is kept
    amount_minor: int | None = None
    currency: str = ""
    who: Person = NOBODY
    authority: str = ""
    reason: str = ""  # a person's own words
    outcome: str = ""
    codes: tuple[str, ...] = ()
    point: str = ""
    version: int | None = None
    reference: str = ""
    state: str = ""
    until: datetime | None = None
    taken_minor: int = 0  # of a reservation: what documents have taken over
    decision_id: UUID | None = None
    entry_id: UUID | None = None
    batch_id: int | None = None
    simulated: bool = False


KINDS: Final = (
    *("asked", "reserved", "reservation_ended", "held", "released", "rejected", "hold_ended"),
    *("forced", "rechecked", "review_asked", "review_answered", "cancelled"),
    *("ordered", "order_ended", "delivered", "returned", "delivery_cancelled", "invoiced"),
    *("disputed", "credited", "billed", "bill_state", "paid"),
)


class Standing(Struct, frozen=True):
    """Where the order's value is now, per customer and currency; the parts add up to `total`."""

    customer_code: str
    currency: str
    asked_minor: int
    waiting_minor: int  # asked and not promised: it waits for a person
    promised_minor: int  # reserved, or open in the ERP
    delivered_minor: int  # delivered, not invoiced
    invoiced_minor: int  # invoiced, not paid
    bills_minor: int  # settled by bills that may still come back
    paid_minor: int
    credited_minor: int
    freed_minor: int  # asked and given back, or never granted

    @property
    def total_minor(self) -> int:
        return sum(minor for _, minor in self.parts)

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        names = ("waiting", "promised", "delivered", "invoiced", "bills", "paid", "credited")
        return tuple((n, getattr(self, f"{n}_minor")) for n in (*names, "freed"))


class Life(Struct, frozen=True):
    """All of it. `decisions` newest first; `events` in the order in which they happened."""

    ref: str
    customers: tuple[Any, ...]  # customers.Customer
    decisions: tuple[Decision, ...]
    standing: tuple[Standing, ...]
    events: tuple[Event, ...]


def order_life(user: Any, ref: str, *, zone: ZoneInfo) -> Life | None:
    """The life of an order number, or None where nothing of it is this reader's to see."""
    if not ref or len(ref) > REF_MAX or "\x00" in ref:
        return None
    found = (
        Decision.objects.visible_to(user)
        .filter(order_ref=ref)
        .select_related("customer", "hold", "hold__ended_by")
        .order_by("-decided_at", "-version")
    )
    decisions = list(found[:DECISIONS_MAX])
    papers = papers_of(user, ref)
    if not decisions and not papers.customers:
        return None
    reserved = Reservation.objects.in_bulk({d.reservation_id for d in decisions} - {None})
    events = [*_decided(decisions, reserved, zone), *_on_paper(papers, zone)]
    events.sort(key=lambda e: (e.day, e.at is None, e.at and e.at.timestamp()))
    customers = {d.customer_id: d.customer for d in reversed(decisions)} | papers.customers
    return Life(
        ref,
        tuple(customers.values()),
        tuple(decisions),
        tuple(_standings(decisions, reserved, papers)),
        tuple(events[:EVENTS_MAX]),
    )


def _decided(
    decisions: Sequence[Decision], reserved: dict[UUID, Reservation], zone: ZoneInfo
) -> Iterator[Event]:
    """What was asked, promised and judged."""
    ids = [decision.pk for decision in decisions]
    people, keys = _askers(decisions)
    overrides: dict[UUID, list[Override]] = {}
    for override in Override.objects.select_related("person").filter(decision__in=ids):
        overrides.setdefault(override.decision_id, []).append(override)
    for decision in decisions:
        yield _asked(decision, _asker(decision, people, keys), zone)
        yield from _held(decision, overrides.get(decision.pk, []), zone)
        kept = reserved.get(decision.reservation_id) if decision.reservation_id else None
        if kept:  # told after the release that it may stem from
            yield from _reserved(decision, kept, zone)
        if decision.cancelled_at:
            who = _named(decision.cancelled_by, None, people, keys)
            entry = decision.cancel_entry_id
            yield _of(decision, "cancelled", decision.cancelled_at, zone, who=who, entry_id=entry)
    by_id = {decision.pk: decision for decision in decisions}
    for again in Recheck.objects.filter(decision__in=ids).order_by("at")[:EVENTS_MAX]:
        yield _rechecked(by_id[again.decision_id], again, zone)
    for review in ReviewRequest.objects.select_related("answered_by").filter(decision__in=ids):
        yield from _reviewed(by_id[review.pk], review, people, keys, zone)


def _of(decision: Decision, kind: str, at: datetime, zone: ZoneInfo, **more: Any) -> Event:
    return Event(
        kind=kind,
        day=at.astimezone(zone).date(),
        at=at,
        decision_id=decision.pk,
        version=decision.version,
        **more,
    )


def _asked(decision: Decision, who: Person, zone: ZoneInfo) -> Event:
    hold = getattr(decision, "hold", None)
    return _of(
        decision,
        "asked",
        decision.decided_at,
        zone,
        amount_minor=decision.amount_minor,
        currency=decision.currency,
        who=who,
        outcome=decision.outcome,
        codes=_codes(hold.codes) if hold else (),
        point=decision.point,
        reference=decision.document,
        entry_id=decision.entry_id,
    )


def _reserved(decision: Decision, kept: Reservation, zone: ZoneInfo) -> Iterator[Event]:
    yield _of(
        decision,
        "reserved",
        kept.created_at,
        zone,
        amount_minor=kept.amount_minor,
        currency=decision.currency,
        taken_minor=kept.posted_minor,
        state=kept.state,
        until=kept.expires_at,
    )
    if kept.ended_at:
        yield _of(
            decision,
            "reservation_ended",
            kept.ended_at,
            zone,
            amount_minor=kept.amount_minor - kept.posted_minor,
            currency=decision.currency,
            state=kept.state,
        )


def _held(decision: Decision, overrides: Sequence[Override], zone: ZoneInfo) -> Iterator[Event]:
    hold = getattr(decision, "hold", None)
    if hold is None:
        return
    codes = _codes(hold.codes)
    held = "forced" if hold.forced and decision.outcome == "approve" else "held"
    yield _of(decision, held, hold.opened_at, zone, codes=codes, until=hold.due_at, state=hold.kind)
    for override in overrides:
        yield _of(
            decision,
            "released",
            override.at,
            zone,
            amount_minor=override.amount_minor,
            currency=decision.currency,
            who=_person(override.person),
            authority=override.authority,
            reason=override.reason,
            until=override.valid_until,
            entry_id=override.entry_id,
        )
    if hold.ended_at and not (overrides and hold.state == "released"):
        kind = hold.state if hold.state in ("released", "rejected") else "hold_ended"
        who = _person(hold.ended_by) if hold.ended_by else NOBODY
        yield _of(
            decision,
            kind,
            hold.ended_at,
            zone,
            who=who,
            reason=hold.reason,
            state=hold.state,
            entry_id=hold.ended_entry_id,
        )


def _rechecked(decision: Decision, again: Recheck, zone: ZoneInfo) -> Event:
    return _of(
        decision,
        "rechecked",
        again.at,
        zone,
        outcome=again.outcome,
        codes=_codes(again.codes),
        state=again.cause,
        entry_id=again.entry_id,
    )


def _reviewed(
    decision: Decision,
    review: ReviewRequest,
    people: dict[int, User],
    keys: dict[int, ApiKey],
    zone: ZoneInfo,
) -> Iterator[Event]:
    who = _named(review.asked_by, None, people, keys)
    yield _of(decision, "review_asked", review.asked_at, zone, who=who, reason=review.words)
    if review.answered_at:
        by = _person(review.answered_by) if review.answered_by else NOBODY
        yield _of(
            decision, "review_answered", review.answered_at, zone, who=by, reason=review.answer
        )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code for code in text.split(",") if code)


def _askers(decisions: Sequence[Decision]) -> tuple[dict[int, User], dict[int, ApiKey]]:
    people = User.objects.in_bulk({d.person_id for d in decisions if d.person_id})
    refs = {ref.removeprefix("key:") for d in decisions for ref in (d.requested_by, d.cancelled_by)}
    return people, ApiKey.objects.in_bulk({int(ref) for ref in refs if ref.isdecimal()})


def _asker(decision: Decision, people: dict[int, User], keys: dict[int, ApiKey]) -> Person:
    return _named(decision.requested_by, decision.person_id, people, keys)


def _named(
    ref: str, person_id: int | None, people: dict[int, User], keys: dict[int, ApiKey]
) -> Person:
    kind, _, rest = ref.partition(":")
    number = int(rest) if rest.isdecimal() else None
    key = keys.get(number) if kind == "key" and number is not None else None
    if person_id is None:
        person_id = number if kind == "user" else key.owner_id if key else None
    if person_id is not None and person_id not in people:
        people |= User.objects.in_bulk([person_id])
    person = people.get(person_id) if person_id is not None else None
    named = _person(person) if person else Person("")
    if kind == "key":
        return Person(named.name, named.name_en, key.name if key else rest)
    return named if person else Person(ref)


def _person(user: User) -> Person:
    return Person(user.name or user.username, user.name_en)


def _on_paper(papers: Papers, zone: ZoneInfo) -> Iterator[Event]:
    for paper in papers.events:
        yield _paper_event(paper, papers)


def _paper_event(paper: Paper, papers: Papers) -> Event:
    batch = papers.batches.get((paper.table, paper.row))
    starter = batch.started_by if batch else None
    return Event(
        kind=paper.kind,
        day=paper.day,
        recorded_at=batch.started_at if batch else None,
        amount_minor=paper.amount_minor,
        currency=paper.currency,
        who=_person(starter) if starter else NOBODY,
        reference=paper.number,
        state=paper.state,
        batch_id=batch.pk if batch else None,
        simulated=paper.simulated,
    )


def _standings(
    decisions: Sequence[Decision], reserved: dict[UUID, Reservation], papers: Papers
) -> Iterator[Standing]:
    """One per customer and currency; the newest decision about the order speaks for what is
    asked.
    """
    newest: dict[tuple[int, str], Decision] = {}
    for decision in decisions:
        if decision.point == "order":
            newest.setdefault((decision.customer_id, decision.currency), decision)
    last = next(iter(newest), None)
    for pair in dict.fromkeys([*newest, *papers.sums]):
        decision = newest.get(pair)
        sums = papers.sums.get(pair, {})
        live = _live(decisions, reserved, pair)
        asked = decision.amount_minor if decision and pair == last else 0
        asked = max(asked, sums.get("ordered", 0))
        promised = live + sums.get("open", 0)
        documented = {name: sums.get(name, 0) for name in ("delivered", "invoiced", "bills")}
        settled = {name: sums.get(name, 0) for name in ("paid", "credited")}
        rest = max(0, asked - promised - sum(documented.values()) - sum(settled.values()))
        waits = decision is not None and _waits(decision)
        code = papers.customers[pair[0]].code if decision is None else decision.customer.code
        yield Standing(
            code,
            pair[1],
            asked,
            rest if waits else 0,
            promised,
            documented["delivered"],
            documented["invoiced"],
            documented["bills"],
            settled["paid"],
            settled["credited"],
            0 if waits else rest,
        )


def _live(
    decisions: Sequence[Decision], reserved: dict[UUID, Reservation], pair: tuple[int, str]
) -> int:
    """What reservations of the order still promise on this customer and currency."""
    return sum(
        kept.amount_minor - kept.posted_minor
        for decision in decisions
        if (decision.customer_id, decision.currency) == pair
        and (kept := reserved.get(decision.reservation_id))  # type: ignore[arg-type]
        and kept.state == "pending"
    )


def _waits(decision: Decision) -> bool:
    hold = getattr(decision, "hold", None)
    return hold is not None and hold.state == "waiting"
