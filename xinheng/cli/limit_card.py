"""A limit card on the command line: values for scripts, tables for people.

Example: state temporary, limit 1200000.00, covered 450000.00, ceiling 1650000.00, and below it the
dated limits, covers and levels with their numbers, by which `withdraw` and `end-cover` name them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xinheng.limits.card import LevelRow, LimitCard


def as_values(card: LimitCard) -> dict[str, Any]:
    """The card for scripts: decimal strings and dates."""
    line = card.line

    def text(value: int | None) -> str | None:
        from xinheng.credit.money import to_text

        return None if value is None else to_text(value, line.currency)

    return {
        "customer": line.customer.code,
        "currency": line.currency,
        "scope": line.scope,
        "state": card.state.name.lower(),
        "limit": "unlimited" if line.unlimited else text(line.amount_minor),
        "covered": text(card.covered_minor),
        "ceiling": text(card.ceiling_minor),
        "used": text(card.use.used_minor if card.use else None),
        "available": text(card.available_minor),
        "valid_until": line.valid_until,
        "next_change": card.next_change,
        "held": {"reason": card.held_reason, "by": card.held_by} if card.held else None,
        "dated": [
            {
                "id": one.row.pk,
                "limit": "unlimited" if one.row.unlimited else text(one.row.amount_minor),
                "temporary": one.row.temporary,
                "valid_from": one.row.valid_from,
                "valid_until": one.row.valid_until,
                "standing": one.standing,
                "granted_by": one.row.granted_by,
                "proposed_by": one.row.proposed_by,
            }
            for one in card.dated
        ],
        "covers": [
            {
                "id": one.row.pk,
                "kind": one.row.kind,
                "reference": one.row.reference,
                "counts": text(one.counts_minor),
                "valid_from": one.row.valid_from,
                "valid_until": one.row.valid_until,
                "standing": one.standing,
            }
            for one in card.covers
        ],
        "above": [_level(one) for one in card.above],
        "below": [_level(one) for one in card.below],
    }


def _level(one: LevelRow) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    def text(value: int | None) -> str | None:
        return None if value is None else to_text(value, one.line.currency)

    return {
        "customer": one.line.customer.code,
        "kind": one.kind,
        "name": one.name,
        "currency": one.line.currency,
        "state": one.state.name.lower(),
        "ceiling": text(one.ceiling_minor),
        "used": text(one.use.used_minor if one.use else None),
        "headroom": text(one.headroom_minor),
    }


def show_card(told: dict[str, Any]) -> None:
    """The card for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    name = f"{told['customer']} {told['currency']} {told['scope']}".strip()
    console.print(f"[bold]{name}[/bold]  {told['state']}")
    for title, key in (
        ("额度 · Limit", "limit"),
        ("担保增加 · Covered", "covered"),
        ("上限 · Ceiling", "ceiling"),
        ("已用 · Used", "used"),
        ("可用 · Available", "available"),
        ("有效至 · Until", "valid_until"),
        ("下次变化 · Next change", "next_change"),
    ):
        console.print(f"  {title}: {told[key] if told[key] is not None else '–'}")
    if told["held"]:
        console.print(f"  强制冻结 · Held: {told['held']['reason']}", style="bold red")
    for title, key in (
        ("额度记录 · Dated limits", "dated"),
        ("担保 · Covers", "covers"),
        ("上级 · Above", "above"),
        ("下级 · Below", "below"),
    ):
        if told[key]:
            table = Table(*told[key][0], title=title, title_justify="left")
            for row in told[key]:
                table.add_row(*("–" if cell is None else str(cell) for cell in row.values()))
            console.print(table)
