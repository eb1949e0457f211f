"""Whose credit file keeps a limit from being raised: ended licence, too old, too thin.

The live order-check policy says what matters (checks `licence_valid`, `file_fresh`, `file_complete`
and its `at_least`), by the very checks that orders meet; a policy without them keeps nobody back.
What an order only shows, an increase may not pass. Example: 52.00 % complete with 60.00 % asked for
is a remark on an order and keeps a limit of 1,000,000.00 from becoming 1,200,000.00; lowering it,
or letting it run on, is possible. A customer without any file is kept back only where the policy
requires one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from msgspec.structs import replace

from xinheng.credit.case import UNKNOWN, Facts, FileStanding, Order, Reason
from xinheng.credit.checks import CHECKS
from xinheng.credit.exposure import Components
from xinheng.credit.policy import Check, Policy
from xinheng.credit.reason_text import text
from xinheng.decisions.governing import parsed_policy
from xinheng.dossiers.standing import Stood, standings_of
from xinheng.policies.queries import live
from xinheng.texts import T

OF_FILE: Final = ("licence_valid", "file_fresh", "file_complete")
# A case of which only the file and the day are known: the checks of a file look at nothing else.
_BLANK: Final = Facts(UNKNOWN, UNKNOWN, Components(), 0, 0, UNKNOWN, UNKNOWN, "")
_NO_ORDER: Final = Order("", 1, 0, "", None, "")


def held_back(customer_ids: Collection[int], day: date) -> dict[int, T]:
    """Those of these customers whose file keeps them from more credit on a day, and why."""
    governs = live("order_check")
    checks = _of_file(parsed_policy(governs.pk, governs.body)) if governs else []
    if not checks or not customer_ids:
        return {}
    stood = standings_of(list(customer_ids))
    found = {one: gaps(stood.get(one), checks, day) for one in sorted(set(customer_ids))}
    return {one: _joined(reasons) for one, reasons in found.items() if reasons}


def gaps(stood: Stood | None, checks: Iterable[Check], day: date) -> list[Reason]:
    """What is wrong with a file on a day, in the order in which it weighs."""
    facts = replace(_BLANK, today=day.isoformat(), file=_as_fact(stood))
    found = []
    for check in checks:
        outcome, code, measured, threshold = CHECKS[check.kind](facts, _NO_ORDER, check, 0)
        if code:
            found.append(Reason(code, measured, threshold, outcome, check.code))
    return found


def looks_at_licences(policy: Policy) -> bool:
    """Whether an ended licence means anything under a policy."""
    return any(check.kind == "licence_valid" for check in policy.checks)


def _of_file(policy: Policy) -> list[Check]:
    mine = [check for check in policy.checks if check.kind in OF_FILE]
    return sorted(mine, key=lambda check: OF_FILE.index(check.kind))


def _as_fact(stood: Stood | None) -> FileStanding | None:
    if stood is None:
        return None
    whole, part = divmod(stood.complete_bps, 100)
    fresh, licence = stood.fresh_until, stood.licence_until
    return FileStanding(
        f"{whole}.{part:02}",
        fresh.isoformat() if fresh else None,
        licence.isoformat() if licence else None,
    )


def _joined(reasons: list[Reason]) -> T:
    told = [text(reason, "") for reason in reasons]
    return T("".join(one["zh"] for one in told), " ".join(one["en"] for one in told))
