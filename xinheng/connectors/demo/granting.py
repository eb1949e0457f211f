"""Alice's grant: the model proposes, she looks at the season, one bulk grant makes the lines live.

The book ends in the weeks before Christmas, when a gift wholesaler's customers owe two to three
times the year's average that the limit methods reckon with. So Alice, as a credit manager would,
proposes more of her own: for grades AAA to BBB at least 1.05 to 2 times what is in use now, for BB
and B 0.9 to 1.5 times, drawn from the seed; what the model proposes stands where that is more, and
for CCC and worse always. Her proposals say so in their workings.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from xinheng.connectors.demo.model import SEED
from xinheng.credit.limit_method import round_down
from xinheng.credit.scale import grade_rank
from xinheng.decisions.file_gaps import held_back
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.proposing import grant_proposals, propose
from xinheng.limits.queries import usage
from xinheng.limits.values import Conditions, NewProposal
from xinheng.people.actor import Actor

LINE_VALID_DAYS = 365
# A little overdue is borne, and one order may take at most 60 % of the line.
CONDITIONS = Conditions(
    overdue_allowed_bps=500, overdue_days_allowed=15, single_order_cap_bps=6_000
)
# Percent of what is in use, from … to, for grades down to the one named.
NEED = (("BBB", 105, 200), ("B", 90, 150))
WHY = {
    "zh": "旺季需求：按当前占用的 {percent}% 核定",
    "en": "season: {percent} % of what is in use now",
}


def grant_all(alice: Actor, day: date, *, at: datetime) -> dict[str, int]:
    """Propose for the season, then grant everything that waits, within Alice's authority."""
    seasonal = _seasonal(alice)
    propose(seasonal, actor=alice, at=at)
    granted = grant_proposals(
        None,
        held_back=held_back,
        valid_from=day,
        valid_until=day + timedelta(days=LINE_VALID_DAYS),
        conditions=CONDITIONS,
        actor=alice,
        at=at,
    )
    return {
        "seasonal": len(seasonal),
        "granted": granted.lines,
        "above_authority": len(granted.refused),
    }


def _seasonal(alice: Actor) -> list[NewProposal]:
    lines = {(line.customer_id, line.currency): line for line in CreditLine.objects.all()}
    waiting = Proposal.objects.filter(state="proposed", customer__simulated=True)
    made = []
    for proposal in waiting.select_related("customer").order_by("customer__code"):
        line = lines.get((proposal.customer_id, proposal.currency))
        random = Random(f"{SEED}:need:{proposal.customer.code}")
        percent = _percent(proposal.workings["grade"], random)
        amount = round_down(usage(line).used_minor * percent // 100) if line else 0
        if amount > proposal.amount_minor:
            why = {language: text.format(percent=percent) for language, text in WHY.items()}
            made.append(
                NewProposal(
                    proposal.customer_id,
                    proposal.currency,
                    amount,
                    proposal.terms_days,
                    proposal.workings | {"adjusted": why | {"to_minor": amount}},
                    alice.ref,
                )
            )
    return made


def _percent(grade: str, random: Random) -> int:
    for worst, low, high in NEED:
        if grade_rank(grade) <= grade_rank(worst):
            return random.randint(low, high)
    return 0
