"""The order-check policy as data: which checks run, in which order, and what a failed one means.

A policy is a document (shipped example: policies/order_check_v3.json). `load` turns it into a
frozen `Policy` or refuses it whole: an unknown check, a missing parameter, a fact nobody
supplies, or an outcome more generous than the rule allows never goes live. There is no default
policy: who decides an order must say by which.

Outcomes from mild to severe: warn (rides along) < refer (a person must look) < hold (until
something changes) < decline. What is unknown can only refer or decline.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from msgspec import Struct

from xinheng.credit.exposure import Weights, formula
from xinheng.credit.scale import GRADES
from xinheng.credit.shipped import document

FAIL_OUTCOMES: Final = ("warn", "refer", "hold", "decline")
UNKNOWN_OUTCOMES: Final = ("refer", "decline")
MAX_CHECKS: Final = 40
RESERVATION_DAYS_MAX: Final = 366


class PolicyError(ValueError):
    """A policy document that may not go live; the message names the place and says how to mend
    it.
    """


class Params(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a check may be given. Each kind uses only its own (see `KINDS`)."""

    passing: tuple[str, ...] = ()
    outcomes: dict[str, str] = {}
    worst_grade: str | None = None
    at_least: str | None = None  # per cent of a complete file, as text
    required: bool = False  # whether a customer without any file fails


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """One step: `code` names it in this policy and in every trace, `kind` says which test it is."""

    code: str
    kind: str
    outcome_on_fail: str
    params: Params = Params()
    outcome_on_unknown: str = "refer"


class RateRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rates convert, and how many days old one may be; an older one is unknown."""

    kind: str = "mid"
    age_days: int = 7


class Tolerance(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a released order may change without being asked about again: by value *and* within
    days. 0 days: never. 1,000 bps on 1,000.00 → up to 1,100.00.
    """

    value_bps: int = 0
    days: int = 0


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """A checked policy. `sources` says which room supplies each fact; `rule` is the sentence
    answers show; an approved order keeps its credit for `reservation_days`.
    """

    name: str
    version: int
    checks: tuple[Check, ...]
    sources: dict[str, str]
    exposure: Weights = Weights()
    reservation_days: int = 30
    title: dict[str, str] = {}
    source: str = ""
    rule: str = ""
    # orders delivered later than so many days from today weigh `exposure.later`; None: all count
    order_horizon_days: int | None = None
    # an accepted dispute leaves the overdue test for so many days, never the exposure
    dispute_days_max: int = 0
    rates: RateRule = RateRule()
    tolerance: Tolerance = Tolerance()
    # after a pass, further check points of the same order ask nothing anew for so many days
    quiet_days: int = 0
    # a hold that nothing stands against any more is released by itself; in which order, where the
    # room is enough for some only
    auto_release: bool = False
    release_order: str = "oldest"
    sla_hours: int = 4
    # check point → codes of the checks made there; a point that is not named makes all
    points: dict[str, tuple[str, ...]] = {}


class Kind(Struct, frozen=True):
    """What a kind of check reads, which parameters it must have, and whether it may be a mere
    warning.
    """

    facts: tuple[str, ...]
    params: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    may_warn: bool = True


KINDS: Final[dict[str, Kind]] = {
    "customer_status": Kind(("customer_status",), ("passing",), ("outcomes",), may_warn=False),
    "limit_valid": Kind(("limit",), may_warn=False),
    "headroom": Kind(("limit", "components"), may_warn=False),
    "single_order_cap": Kind(("limit",)),
    "overdue_amount": Kind(("limit", "overdue_minor")),
    "overdue_days": Kind(("limit", "overdue_days_max")),
    "rating_expired": Kind(("grade", "rating_valid_until")),
    "grade_floor": Kind(("grade",), ("worst_grade",)),
    "terms_longer": Kind(("limit",)),
    "file_complete": Kind(("file",), ("at_least",), ("required",)),
    "file_fresh": Kind(("file",)),
    "licence_valid": Kind(("file",)),
}
# Without these an order could be approved that the line itself must refuse to reserve.
POINTS: Final = ("quote", "order", "release", "dispatch", "invoice")
RELEASE_ORDERS: Final = ("oldest", "smallest", "delivery")
# Fields that count something, and how far they may go.
BOUNDS: Final = {
    "order_horizon_days": 3_650,
    "dispute_days_max": 3_650,
    "quiet_days": 366,
    "sla_hours": 8_760,
}
REQUIRED_KINDS: Final = ("customer_status", "limit_valid", "headroom")


def load(raw: Mapping[str, Any]) -> Policy:
    """The policy of a document, or `PolicyError`. Loading twice gives equal policies."""
    try:
        policy = msgspec.convert(dict(raw), Policy)
    except msgspec.ValidationError as error:
        raise PolicyError(f"the policy document does not have the right shape: {error}") from error
    if not policy.name or policy.version < 1:
        raise PolicyError("a policy needs a name and a version of at least 1")
    for check in policy.checks:
        _look_at(check, policy.sources)
    _look_at_the_whole(policy)
    return msgspec.structs.replace(policy, rule=_sentence(policy))


def shipped() -> Policy:
    """The example that ships; a seller copies and edits it. Nothing uses it without being told
    to.
    """
    return load(document("policies/order_check_v3.json"))


def require_sources(policy: Policy, connected: Collection[str]) -> None:
    """Before a policy goes live: every source it names is connected in this installation."""
    missing = sorted(set(policy.sources.values()) - set(connected))
    if missing:
        raise PolicyError(
            f"the policy draws facts from {', '.join(missing)}, not connected here: "
            "connect it or drop the check"
        )


def _sentence(policy: Policy) -> str:
    horizon = policy.order_horizon_days
    within = "" if horizon is None else f" (orders to be delivered within {horizon} days)"
    return f"{formula(policy.exposure)}{within}; exceeded when used + order > limit"


def _look_at_the_whole(policy: Policy) -> None:
    if not 0 < len(policy.checks) <= MAX_CHECKS:
        raise PolicyError(f"a policy has 1 to {MAX_CHECKS} checks, not {len(policy.checks)}")
    if not 1 <= policy.reservation_days <= RESERVATION_DAYS_MAX:
        raise PolicyError(f"reservation_days is {policy.reservation_days}: give 1 to 366")
    codes = [check.code for check in policy.checks]
    if len(set(codes)) != len(codes):
        raise PolicyError("two checks share a code: give each its own, traces refer to them by it")
    absent = [
        kind for kind in REQUIRED_KINDS if kind not in {check.kind for check in policy.checks}
    ]
    if absent:
        raise PolicyError(
            f"add the checks {', '.join(absent)}: a policy may not approve without them"
        )
    # A reducing weight above 100 % would hand out credit that nobody paid for; a negative one
    # inverts its sign.
    for name in policy.exposure.__struct_fields__:
        weight = getattr(policy.exposure, name)
        if weight is None:
            continue
        most = 10_000 if name in ("unapplied", "prepaid") else 100_000
        if not 0 <= weight <= most:
            raise PolicyError(f"exposure.{name} is {weight}: give basis points from 0 to {most}")
    _look_at_the_life(policy)


def _look_at_the_life(policy: Policy) -> None:
    """What governs an order after its first answer."""
    for name, most in BOUNDS.items():
        value = getattr(policy, name)
        if value is not None and not 0 <= value <= most:
            raise PolicyError(f"{name} is {value}: give 0 to {most}")
    if policy.release_order not in RELEASE_ORDERS:
        raise PolicyError(
            f"release_order is {policy.release_order!r}: give one of {', '.join(RELEASE_ORDERS)}"
        )
    if not 0 <= policy.rates.age_days <= 366:
        raise PolicyError(f"rates.age_days is {policy.rates.age_days}: give 0 to 366")
    if not (0 <= policy.tolerance.value_bps <= 10_000 and 0 <= policy.tolerance.days <= 366):
        raise PolicyError("tolerance: give value_bps from 0 to 10000 and days from 0 to 366")
    _look_at_points(policy)


def _look_at_points(policy: Policy) -> None:
    kind_of = {check.code: check.kind for check in policy.checks}
    for point, made in policy.points.items():
        if point not in POINTS:
            raise PolicyError(f"points: {point!r} is no check point; known are {', '.join(POINTS)}")
        if strange := sorted(set(made) - set(kind_of)):
            raise PolicyError(f"points.{point}: no check has the code {', '.join(strange)}")
        absent = set(REQUIRED_KINDS) - {kind_of[code] for code in made}
        if absent and point == "order":
            raise PolicyError(f"points.order: add the checks {', '.join(sorted(absent))}")


def _look_at(check: Check, sources: Mapping[str, str]) -> None:
    where = f"check {check.code!r}"
    kind = KINDS.get(check.kind)
    if kind is None:
        raise PolicyError(f"{where}: unknown kind {check.kind!r}; known are {', '.join(KINDS)}")
    if not check.code:
        raise PolicyError("a check has no code: name it")
    _look_at_outcomes(check, kind, where)
    _look_at_params(check, kind, where)
    for fact in kind.facts:
        if not sources.get(fact):
            raise PolicyError(f'{where}: the fact {fact!r} has no source; name one under "sources"')


def _look_at_outcomes(check: Check, kind: Kind, where: str) -> None:
    allowed = FAIL_OUTCOMES if kind.may_warn else FAIL_OUTCOMES[1:]
    for outcome in (check.outcome_on_fail, *check.params.outcomes.values()):
        if outcome not in allowed:
            raise PolicyError(f"{where}: outcome {outcome!r} is not one of {', '.join(allowed)}")
    if check.outcome_on_unknown not in UNKNOWN_OUTCOMES:
        raise PolicyError(f"{where}: what is unknown can only {' or '.join(UNKNOWN_OUTCOMES)}")


def _look_at_params(check: Check, kind: Kind, where: str) -> None:
    for name in Params.__struct_fields__:
        given = bool(getattr(check.params, name))
        if name in kind.params and not given:
            raise PolicyError(f"{where}: the parameter {name!r} is missing")
        if given and name not in kind.params + kind.optional:
            raise PolicyError(
                f"{where}: a check of kind {check.kind!r} takes no parameter {name!r}"
            )
    worst = check.params.worst_grade
    if worst is not None and worst not in GRADES:
        raise PolicyError(f"{where}: grade {worst!r} is not on the scale {', '.join(GRADES)}")
    if check.params.at_least is not None and not _is_percent(check.params.at_least):
        raise PolicyError(f'{where}: at_least is a per cent from 0 to 100, such as "60.00"')
    if "unknown" in check.params.passing:
        raise PolicyError(f'{where}: an unknown status can\'t pass; take it out of "passing"')


def _is_percent(told: str) -> bool:
    try:
        return 0 <= Decimal(told) <= 100
    except InvalidOperation:
        return False
