"""The letter by which more credit is offered: plain words, both languages, no promise.

It says from what to what, why in one sentence that fits every offer, until when to answer, and that
the usual application follows. Our grade and our figures about the customer are not in it. Example:
"贵公司目前的授信额度为 CNY 500,000.00。因贵公司一贯按时付款…，可申请提高至 CNY 650,000.00（…）".
"""

from __future__ import annotations

from datetime import datetime

from xinheng.applications.letters import put_letter, text_of
from xinheng.applications.models import IncreaseOffer, Letter
from xinheng.applications.review_refusals import ReviewRefusal
from xinheng.credit.capitals import capitals
from xinheng.credit.money import display
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import open_living_keys


def offer_text(row: IncreaseOffer) -> T:
    """What the customer is told."""
    customer, until = row.customer, row.valid_until.isoformat()
    now = f"{row.currency} {display(row.from_minor, row.currency)}"
    then = f"{row.currency} {display(row.to_minor, row.currency)}"
    zh = [
        f"{customer.name}：",
        f"贵公司目前的授信额度为 {now}。因贵公司一贯按时付款，并经常用足额度，"
        f"我们愿意为贵公司办理提额，最高至 {then}（{capitals(row.to_minor, row.currency)}）。",
        f"如有需要，请在 {until} 之前告知您的业务员，我们随即办理申请。"
        "本函不是承诺：额度以批准为准；不需要提额，也不影响现有额度。",
    ]
    en = [
        f"{customer.name_en or customer.name}:",
        f"Your credit limit is {now} today. Because you pay on time and use most of it, we would "
        f"like to apply with you for more, up to {then}.",
        f"If you want that, tell your contact at our house by {until}, and we take it from there. "
        "This letter is no promise: what counts is the approval. Without an answer your limit "
        "stays as it is.",
    ]
    return T("\n".join(zh), "\n".join(en))


def write_letter(row: IncreaseOffer, *, actor: Actor, at: datetime) -> Letter:
    """Keep the letter, sealed under the customer's key; a step of making the offer. Refuses ERASED
    where that key is gone.
    """
    if row.customer.data_key_id not in open_living_keys([row.customer.data_key_id]):
        raise Refused(ReviewRefusal.ERASED)
    return put_letter(row.customer, "offer", offer_text(row), by=actor.ref, at=at)


def letter_of(row: IncreaseOffer) -> Letter | None:
    """The letter of an offer that was made: written in the same instant."""
    if row.decided_at is None:
        return None
    letters = Letter.objects.select_related("customer").filter(
        customer_id=row.customer_id, kind="offer", written_at=row.decided_at
    )
    found: Letter | None = letters.order_by("pk").last()
    return found


def letter_text(letter: Letter) -> T | None:
    """What it says; None where the customer's key is gone."""
    return text_of(letter)
