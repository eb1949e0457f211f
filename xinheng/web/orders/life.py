"""The list of orders and the page of one: its whole life as a timeline, and where its value is.

The life is read by `portfolio.order_life`; this module adds words, drawings and the state of each
ledger entry, so that a line of the timeline leads to its proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xinheng.credit.money import display
from xinheng.ledger.queries import Status, statuses
from xinheng.limits.models import Reservation
from xinheng.portfolio.order_life import Event, Life, Standing, order_life
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.frame.access import company_zone
from xinheng.web.frame.drawings import WIDTH, Part
from xinheng.web.holds.words import authorities
from xinheng.web.orders import life_words, listing
from xinheng.web.templatetags.xinheng import moment


@dataclass(frozen=True)
class Line:
    """One event with its words and, where there is one, its ledger entry."""

    event: Event
    told: life_words.Told
    codes: list[T]
    notes: list[str]  # who, by which authority, until when
    proof: Status | None


@dataclass(frozen=True)
class Bar:
    """Where the value of the order is now, for one customer and currency."""

    standing: Standing
    parts: list[Part]


@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """All orders that were asked about; `?ref=` opens the one of exactly that number."""
    if "ref" in request.GET:
        return order(request, request.GET["ref"])
    may_ask = request.user.may("orders.check")
    context: dict[str, Any] = {"list": listing.read(request), "may_ask": may_ask}
    context["filtered"] = bool(context["list"].text or request.GET.get("state"))
    return render(request, "orders/list.html", context)


@require_safe
def order(request: HttpRequest, ref: str) -> HttpResponse:
    """One order's life, or 404 where nothing of it is this person's to see."""
    life = order_life(request.user, ref, zone=company_zone())
    if life is None:
        raise Http404("no such order")
    newest = next((one for one in life.decisions if one.point == "order"), None)
    kept = Reservation.objects.filter(pk=newest.reservation_id).first() if newest else None
    context = {
        "life": life,
        "newest": newest,
        "state": listing.state_of(newest, kept) if newest else None,
        "bars": [_bar(one) for one in life.standing if one.total_minor],
        "lines": _lines(life),
        "next_version": newest.version + 1 if newest else 1,
        "may_ask": request.user.may("orders.check"),
        "may_prove": request.user.may("ledger.verify"),
        "may_import": request.user.may("imports.run"),
    }
    return render(request, "orders/order.html", context)


def _lines(life: Life) -> list[Line]:
    ids = {event.entry_id for event in life.events if event.entry_id}
    proofs: dict[UUID, Status] = statuses(ids) if ids else {}
    mandates = authorities(event.authority for event in life.events)
    return [
        Line(
            event,
            life_words.told(event),
            # a hold's reasons stand in the answer that opened it, just before
            [words.CODES.get(code, T(code, code)) for code in event.codes if event.kind != "held"],
            list(_notes(event, mandates)),
            proofs.get(event.entry_id) if event.entry_id else None,
        )
        for event in life.events
    ]


def _notes(event: Event, mandates: dict[str, T]) -> Iterator[str]:
    if event.who.key:
        yield str(T("接口密钥 {k}", "API key {k}").format(k=event.who.key))
    if event.who.name.startswith("system:"):
        yield str(T("系统", "System"))
    elif event.who.name:
        yield str(T(event.who.name, event.who.name_en or event.who.name))
    if event.authority:
        yield str(mandates[event.authority])
    if event.until:
        until = T("有效至 {d}", "until {d}")
        if event.kind in ("held", "forced"):
            until = T("应在 {d} 前处理", "to be judged by {d}")
        yield str(until.format(d=moment(event.until)))
    if event.taken_minor:
        taken = f"{display(event.taken_minor, event.currency)} {event.currency}"
        yield str(T("单据已承接 {a}", "documents have taken over {a}").format(a=taken))


def _bar(standing: Standing) -> Bar:
    """The parts side by side in whole thousandths; the rounding of one is the next one's."""
    total, before, parts = standing.total_minor, 0, []
    for name, minor in standing.parts:
        if minor:
            label, css = life_words.PARTS[name]
            start, end = (WIDTH * sum_ // total for sum_ in (before, before + minor))
            parts.append(Part(name, label, minor, start, end - start, css=css))
            before += minor
    return Bar(standing, parts)
