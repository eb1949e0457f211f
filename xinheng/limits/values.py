"""The values that travel in and out of the room: moves, locked lines, reservations, proposals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from xinheng.credit.decide import Limit
from xinheng.credit.exposure import Components
from xinheng.texts import T


class Move(NamedTuple):
    """A component of a line grows (or shrinks) by `delta_minor` because of a document."""

    line_id: int
    component: str
    delta_minor: int
    cause: str
    document: str


class DueShift(NamedTuple):
    """Open items of a line that fall due on a day grow (or shrink) by `delta_minor`."""

    line_id: int
    due_on: date
    delta_minor: int


class OrderShift(NamedTuple):
    """What orders to be delivered on a day count grows (or shrinks) by `delta_minor`."""

    line_id: int
    due_on: date
    delta_minor: int


class DisputedShift(NamedTuple):
    """Open items in a dispute accepted on a day grow (or shrink) by `delta_minor`."""

    line_id: int
    due_on: date
    accepted_on: date
    delta_minor: int


class LockedLine(NamedTuple):
    """A credit line as read under its lock. `path`: the ids above it, nearest first; `root_id`: the
    top of its tree, None where it stands alone; `in_force_until`: the last day (ISO) for which
    `limit` is known to be the one in force.
    """

    id: int
    customer_id: int
    currency: str
    limit: Limit
    components: Components
    line_version: int
    scope: str = ""
    path: tuple[int, ...] = ()
    root_id: int | None = None
    in_force_until: str | None = None


class NewLevel(NamedTuple):
    """A further limit above a reservation's own, in that limit's currency."""

    line_id: int
    counts_minor: int
    used_before_minor: int
    ceiling_minor: int | None
    unlimited: bool
    overridden: bool
    line_version: int


class NewReservation(NamedTuple):
    """Credit to promise: used before, asked, and the ceiling that both together must not pass.

    The guard (used, counts, ceiling) is of the nearest limit, `limit_line_id` (None: the line's
    own), in its currency; `counts_minor` None: all of the amount. `levels`: the limits above.
    """

    id: UUID | str
    line_id: int
    order_ref: str
    order_version: int
    amount_minor: int
    used_before_minor: int
    ceiling_minor: int | None
    unlimited: bool
    override_id: UUID | None
    line_version: int
    expires_at: datetime
    counts_minor: int | None = None
    limit_line_id: int | None = None
    delivery_on: str | None = None
    covered_before_minor: int = 0
    levels: tuple[NewLevel, ...] = ()


class Ended(NamedTuple):
    """A reservation that ended, and how much of it was still promised."""

    id: UUID
    line_id: int
    order_ref: str
    freed_minor: int


class NewProposal(NamedTuple):
    """A limit that somebody or something suggests; `workings` says how it came about."""

    customer_id: int
    currency: str
    amount_minor: int
    terms_days: int | None
    workings: dict[str, Any]
    proposed_by: str
    scope: str = ""
    unlimited: bool = False
    temporary: bool = False
    valid_from: date | None = None  # from-to; None: whoever grants it says
    valid_until: date | None = None


class Granted(NamedTuple):
    """What a bulk grant did: lines now live, their total per currency, and what it refused."""

    lines: int
    total_minor: dict[str, int]
    refused: list[tuple[int, T]]  # (proposal id, why)


class Conditions(NamedTuple):
    """What a grant adds to the amount: shares are basis points of the limit, None means none
    agreed.
    """

    overdue_allowed_bps: int | None
    overdue_days_allowed: int
    single_order_cap_bps: int | None = None
    grace_days: int = 0


class NewLimit(NamedTuple):
    """A limit that a person asks for. scope: "" own, "group", "unit:EAST", "product:CEM",
    "project:BRIDGE". `amount_minor` None with `unlimited`: the word. A temporary one replaces the
    base limit from its first to its last day.
    """

    customer_id: int
    currency: str
    amount_minor: int | None
    valid_from: date
    valid_until: date
    reason: str
    scope: str = ""
    unlimited: bool = False
    temporary: bool = False
    terms_days: int | None = None


class NewCover(NamedTuple):
    """What secures a line: kind insurance | guarantee | collateral | deposit; `share_bps`: the
    insured share, or what a haircut leaves.
    """

    line_id: int
    kind: str
    reference: str
    amount_minor: int
    share_bps: int
    valid_from: date
    valid_until: date
    provider: str = ""


class Entered(NamedTuple):
    """What became of it: live at once, or waiting until another person grants it."""

    line_id: int | None
    proposal_id: int | None

    @property
    def live(self) -> bool:
        return self.proposal_id is None


class NewDated(NamedTuple):
    """One row of a line's plan, as `planning.enter_plan` writes it."""

    line_id: int
    temporary: bool
    amount_minor: int | None
    unlimited: bool
    valid_from: date
    valid_until: date | None
    grace_days: int
    single_order_cap_minor: int | None
    terms_days_max: int | None
    overdue_allowed_minor: int
    overdue_days_allowed: int
    reason: str
    proposed_by: str
