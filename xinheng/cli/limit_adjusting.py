"""`xinheng limit adjust`: one rule over many limits; first a preview, with `--apply` the deed.

`--json` prints {"applied", "counts": {"lowered", "waits", …}, "before": {"CNY": "…"}, "after",
"rows": [{"customer", "currency", "scope", "before", "after", "valid_until", "becomes"}]}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, bps, minor, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.credit.adjusting import Rule
    from xinheng.limits.adjusting import Adjustment

SHOWN_MAX = 50
WORDS = {
    "lowered": "降低，立即生效 · lowered",
    "waits": "提高，待另一人授予 · raised, waits for another",
    "same": "不变 · the same",
    "above": "超出授权，未动 · above the authority, left",
    "unfit": "未设、不限或已到期，未动 · unset, unlimited or over, left",
    "held_back": "信用档案有缺口，未提高 · gaps in the credit file, not raised",
    "taken": "已有人工建议，未动 · somebody's own proposal waits, left",
}

Codes = Annotated[
    list[str] | None, typer.Option("--customer", help="客户编码，可多次 · Customer code")
]
All = Annotated[bool, typer.Option("--all", help="全部客户 · All customers")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="起始日 · First day")
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="截止日 · Last day")
]


def adjust(
    by: By,
    currency: Annotated[str, typer.Option(help="币种 · Currency")],
    reason: Annotated[str, typer.Option("--reason", help="理由 · Why, in words")] = "",
    percent: Annotated[str, typer.Option(help="增减百分比，如 -10 · More or less in %")] = "",
    amount: Annotated[str, typer.Option(help="增减金额 · More or less, an amount")] = "",
    fixed: Annotated[str, typer.Option(help="统一额度 · The same limit for all")] = "",
    step: Annotated[str, typer.Option("--round", help="取整单位，如 1000 · Round to")] = "0",
    rounding: Annotated[str, typer.Option(help="down | up | half")] = "down",
    lowest: Annotated[str, typer.Option(help="最低 · Never below")] = "",
    highest: Annotated[str, typer.Option(help="最高 · Never above")] = "",
    customer: Codes = None,
    all_of_them: All = False,
    first: From = None,
    until: Until = None,
    apply: Annotated[bool, typer.Option("--apply", help="执行；缺省只预览 · Do it")] = False,
    as_json: Json = False,
) -> None:
    """按规则批量调整额度，先预览 · Adjust many limits by a rule; a preview unless --apply."""
    django_ready()
    from xinheng.decisions.file_gaps import held_back
    from xinheng.limits.adjusting import adjust_lines, preview_adjustment
    from xinheng.people.actor import of_user
    from xinheng.people.queries import today

    person, at = person_named(by), datetime.now(UTC)
    lines = _lines(person, currency.upper(), customer, all_of_them)
    rule = _rule(currency.upper(), percent, amount, fixed, step, rounding, lowest, highest)
    begins, ends = first.date() if first else today(at), until.date() if until else None
    ids, actor = list(lines), of_user(person)
    terms = {"valid_from": begins, "valid_until": ends, "held_back": held_back}
    done = preview_adjustment(ids, rule, **terms, actor=actor, at=at)
    if apply:
        done = adjust_lines(ids, rule, reason, **terms, seal=done.seal, actor=actor, at=at)
    answer = _told(done, lines, apply)
    say(answer, as_json, lambda: _show(answer))


def _told(done: Adjustment, lines: dict[int, str], apply: bool) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    return {
        "applied": apply,
        "counts": done.counts,
        "before": {code: to_text(minor, code) for code, minor in done.before_minor.items()},
        "after": {code: to_text(minor, code) for code, minor in done.after_minor.items()},
        "rows": [
            {
                "customer": lines[row.line_id],
                "currency": row.currency,
                "scope": row.scope,
                "before": _text(row.before_minor, row.currency),
                "after": _text(row.after_minor, row.currency),
                "valid_until": row.valid_until,
                "becomes": row.becomes,
            }
            for row in done.rows
        ],
    }


def _text(minor: int | None, currency: str) -> str | None:
    from xinheng.credit.money import to_text

    return None if minor is None else to_text(minor, currency)


def _lines(person: Any, currency: str, codes: list[str] | None, everything: bool) -> dict[int, str]:
    """The own lines meant, among the customers that the person sees: id → customer's code."""
    from xinheng.limits.models import CreditLine

    if everything == bool(codes):
        raise Trouble(
            "请给出 --all，或一个或多个 --customer。",
            "Give either --all or one or more --customer.",
            Exit.FAILED,
        )
    rows = CreditLine.objects.visible_to(person).filter(currency=currency, scope="")
    if codes:
        rows = rows.filter(customer__code__in=codes)
    found = dict(rows.order_by("customer__code").values_list("pk", "customer__code"))
    missing = sorted(set(codes or []) - set(found.values()))
    if missing or not found:
        named = ", ".join(missing[:10]) or currency
        raise Trouble(f"没有额度：{named}。", f"There is no line for: {named}.", Exit.FAILED)
    return found


def _rule(
    currency: str,
    percent: str,
    amount: str,
    fixed: str,
    step: str,
    rounding: str,
    lowest: str,
    highest: str,
) -> Rule:
    from xinheng.credit.adjusting import Rule

    if sum(map(bool, (percent, amount, fixed))) != 1:
        raise Trouble(
            "请给出 --percent、--amount、--fixed 之一。",
            "Give one of --percent, --amount and --fixed.",
            Exit.FAILED,
        )
    kind = "percent" if percent else "amount" if amount else "fixed"
    value = bps(percent) if percent else minor(amount or fixed, currency)
    return Rule(
        kind,
        value,
        minor(step, currency),
        rounding,
        minor(lowest, currency) if lowest else None,
        minor(highest, currency) if highest else None,
    )


def _show(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for head in (
        "客户 · Customer",
        "现额度 · Now",
        "调整后 · After",
        "至 · Until",
        "结果 · Becomes",
    ):
        table.add_column(head, overflow="fold")
    for row in answer["rows"][:SHOWN_MAX]:
        cells = (row["customer"], row["before"], row["after"], row["valid_until"])
        table.add_row(*(str(c) if c is not None else "–" for c in cells), WORDS[row["becomes"]])
    Console().print(table)
    for word, count in answer["counts"].items():
        print(f"{count:>6}  {WORDS[word]}")
    for code, before in answer["before"].items():
        print(f"{code}: {before} → {answer['after'][code]}")
    if not answer["applied"]:
        print("仅预览，加 --apply 执行 · A preview; --apply does it")
