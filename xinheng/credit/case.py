"""The case that is decided: what is asked (`Order`), what is known (`Facts`), what is answered
(`Verdict`). Values only, which keep as canonical JSON: equal values have equal bytes.

Amounts are minor units of the credit line's currency (the caller has converted the order); days
are ISO texts, which compare as they are written. No limit set is no credit, zero is zero, unlimited
is a word, and covers add. Example: a limit of 1,000,000.00 with 200,000.00 insured is a ceiling of
1,200,000.00; valid until 2026-06-30 with 5 days of grace, its last day is 2026-07-05.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from xinheng.credit.exposure import Components
from xinheng.credit.rates import RateUsed

Unknown = Literal["unknown"]
UNKNOWN: Final[Unknown] = "unknown"
# A text that may also be UNKNOWN. (One JSON string can't tell the two types apart, so the word is
# reserved: no status, grade or date is ever spelled "unknown".)
TextOrUnknown = str


class Order(Struct, frozen=True, omit_defaults=True):
    """What is asked for, in the credit line's currency. `terms_days` None: the agreed terms
    apply. `fulfilled_minor`: delivered or invoiced under its number already, and counted there.
    `asked_*`: the order's own amount and currency, where it was converted.
    """

    ref: str
    version: int
    amount_minor: int
    currency: str
    terms_days: int | None
    requested_on: str
    delivery_on: str | None = None
    fulfilled_minor: int = 0
    asked_minor: int | None = None
    asked_currency: str | None = None


class Limit(Struct, frozen=True, omit_defaults=True):
    """The line in force today (a temporary line replaces the base). `amount_minor` None: never
    set, no credit.

    `single_order_cap_minor` and `terms_days_max` None: no such restriction was agreed. Both dates
    are inclusive, and `grace_days` follow the last. `covered_minor`: what insurance, guarantees and
    the like add today; `temporary`: it replaces the base limit for a while.
    """

    amount_minor: int | None
    unlimited: bool = False
    valid_from: str | None = None
    valid_until: str | None = None
    single_order_cap_minor: int | None = None
    terms_days_max: int | None = None
    overdue_allowed_minor: int = 0
    overdue_days_allowed: int = 0
    forced_hold: bool = False
    grace_days: int = 0
    covered_minor: int = 0
    temporary: bool = False


class Level(Struct, frozen=True, omit_defaults=True):
    """A further limit that the order must fit into, in that limit's own currency: the group's, a
    sub-limit's. `adds_minor`: what this order adds there.
    """

    kind: str  # group | own (of the company it was merged into) | unit | product | project
    name: str
    currency: str
    limit: Limit
    used_minor: int
    adds_minor: int


class FileStanding(Struct, frozen=True, omit_defaults=True):
    """How the credit file stands: `complete` in per cent ("76.00"), the last day on which nothing
    that weighs was too old, the last day of the business licence (None: it has no end, or none is
    filed). Days, not answers: whoever decides compares them with today.
    """

    complete: str
    fresh_until: str | None = None
    licence_until: str | None = None


class Facts(Struct, frozen=True, omit_defaults=True):
    """All that a decision may know: figures, dates and codes, never names. `limit` None: the
    customer has no line. `payer_status`: of who pays, where that is somebody else; `rates`: those
    that converted; `rates_missing`: pairs without one, which makes the exposure unknown; `point`:
    where in the order's life it is asked. `tolerated_minor`: a person released this order before,
    and up to this amount a change is not asked about again; `passed_on`: the day of an answer that
    still holds at this check point; `held`: a person keeps this order ("kept"), or its newest
    version was not let through.
    """

    customer_status: TextOrUnknown
    limit: Limit | Unknown | None
    components: Components
    overdue_minor: int | Unknown
    overdue_days_max: int | Unknown
    grade: TextOrUnknown | None
    rating_valid_until: TextOrUnknown | None
    today: str
    payer_status: str | None = None
    levels: tuple[Level, ...] = ()
    rates: tuple[RateUsed, ...] = ()
    rates_missing: tuple[str, ...] = ()
    point: str = "order"
    tolerated_minor: int | None = None
    passed_on: str | None = None
    held: str = ""
    file: FileStanding | None = None  # None: nothing verified stands in it yet


class Reason(Struct, frozen=True):
    """Why the answer is not a plain yes. `rule` is the code of the policy's check ("" for a
    forced hold). `currency`: of its figures, where it is not the line's.
    """

    code: str
    measured: str | None
    threshold: str | None
    outcome: str
    rule: str = ""
    currency: str | None = None


class Step(Struct, frozen=True, array_like=True):
    """One line of the trace, as a JSON array to stay short: [check, result, measured, threshold].

    `result` is "pass", "skip" (nothing agreed to compare with) or the outcome of the failed check.
    """

    check: str
    result: str
    measured: str | None
    threshold: str | None


class Verdict(Struct, frozen=True):
    """The answer. `ceiling_minor` and `headroom_minor` None: unlimited, or the limit is unknown
    (then a reason says so).
    """

    outcome: str
    reasons: tuple[Reason, ...]
    trace: tuple[Step, ...]
    used_minor: int
    ceiling_minor: int | None
    headroom_minor: int | None
    after_minor: int
    rule: str


def ceiling_of(limit: Limit | Unknown | None) -> int | None:
    """The limit with what covers add; None: unlimited (or unknown, then a reason says so)."""
    if isinstance(limit, Limit):
        if limit.unlimited:
            return None
        return 0 if limit.amount_minor is None else limit.amount_minor + limit.covered_minor
    return 0 if limit is None else None


def inherits(facts: Facts) -> bool:
    """An own limit that was never set leaves it to the group's, if that one gives credit today."""
    limit = facts.limit
    if isinstance(limit, Limit) and (limit.amount_minor is not None or limit.unlimited):
        return False
    if limit == UNKNOWN:
        return False
    return any(
        level.kind == "group"
        and not (level.limit.valid_from is not None and facts.today < level.limit.valid_from)
        for level in facts.levels
    )


@lru_cache(maxsize=256)
def last_day(valid_until: str, grace_days: int) -> str:
    """The last day (ISO) of a limit, with its grace."""
    if not grace_days:
        return valid_until
    return (date.fromisoformat(valid_until) + timedelta(days=grace_days)).isoformat()


# --- Kept and read again

T = TypeVar("T", Facts, Order, Verdict)
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODERS: Final = {kind: msgspec.json.Decoder(kind) for kind in (Facts, Order, Verdict)}


def encode(value: Facts | Order | Verdict) -> bytes:
    """Canonical JSON: keys sorted, no blanks, no floats. Equal values have equal bytes."""
    return _ENCODER.encode(value)


def decode(raw: bytes, kind: type[T]) -> T:
    """The inverse of `encode`; raises `msgspec.ValidationError` on another shape."""
    found = _DECODERS[kind].decode(raw)
    assert isinstance(found, kind)
    return found
