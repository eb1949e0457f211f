"""The `xinheng` command: one name, and every command in a module of its own that is loaded when it
is called.

The convention for a module of `xinheng/cli/` (its line in COMMANDS says name, module and help):

- a command of one word (`check-order`): the module has a function `command` with typer's
  annotations;
- a command with parts (`demo accounts`, `ledger verify`): the module has `app = typer.Typer(...)`.

Both first call `xinheng.operate.database.django_ready()` if they need the database, and import
rooms only after it, inside the function: `xinheng --help` must not load Django. Every command takes
`as_json: Json = False` and answers with `xinheng.cli.answer.say(...)`. A `Refused` and a `Trouble`
become one line and an exit code here.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import typer
from typer._click import Command, Context
from typer.core import TyperCommand, TyperGroup

from xinheng.operate.trouble import Trouble


class Line(NamedTuple):
    """One command in the list: the module that has it, and what the list says about it."""

    module: str
    help: str
    hidden: bool = False


COMMANDS: dict[str, Line] = {
    "up": Line("up", "启动信衡：网页、任务、存证 · Start it all: web, jobs, ledger"),
    "doctor": Line("doctor", "检查本机环境与数据 · Check this installation"),
    "import": Line(
        "imports", "导入客户、发票、收款等文件 · Import customers, invoices, receipts …"
    ),
    "check-order": Line("check_order", "检查一张订单 · Check one order"),
    "decision": Line("decision", "判断：重演、放行方案 · A decision: replay it, find ways out"),
    "assessment": Line("assessment", "评估：查看、重演 · An assessment: show it, judge it again"),
    "exposure": Line("exposure", "信用占用从何而来 · Exposure, down to its documents"),
    "customer": Line("customer", "查看一个客户的信用档案 · Show a customer's credit file"),
    "file": Line("file", "信用档案：来源、核验、历史 · Facts of the file: sources, history"),
    "report": Line("report", "外部信用报告与费用 · Bureaus' reports and their cost"),
    "visit": Line("visit", "实地走访 · Site visits"),
    "review": Line("review", "复评：列出、提出、办理、办结 · Reviews of customers"),
    "relation": Line("relation", "集团、付款方、合并 · Parents, payers, merged companies"),
    "identity": Line("identity", "企业证照号码：校验、登记、查码 · Numbers: check, enter, look up"),
    "link": Line("link", "新客户登记链接 · Links by which new customers register"),
    "model": Line("model", "信用模型：特征分析、问卷、巴萨利、层次分析 · Models that explain"),
    "application": Line("application", "授信申请 · Applications for credit"),
    "proposals": Line("proposals", "待授予的额度建议 · Proposed limits, to grant or reject"),
    "limit": Line("limit", "额度：核定、担保、冻结、批量调整 · Limits: grant, cover, hold, adjust"),
    "portfolio": Line("portfolio", "全部客户的余额与账龄 · The whole book: open, overdue, ageing"),
    "almanac": Line("almanac", "汇率、节假日、付款条件 · Rates, holidays, payment terms"),
    "demo": Line("demo", "演示数据与演示账号 · The demonstration book and its accounts"),
    "holds": Line("hold", "冻结的订单：放行、拒绝、保留 · Held orders: release, reject, keep"),
    "deputy": Line("deputy", "放行代理人 · Deputies who release holds"),
    "user": Line("user", "用户：新建、列出、停用 · People: add, list, deactivate"),
    "api-key": Line("api_key", "API 密钥 · Keys for the API"),
    "ledger": Line("ledger", "存证账本的证明与校验 · Proofs, and their verification"),
    "prepare": Line("prepare", "启动前的准备 · What a start does first", hidden=True),
    "web": Line("web", "网页进程 · The web process", hidden=True),
    "jobs": Line("jobs", "后台任务进程 · The jobs process", hidden=True),
    "sequencer": Line("sequencer", "存证排序进程 · The ledger's sequencer process", hidden=True),
}


class House(TyperGroup):
    """A group that knows its commands by name and help, and imports one only to run it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, line in COMMANDS.items():
            self.add_command(TyperCommand(name, help=line.help, hidden=line.hidden))

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name and listed else listed, rest


def load(name: str) -> Command:
    """The real command, from its module."""
    module: Any = importlib.import_module(f"xinheng.cli.{COMMANDS[name].module}")
    if hasattr(module, "app"):
        found: Command = typer.main.get_group(module.app)
    else:
        single = typer.Typer(add_completion=False)
        single.command(name, help=COMMANDS[name].help)(module.command)
        found = typer.main.get_command(single)
    found.name = name
    return found


app = typer.Typer(
    cls=House,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="信衡 Xinheng：赊销企业的信用管理 · Credit management for companies that sell on account",
)


@app.callback()
def house() -> None:
    """信衡 Xinheng：赊销企业的信用管理 · Credit management for companies that sell on account"""


def run() -> None:
    """The console script. Troubles and refusals are one line on stderr, never a traceback."""
    try:
        app(prog_name="xinheng")
    except Trouble as trouble:
        print(trouble.line, file=sys.stderr)
        sys.exit(int(trouble.exit_code))
    except Exception as error:
        line = _refusal_line(error)
        if line is None:
            raise
        print(line, file=sys.stderr)
        sys.exit(1)


def _refusal_line(error: Exception) -> str | None:
    """Both languages of a refusal. The class is only looked up: importing it would load Django."""
    refusals = sys.modules.get("xinheng.refusals")
    if refusals is None or not isinstance(error, refusals.Refused):
        return None
    return f"{error.text.zh} / {error.text.en} [{error.code.name}]"  # type: ignore[attr-defined]
