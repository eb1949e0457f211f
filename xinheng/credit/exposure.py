"""Exposure 信用占用: how much of a credit line is in use, from the stages a unit of value passes
through.

    used = open_items + unbilled + orders + bills + guarantees − unapplied − prepaid

`bills` are commercial ones; `bank_bills` and `listed_bills` (accepted by a bank, by a listed bank)
weigh as they do unless the policy says less. `later` are orders delivered beyond the policy's
horizon: not in `orders`, and weighing nothing by default.

A unit of value moves order → delivered, not billed → open item → (bill →) paid: each stage hands
on exactly what it releases, so nothing counts twice. `unapplied` (cash not yet matched) and
`prepaid` are kept as positive amounts that reduce. Which stages count, and how much, is data: a
weight in basis points each (bills of listed banks may weigh 0).

EXP-1: 600,000 + 120,000 + 90,000 + 150,000 − 30,000 − 50,000 = 880,000 of 1,000,000; a new order
of 180,000 makes 106.00 % and is 60,000 short. The example's "temporary 200,000" is an uplift: it
is granted as a temporary line of 1,200,000 that *replaces* the base line while it is valid (never
a second amount to add), hence 88.33 %. `used` below zero is right: a customer who has paid ahead
has that much more room.
"""

from typing import Final

from msgspec import Struct

from xinheng.credit.money import divide_half_up

WHOLE_BPS: Final = 10_000


class Components(Struct, frozen=True, omit_defaults=True):
    """Minor units of one credit line's currency; `unapplied` and `prepaid` are positive amounts
    that reduce. All but `later` are counters of the line; orders + later is that of its orders.
    """

    open_items: int = 0
    unbilled: int = 0
    orders: int = 0
    bills: int = 0
    guarantees: int = 0
    unapplied: int = 0
    prepaid: int = 0
    bank_bills: int = 0
    listed_bills: int = 0
    later: int = 0


COUNTERS: Final = Components.__struct_fields__[:-1]


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of each component counts, in basis points: 10000 = all of it, 0 = not at all. The
    bills of banks weigh as `bills` where nothing is said.
    """

    open_items: int = WHOLE_BPS
    unbilled: int = WHOLE_BPS
    orders: int = WHOLE_BPS
    bills: int = WHOLE_BPS
    guarantees: int = WHOLE_BPS
    unapplied: int = WHOLE_BPS
    prepaid: int = WHOLE_BPS
    bank_bills: int | None = None
    listed_bills: int | None = None
    later: int = 0


class Line(Struct, frozen=True):
    """One row of the explanation: the component's amount, its weight and what it adds (or takes
    away).
    """

    component: str
    amount_minor: int
    weight_bps: int
    counts_minor: int


ADDING: Final = ("open_items", "unbilled", "orders", "bills", "guarantees")
FURTHER: Final = ("bank_bills", "listed_bills", "later")
REDUCING: Final = ("unapplied", "prepaid")
FULL: Final = Weights()


def used(components: Components, rule: Weights = FULL) -> int:
    """Minor units in use. Each weighted component is rounded HALF_UP on its own, so the
    explanation adds up.
    """
    c = components
    if rule is FULL or rule == FULL:
        adding = c.open_items + c.unbilled + c.orders + c.bills + c.guarantees
        return adding + c.bank_bills + c.listed_bills - c.unapplied - c.prepaid
    return sum(line.counts_minor for line in explain(components, rule))


def weight_of(name: str, rule: Weights) -> int:
    """Basis points of a component; the bills of banks weigh as `bills` where nothing is said."""
    weight: int | None = getattr(rule, name)
    return rule.bills if weight is None else weight


def weighted(amount_minor: int, weight_bps: int) -> int:
    """What of an amount counts, HALF_UP."""
    if weight_bps == WHOLE_BPS:
        return amount_minor
    return divide_half_up(amount_minor * weight_bps, WHOLE_BPS)


def explain(components: Components, rule: Weights = FULL) -> tuple[Line, ...]:
    """One line per component, in the order of the formula; the lines' `counts_minor` sum to
    `used`. Bills of banks and later orders are told where there are any.
    """
    lines = []
    for name in (*ADDING, *FURTHER, *REDUCING):
        amount, weight = getattr(components, name), weight_of(name, rule)
        if name in FURTHER and not amount:
            continue
        counts = weighted(amount, weight)
        lines.append(Line(name, amount, weight, -counts if name in REDUCING else counts))
    return tuple(lines)


def formula(rule: Weights) -> str:
    """The rule in words, as every answer shows it: "used = open_items + 20% bills − prepaid"."""
    text = ""
    for name in (*ADDING, *FURTHER, *REDUCING):
        weight = getattr(rule, name)
        if weight:
            share = "" if weight == WHOLE_BPS else f"{weight / 100:g}% "
            text += (" - " if name in REDUCING else " + ") + share + name
    return "used = " + text.removeprefix(" + ").strip()


def use_bps(used_minor: int, ceiling_minor: int) -> int | None:
    """Use of a line in basis points, HALF_UP: 1,060,000 of 1,000,000 → 10600. None where there is
    no line to use.
    """
    return divide_half_up(used_minor * WHOLE_BPS, ceiling_minor) if ceiling_minor > 0 else None
