"""The steps that a scene has to offer: figures from little to much, and the step that each makes.

More is never worse, so that the least that is enough is found by halving. A kind of step may have
several offers (each day on which the limit changes, each limit above); the first that is enough is
taken. Example: an order of 180,000.00 offers to prepay 0.01 to 180,000.00, nothing beyond.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from xinheng.credit.decide import Level, Limit, ceiling_of, horizon, is_later
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.credit.way_changes import WHOLE_KINDS, Items, Scene, Step, level_key, paid_by


class Offer(NamedTuple):
    """Figures from `low` to `high`, the step of a figure, and where the least may well lie: the
    guesses only save time, each is tried by deciding.
    """

    low: int
    high: int
    step_of: Callable[[int], Step]
    guesses: tuple[int, ...] = ()


def _only(step: Step) -> Offer:
    return Offer(0, 0, lambda _: step)


def _wait(scene: Scene) -> Iterator[Offer]:
    """Not below a limit of others: what they will use by then nobody knows."""
    if scene.facts.levels:
        return
    limit, days = scene.facts.limit, {change.day for change in scene.ahead}
    if isinstance(limit, Limit) and limit.valid_from is not None:
        days.add(limit.valid_from)
    for day in sorted(days):
        if day > scene.facts.today:
            yield _only(Step("wait", day=day))


def _deliver_later(scene: Scene) -> Iterator[Offer]:
    days, today = scene.policy.order_horizon_days, scene.facts.today
    if days is not None and not is_later(scene.order.delivery_on, today, scene.policy):
        first = date.fromisoformat(horizon(today, days)) + timedelta(days=1)
        yield _only(Step("deliver_later", day=first.isoformat()))


def _shorten_terms(scene: Scene) -> Iterator[Offer]:
    limit, asked = scene.facts.limit, scene.order.terms_days
    if isinstance(limit, Limit) and asked is not None and limit.terms_days_max is not None:
        yield _only(Step("shorten_terms", days=limit.terms_days_max))


def _renew_rating(scene: Scene) -> Iterator[Offer]:
    """The same grade again; who has none needs at least the lowest that the policy lets pass."""
    floors = [c.params.worst_grade for c in scene.policy.checks if c.params.worst_grade]
    lowest = min(floors, key=grade_rank) if floors else GRADES[-1]
    grade = scene.facts.grade or lowest
    yield _only(Step("renew_rating", day=scene.facts.today, grade=grade))


def _renew_limit(scene: Scene) -> Iterator[Offer]:
    yield _only(Step("renew_limit", day=scene.facts.today))


def _receive_on(scene: Scene) -> Iterator[Offer]:
    """On invoices by name, where money unnamed would first settle others that do not matter: those
    in dispute, or those outside a sub-limit that is exceeded.
    """
    for level, _ in _exceeded(scene):
        if level.kind not in WHOLE_KINDS:
            inside = tuple(item for item in scene.items if item.scope == level_key(level))
            yield _named(scene, inside)
    certain = tuple(item for item in scene.items if not item.disputed)
    if len(certain) < len(scene.items):
        yield _named(scene, certain)


def _named(scene: Scene, items: Items) -> Offer:
    def step_of(amount: int) -> Step:
        on = tuple(item.number for item in paid_by(amount, items))
        return Step("receive_on", amount_minor=amount, on=on)

    return Offer(1, sum(item.open_minor for item in items), step_of, cash_guesses(scene))


def _receive(scene: Scene) -> Iterator[Offer]:
    most = sum(item.open_minor for item in scene.items)
    yield Offer(1, most, lambda amount: Step("receive", amount_minor=amount), cash_guesses(scene))


def cash_guesses(scene: Scene) -> tuple[int, ...]:
    """What is too much in use, what is too much overdue, what is overdue for too long."""
    facts = scene.facts
    limit = facts.limit if isinstance(facts.limit, Limit) else Limit(0)
    first = date.fromisoformat(facts.today) - timedelta(days=limit.overdue_days_allowed)
    old = sum(item.open_minor for item in scene.items if item.due_on < first.isoformat())
    late = facts.overdue_minor
    much = 0 if isinstance(late, str) else late - limit.overdue_allowed_minor
    return (*_overs(scene), much, old)


def _overs(scene: Scene) -> tuple[int, ...]:
    """By how much the limits of the line and above it are exceeded."""
    verdict = scene.verdict()
    own = verdict.after_minor - (verdict.ceiling_minor or 0)
    return (own, *(over for _, over in _exceeded(scene)))


def _member_pays(scene: Scene) -> Iterator[Offer]:
    for level, over in _exceeded(scene):
        if level.kind == "group":
            yield Offer(1, over, _above("member_pays", level, 0))


def _prepay(scene: Scene) -> Iterator[Offer]:
    most = scene.order.amount_minor
    yield Offer(1, most, lambda amount: Step("prepay", amount, most), _overs(scene))


def _ship_part(scene: Scene) -> Iterator[Offer]:
    whole = scene.order.amount_minor
    limit = scene.facts.limit
    cap = limit.single_order_cap_minor if isinstance(limit, Limit) else None
    guesses = (*_overs(scene), whole - cap if cap is not None else 0)
    yield Offer(1, whole - 1, lambda less: Step("ship_part", whole - less, whole), guesses)


def _lift_hold(scene: Scene) -> Iterator[Offer]:
    yield _only(Step("lift_hold"))


def _restore_status(scene: Scene) -> Iterator[Offer]:
    for check in scene.policy.checks:
        if check.kind == "customer_status":
            yield _only(Step("restore_status", status=check.params.passing[0]))
            return


def _cover(scene: Scene) -> Iterator[Offer]:
    if _set(scene) is not None:
        most = scene.verdict().after_minor
        yield Offer(1, most, lambda more: Step("cover", amount_minor=more), _overs(scene))


def _temporary_limit(scene: Scene) -> Iterator[Offer]:
    today = scene.facts.today
    yield from _raised(scene, lambda new, now: Step("temporary_limit", new, now, day=today))


def _raise_limit(scene: Scene) -> Iterator[Offer]:
    yield from _raised(scene, lambda new, now: Step("raise_limit", new, now))


def _raised(scene: Scene, step_of: Callable[[int, int], Step]) -> Iterator[Offer]:
    now = _set(scene)
    if now is not None:
        most = scene.verdict().after_minor - now
        yield Offer(1, most, lambda more: step_of(now + more, now), _overs(scene))


def _set(scene: Scene) -> int | None:
    """The limit's own amount, where one is set and it is a number."""
    limit = scene.facts.limit
    known = isinstance(limit, Limit) and not limit.unlimited
    return limit.amount_minor if known and isinstance(limit, Limit) else None


def _grant_limit(scene: Scene) -> Iterator[Offer]:
    limit = scene.facts.limit
    if isinstance(limit, Limit) and (limit.unlimited or limit.amount_minor is not None):
        return
    most = max(0, scene.verdict().after_minor)
    yield Offer(0, most, lambda amount: Step("grant_limit", amount_minor=amount))


def _raise_above(scene: Scene) -> Iterator[Offer]:
    for level, over in _exceeded(scene):
        yield Offer(1, over, _above("raise_above", level, level.limit.amount_minor or 0))


def _exceeded(scene: Scene) -> Iterator[tuple[Level, int]]:
    """Limits above that the order does not fit into, and by how much."""
    for level in scene.facts.levels:
        ceiling = ceiling_of(level.limit)
        over = 0 if ceiling is None else level.used_minor + level.adds_minor - ceiling
        if over > 0:
            yield level, over


def _above(code: str, level: Level, now: int) -> Callable[[int], Step]:
    key, currency = level_key(level), level.currency
    return lambda more: Step(code, now + more, now, level=key, currency=currency)


OFFERS: Final[dict[str, Callable[[Scene], Iterator[Offer]]]] = {
    "wait": _wait,
    "deliver_later": _deliver_later,
    "shorten_terms": _shorten_terms,
    "renew_rating": _renew_rating,
    "renew_limit": _renew_limit,
    "receive_on": _receive_on,
    "receive": _receive,
    "member_pays": _member_pays,
    "prepay": _prepay,
    "ship_part": _ship_part,
    "lift_hold": _lift_hold,
    "restore_status": _restore_status,
    "cover": _cover,
    "temporary_limit": _temporary_limit,
    "raise_limit": _raise_limit,
    "raise_above": _raise_above,
    "grant_limit": _grant_limit,
}
