"""`xinheng link make | list | revoke`: addresses by which new customers introduce themselves.

`make register` prints the path of the address once: what is kept is only its hash. Put the host
that outsiders reach in front of it with --site. `list` shows who made which and until when,
`revoke` ends one by its id. Example: `xinheng link make register --by bob --note 王经理`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import By, actor_named, person_named
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

LISTED_MAX = 200
app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="登记链接 · Links for new customers"
)
Kind = Annotated[str, typer.Argument(help="register")]


@app.command()
def make(
    kind: Kind,
    by: By,
    days: Annotated[int, typer.Option(help="有效天数 · How many days it lasts")] = 14,
    uses: Annotated[int, typer.Option(help="可登记几家 · How many may register")] = 1,
    note: Annotated[str, typer.Option(help="发给谁 · For whom")] = "",
    unit: Annotated[str, typer.Option(help="业务单元编号 · A business unit's code")] = "",
    language: Annotated[str, typer.Option(help="zh-hans | en")] = "zh-hans",
    site: Annotated[str, typer.Option(help="网址开头，如 https://… · What stands before")] = "",
    as_json: Json = False,
) -> None:
    """生成登记链接，网址只显示一次 · Make a link; its address is shown once."""
    django_ready()
    from xinheng.inquiries.links import NewLink, make_link

    if kind != "register":
        raise Trouble(
            "这里只能生成 register；资信询问从客户档案发起。",
            "Only register is made here; references are asked from a customer's file.",
            Exit.FAILED,
        )
    new = NewLink(kind, _unit(unit, by), note, days, uses, language)
    link, token = make_link(new, actor=actor_named(by), at=datetime.now(UTC))
    address = f"{site.rstrip('/')}/in/{token}/"
    told = {"link": str(link.pk), "address": address, "expires_at": link.expires_at}
    say(told, as_json, lambda: typer.echo(f"{address}\n{link.pk}  → {link.expires_at:%Y-%m-%d}"))


@app.command("list")
def list_links(by: By, as_json: Json = False) -> None:
    """列出登记链接 · The links that this person may see."""
    django_ready()
    from xinheng.inquiries.models import Link

    seen = Link.objects.visible_to(person_named(by)).filter(kind="register")
    rows = [
        {
            "link": str(one.pk),
            "note": one.note,
            "made_by": one.made_by,
            "expires_at": one.expires_at,
            "uses": one.uses,
            "uses_max": one.uses_max,
            "revoked": one.revoked_at is not None,
        }
        for one in seen.order_by("-made_at")[:LISTED_MAX]
    ]

    def lines() -> None:
        for row in rows:
            end = "×" if row["revoked"] else f"{row['expires_at']:%Y-%m-%d}"
            typer.echo(f"{row['link']}  {end}  {row['uses']}/{row['uses_max']}  {row['note']}")

    say({"links": rows}, as_json, lines)


@app.command()
def revoke(
    link: Annotated[str, typer.Argument(help="链接编号 · The link's id")],
    by: By,
    as_json: Json = False,
) -> None:
    """作废一个链接 · Nobody comes in by it any more."""
    django_ready()
    from xinheng.inquiries.links import revoke_link

    try:
        which = UUID(link)
    except ValueError as error:
        raise Trouble(
            "编号不对；用 xinheng link list 查看。",
            "That is no link's id: see `xinheng link list`.",
            Exit.FAILED,
        ) from error
    revoke_link(which, actor=actor_named(by), at=datetime.now(UTC))
    say({"link": link, "revoked": True}, as_json, lambda: typer.echo(f"{link} 已作废 · Revoked"))


def _unit(code: str, by: str) -> int | None:
    """The unit named, or the person's own."""
    from xinheng.people.models import BusinessUnit

    if not code:
        own: int | None = person_named(by).business_unit_id
        return own
    found = BusinessUnit.objects.filter(code=code).first()
    if found is None:
        raise Trouble(
            f"没有编号为“{code}”的业务单元。", f"There is no business unit “{code}”.", Exit.FAILED
        )
    return int(found.pk)
