"""The head that all tabs of a credit file share: grade, limit bar, holds, four measures, tabs.

A manager reads it in a minute. Each tab says how much of its block is present and marks what
lacks, is stale, disagrees or waits. Example: 基本 18/20 with "缺 1" because the day it was
established, of 2 points, is missing. Measures and marks are those of the day one looks at; grade,
limit and holds are today's and stay away while one looks back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from msgspec import Struct

from xinheng.customers.models import Customer, OtherName
from xinheng.decisions.models import Hold, Rating
from xinheng.dossiers.credit_file import CreditFile
from xinheng.dossiers.fields import Block, catalogue
from xinheng.dossiers.lineage import whole_file
from xinheng.dossiers.measures import Measures, measure, points_by_block, stale, tier_of
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import lines_of
from xinheng.texts import T
from xinheng.web.decisions.drawing import Usage
from xinheng.web.files.looking_back import Slider, View, slider
from xinheng.web.frame.drawings import LimitBar, limit_bar
from xinheng.web.limits.standing import policy_now, usage_now

NAMES_SHOWN: Final = 12


class Mark(Struct, frozen=True):
    """A count on a tab with the word for it and a meaning colour."""

    text: T
    tone: str


class BlockTab(Struct, frozen=True):
    block: Block
    href: str
    current: bool
    points: int
    marks: tuple[Mark, ...]


class Figure(Struct, frozen=True):
    """One of the four measures: its name, per cent or None, and what it means."""

    name: T
    value: Any
    short: T
    meaning: T


class Standing(Struct, frozen=True):
    """How the customer stands today: rating, the line that carries most with its bar, holds."""

    rating: Any
    rating_expired: bool
    currency: str
    currencies: list[str]
    line: Any
    usage: Usage | None
    bar: LimitBar | None
    holds: int


class Head(Struct, frozen=True):
    """`standing` is None while one looks back; `records`: which merged record holds a fact."""

    file: CreditFile
    records: Mapping[int, str]
    aliases: tuple[str, ...]
    tier: str
    stale: list[tuple[str, Any]]
    figures: list[Figure]
    tabs: list[BlockTab]
    overview: str
    current: str
    compare: str
    other_names: list[OtherName]
    slider: Slider
    standing: Standing | None


def head_of(
    request: HttpRequest,
    customer: Customer,
    view: View,
    current: str,
    base: str,
) -> Head:
    """The head with `current` ("" for the overview) as its tab; only that tab's values are open."""
    fields = catalogue().fields
    whole = whole_file(
        request.user,
        customer,
        valid_on=view.seen.day,
        known_at=view.seen.known_at,
        opened=[code for code, field in fields.items() if field.block == current],
    )
    file, tier = whole.file, tier_of(customer.status)
    old = stale(file, tier)
    asked = request.GET.get("currency", "")
    return Head(
        file=file,
        records=whole.records,
        aliases=whole.aliases,
        tier=tier,
        stale=old,
        figures=_figures(measure(file, tier)),
        tabs=_tabs(file, {code for code, _ in old}, customer, view, current),
        overview=reverse("customer", args=[customer.code]) + view.query,
        current=current,
        compare=reverse("file-compare", args=[customer.code]),
        other_names=list(
            OtherName.objects.filter(customer=customer).order_by("name")[:NAMES_SHOWN]
        ),
        slider=slider(request.user, customer, view),
        standing=None if view.back else standing_of(request.user, customer, asked, base, view),
    )


def _figures(found: Measures) -> list[Figure]:
    return [
        Figure(
            T("完整", "Complete"),
            found.complete,
            T("已核实在档", "verified and present"),
            T("应有的信息中，已核实在档的份量", "of what should be there, verified and present"),
        ),
        Figure(
            T("及时", "Timely"),
            found.timely,
            T("未超时限", "not too old"),
            T("在档的信息中，没有超过时限的份量", "of what is there, not older than allowed"),
        ),
        Figure(
            T("准确", "Accurate"),
            found.accurate,
            T("外部核实、无冲突", "checked, undisputed"),
            T(
                "在档的信息中，来源可靠、经外部核实且无冲突的份量",
                "of what is there, reliable, checked elsewhere and undisputed",
            ),
        ),
        Figure(
            T("安全", "Secure"),
            found.secure,
            T("有依据、已加密", "lawful and sealed"),
            T(
                "在档的信息中，注明依据且该加密的已加密的份量",
                "of what is there, with a legal basis and sealed where personal",
            ),
        ),
    ]


def _tabs(
    file: CreditFile, old: set[str], customer: Customer, view: View, current: str
) -> list[BlockTab]:
    points = points_by_block(file)
    return [
        BlockTab(
            block,
            reverse("file-block", args=[customer.code, block.code]) + view.query,
            block.code == current,
            points[block.code],
            _marks(file, old, block.code),
        )
        for block in catalogue().blocks
    ]


def _marks(file: CreditFile, old: set[str], block: str) -> tuple[Mark, ...]:
    fields = catalogue().fields
    mine = [held for held in file.fields if fields[held.field].block == block]
    counts = [
        (sum(held.state == "conflict" for held in mine), _CONFLICTS, "stop"),
        (
            sum(
                held.state in ("absent", "expired") and fields[held.field].weight > 0
                for held in mine
            ),
            _GAPS,
            "act",
        ),
        (sum(held.field in old for held in mine), _STALE, "watch"),
        (sum(held.waiting for held in mine), _WAITING, "quiet"),
    ]
    return tuple(Mark(text.format(n=n), tone) for n, text, tone in counts if n)


_CONFLICTS = T("{n} 冲突", "{n} in conflict")
_GAPS = T("缺 {n}", "{n} missing")
_STALE = T("{n} 过时", "{n} stale")
_WAITING = T("{n} 待核", "{n} waiting")


# --- How the customer stands today


def standing_of(user: Any, customer: Customer, asked: str, base: str, view: View) -> Standing:
    """Rating, limit bar and holds; in the currency asked for, else the one that carries most."""
    lines = lines_of(customer.pk)
    currency, currencies = currency_of(lines, asked, base)
    line = next((one for one in lines if one.currency == currency), None)
    usage = usage_now(line, policy_now(), view.today) if line else None
    rating = Rating.objects.select_related("assessment").filter(customer=customer).first()
    waiting = Hold.objects.visible_to(user).filter(customer=customer, state="waiting")
    return Standing(
        rating=rating,
        rating_expired=rating is not None and view.today > rating.valid_until,
        currency=currency,
        currencies=currencies,
        line=line,
        usage=usage,
        bar=_bar(usage) if usage else None,
        holds=waiting.count(),
    )


def currency_of(lines: list[CreditLine], asked: str, base: str) -> tuple[str, list[str]]:
    """The currency to show and those there are: the one with most open items comes first."""
    by_use = sorted(lines, key=lambda line: (-abs(line.open_items_minor), line.currency != base))
    known = [line.currency for line in by_use]
    if asked in known:
        return asked, known
    return (known[0] if known else base), known


def _bar(usage: Usage) -> LimitBar:
    return limit_bar(
        usage.components, usage.drawn_ceiling, unlimited=usage.unlimited, behind=usage.behind
    )
