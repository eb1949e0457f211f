"""Ways out of a waiting hold, as things stand now: today's facts, the live policy, open invoices.

A decision's record says why it was held then; what would release it depends on today. Nothing is
locked and nothing is written: the steps are a proposal, and the next order check decides for
itself. `passes_now` says that the order would be approved as it is: send it again as its next
version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from xinheng.credit.money import to_text
from xinheng.credit.policy import Policy
from xinheng.credit.way_changes import Scene, Step
from xinheng.credit.way_text import TO_THE_CUSTOMER, text
from xinheng.credit.ways_out import find
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.scenes import scenes_of


class ToldStep(NamedTuple):
    """A step with its sentence in both languages; `to_customer`: the same said to the customer,
    where it is the customer's to take.
    """

    step: Step
    text: dict[str, str]
    to_customer: dict[str, str] | None = None


class Outlook(NamedTuple):
    """What would turn the order into a yes today. No way and not `passes_now`: a person decides."""

    today: str
    policy: Policy
    outcome: str
    ways: tuple[tuple[ToldStep, ...], ...]

    @property
    def passes_now(self) -> bool:
        return self.outcome == "approve"


def of_decision(decision: Decision, *, at: datetime) -> Outlook | None:
    """The ways out of a decision that the caller may see; None where no hold waits."""
    if not Hold.objects.filter(pk=decision.pk, state="waiting").exists():
        return None
    scene = scene_of(decision, at=at)
    return None if scene is None else _outlook(scene)


def scene_of(decision: Decision, *, at: datetime) -> Scene | None:
    """The order as things stand now; None where the customer has no line."""
    return scenes_of([decision], at=at).scenes.get(decision.pk)


def _outlook(scene: Scene) -> Outlook:
    ways = find(scene.facts, scene.order, scene.policy, scene.items, scene.ahead)
    return Outlook(
        scene.facts.today,
        scene.policy,
        scene.verdict().outcome,
        tuple(_told(way.steps, scene) for way in ways),
    )


def _told(steps: tuple[Step, ...], scene: Scene) -> tuple[ToldStep, ...]:
    """Each step in words, told by the invoices that are open when its turn comes."""
    told = []
    for step in steps:
        currency, items = scene.order.currency, scene.items
        own = text(step, currency, items, TO_THE_CUSTOMER) if step.code in TO_THE_CUSTOMER else None
        told.append(ToldStep(step, text(step, currency, items), own))
        scene = scene.after(step)
    return tuple(told)


def as_values(outlook: Outlook, currency: str) -> dict[str, Any]:
    """For scripts: amounts as decimal strings, both languages of each sentence."""

    def figures(step: Step) -> dict[str, str]:
        amounts = {"amount": step.amount_minor, "of": step.of_minor}
        used = step.currency or currency
        return {name: to_text(minor, used) for name, minor in amounts.items() if minor}

    return {
        "today": outlook.today,
        "policy": f"{outlook.policy.name} v{outlook.policy.version}",
        "outcome_now": outlook.outcome,
        "ways": [
            [{"code": told.step.code, **figures(told.step), "text": told.text} for told in steps]
            for steps in outlook.ways
        ],
    }
