"""`xinheng limit show | grant | temporary | withdraw | cover | end-cover | hold | lift | adjust`.

One customer's limits, or many by one rule, on a named person's authority.

What gives more credit waits until another person grants it (`xinheng proposals grant`): then
`--json` says `"live": false` with the proposal, and the exit code is 0. `show --json` prints the
limit card: {"customer", "currency", "scope", "state", "limit", "covered", "ceiling", "used",
"available", "next_change", "held", "dated": […], "covers": […], "above": […], "below": […]}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.limit_adjusting import adjust
from xinheng.cli.limit_card import as_values, show_card
from xinheng.cli.typed import By, actor_named, bps, currency_or_own, customer_coded, minor
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.customers.models import Customer
    from xinheng.limits.models import CreditLine

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="额度：查看、核定、担保、冻结 · Limits of a line",
)
app.command("adjust")(adjust)

Code = Annotated[str, typer.Argument(help="客户编码 · The customer's code")]
Amount = Annotated[str, typer.Argument(help="额度，或 unlimited · The limit, or unlimited")]
Currency = Annotated[str, typer.Option(help="币种，缺省本位币 · Currency; default: the company's")]
Scope = Annotated[
    str,
    typer.Option(help="范围：group、unit:X、product:X、project:X · A group's or a part's limit"),
]
Reason = Annotated[str, typer.Option("--reason", help="理由 · Why, in words")]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="起始日，缺省今天 · First day"),
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="截止日 · Last day")
]
Terms = Annotated[int | None, typer.Option("--terms", help="账期（天） · Terms in days")]


@app.command()
def show(customer: Code, currency: Currency = "", scope: Scope = "", as_json: Json = False) -> None:
    """额度卡：现行、计划、担保、上下级 · The limit card: in force, planned, covered, levels."""
    django_ready()
    from xinheng.decisions.governing import live_policy
    from xinheng.limits.card import limit_card
    from xinheng.people.queries import today

    line = _line(customer_coded(customer), currency, scope)
    card = limit_card(line, live_policy().policy, today=today(datetime.now(UTC)))
    told = as_values(card)
    say(told, as_json, lambda: show_card(told))


@app.command()
def grant(
    customer: Code,
    amount: Amount,
    by: By,
    reason: Reason,
    currency: Currency = "",
    scope: Scope = "",
    first: From = None,
    until: Until = None,
    terms: Terms = None,
    as_json: Json = False,
) -> None:
    """核定额度，可定在将来；提高须另一人授予 · Enter a limit; more waits for another."""
    _enter(customer, amount, by, reason, currency, scope, first, until, terms, False, as_json)


@app.command()
def temporary(
    customer: Code,
    amount: Amount,
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="截止日 · Last day")
    ],
    by: By,
    reason: Reason,
    currency: Currency = "",
    scope: Scope = "",
    first: From = None,
    terms: Terms = None,
    as_json: Json = False,
) -> None:
    """临时额度：在期内代替基本额度 · A temporary limit: it replaces the base one for a while."""
    _enter(customer, amount, by, reason, currency, scope, first, until, terms, True, as_json)


def _enter(
    code: str,
    amount: str,
    by: str,
    reason: str,
    currency: str,
    scope: str,
    first: datetime | None,
    until: datetime | None,
    terms: int | None,
    for_a_while: bool,
    as_json: bool,
) -> None:
    django_ready()
    from xinheng.decisions.file_gaps import held_back
    from xinheng.limits.conditions import usual_end
    from xinheng.limits.granting import grant_limit
    from xinheng.limits.values import NewLimit
    from xinheng.people.queries import today

    at, money = datetime.now(UTC), currency_or_own(currency)
    begins = first.date() if first else today(at)
    endless = amount == "unlimited"
    asked = NewLimit(
        customer_coded(code).pk,
        money,
        None if endless else minor(amount, money),
        begins,
        until.date() if until else usual_end(begins),
        reason,
        scope,
        endless,
        for_a_while,
        terms,
    )
    done = grant_limit(asked, held_back=held_back, actor=actor_named(by), at=at)
    answer = {
        "customer": code,
        "live": done.live,
        "proposal": done.proposal_id,
        "valid_from": asked.valid_from,
        "valid_until": asked.valid_until,
    }
    said = (
        f"已生效：{amount} {money}，{begins} 至 {asked.valid_until} · Live"
        if done.live
        else f"待另一人授予（建议 {done.proposal_id}） · More credit: another person grants it"
    )
    say(answer, as_json, lambda: print(said))


@app.command()
def withdraw(
    limit: Annotated[int, typer.Argument(help="额度记录编号，见 show · Its number, from show")],
    by: By,
    reason: Reason,
    as_json: Json = False,
) -> None:
    """撤销一条额度记录 · Withdraw a dated limit."""
    django_ready()
    from xinheng.limits.granting import withdraw_limit

    withdraw_limit(limit, reason, actor=actor_named(by), at=datetime.now(UTC))
    say({"withdrawn": limit}, as_json, lambda: print(f"已撤销 {limit} · Withdrawn"))


@app.command()
def cover(
    customer: Code,
    amount: Annotated[str, typer.Argument(help="保额 · The sum covered")],
    kind: Annotated[str, typer.Option(help="insurance | guarantee | collateral | deposit")],
    reference: Annotated[str, typer.Option(help="保单或合同号 · Its number")],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="截止日 · Last day")
    ],
    by: By,
    share: Annotated[str, typer.Option(help="计入比例 % · What of it counts, in %")] = "100",
    provider: Annotated[str, typer.Option(help="承保或担保方 · Who stands for it")] = "",
    currency: Currency = "",
    scope: Scope = "",
    first: From = None,
    as_json: Json = False,
) -> None:
    """录入保险、保证、抵押或保证金 · Enter an insurance, guarantee, collateral or deposit."""
    django_ready()
    from xinheng.decisions.file_gaps import held_back
    from xinheng.limits.covering import enter_cover
    from xinheng.limits.values import NewCover
    from xinheng.people.queries import today

    at, line = datetime.now(UTC), _line(customer_coded(customer), currency, scope)
    begins = first.date() if first else today(at)
    asked = NewCover(
        line.pk,
        kind,
        reference,
        minor(amount, line.currency),
        bps(share),
        begins,
        until.date(),
        provider,
    )
    made = enter_cover(asked, held_back=held_back, actor=actor_named(by), at=at)
    say({"cover": made}, as_json, lambda: print(f"已录入 {made} · Entered"))


@app.command("end-cover")
def end_one_cover(
    cover_id: Annotated[int, typer.Argument(help="编号，见 show · Its number, from show")],
    by: By,
    reason: Reason,
    as_json: Json = False,
) -> None:
    """终止一项担保 · End a cover."""
    django_ready()
    from xinheng.limits.covering import end_cover

    end_cover(cover_id, reason, actor=actor_named(by), at=datetime.now(UTC))
    say({"ended": cover_id}, as_json, lambda: print(f"已终止 {cover_id} · Ended"))


@app.command()
def hold(
    customer: Code,
    by: By,
    reason: Reason,
    currency: Currency = "",
    scope: Scope = "",
    as_json: Json = False,
) -> None:
    """强制冻结：只有人能解除 · Hold every order of the line; only a person lifts it."""
    _switch("force_hold", customer, by, reason, currency, scope, as_json)


@app.command()
def lift(
    customer: Code,
    by: By,
    reason: Reason,
    currency: Currency = "",
    scope: Scope = "",
    as_json: Json = False,
) -> None:
    """解除强制冻结 · Lift a forced hold."""
    _switch("lift_hold", customer, by, reason, currency, scope, as_json)


def _switch(
    action: str, code: str, by: str, reason: str, currency: str, scope: str, as_json: bool
) -> None:
    django_ready()
    from xinheng.limits import granting

    line = _line(customer_coded(code), currency, scope)
    actor = actor_named(by)
    getattr(granting, action)(line.pk, reason, actor=actor, at=datetime.now(UTC))
    held = action == "force_hold"
    said = "已冻结 · Held" if held else "已解除 · Lifted"
    say({"customer": code, "held": held}, as_json, lambda: print(said))


def _line(customer: Customer, currency: str, scope: str) -> CreditLine:
    from xinheng.limits.queries import line_of

    code = currency_or_own(currency)
    line = line_of(customer.pk, code, scope)
    if line is None:
        raise Trouble(
            f"该客户没有这条 {code} 额度；用 xinheng limit grant 核定。",
            f"This customer has no such line in {code}: enter a limit with `xinheng limit grant`.",
            Exit.FAILED,
        )
    return line
