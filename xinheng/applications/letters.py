"""What the customer is told, in plain words and both languages, sealed under the customer's key.

A grant: amount in figures and in capitals, terms, days, conditions. A refusal: the main reasons
without our grade or score, and the right to ask that a person looks where no person decided. Who
handed a letter over, and how, is said once. Example: "我们为贵公司核定授信额度人民币 800,000.00
元（人民币捌拾万元整）…".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from xinheng.applications.models import Application, Letter, Proposal
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.trail import WRITE, note, require, require_person, words_of
from xinheng.credit.capitals import capitals
from xinheng.credit.money import display
from xinheng.customers.models import Customer
from xinheng.ledger.actions import append_one
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import open_keys, open_living_keys
from xinheng.vault.seal import open_sealed, seal

REASONS_MAX: Final = 4
HOW: Final = T("送达方式", "how it was handed over")


def grant_text(application: Application, proposal: Proposal) -> T:
    """The letter of a granted limit."""
    customer, currency = application.customer, application.currency
    amount, written = (
        _amount(proposal.amount_minor, currency),
        capitals(proposal.amount_minor, currency),
    )
    first, last = proposal.valid_from.isoformat(), proposal.valid_until.isoformat()
    kind = (
        T("临时授信额度", "temporary credit limit")
        if proposal.temporary
        else T("授信额度", "credit limit")
    )
    zh = [
        f"{customer.name}：",
        f"贵公司的授信申请（{application.number}）已获批准。我们核定的{kind.zh}为 {amount.zh}"
        f"（{written}），账期 {proposal.terms_days} 天，自 {first} 起至 {last} 止有效。",
    ]
    en = [
        f"{customer.name_en or customer.name}:",
        f"Your application {application.number} has been approved. Your {kind.en} is {amount.en}, "
        f"on terms of {proposal.terms_days} days, from {first} to {last}.",
    ]
    if proposal.conditions:
        zh.append("条件：" + "；".join(_condition(one, "zh") for one in proposal.conditions) + "。")
        told = "; ".join(_condition(one, "en") for one in proposal.conditions)
        en.append(f"Conditions: {told}.")
    zh.append("额度用于赊购货款，订单仍逐笔检查；情况有变时请及时告知我们。")
    en.append("The limit is for goods bought on account; each order is still checked. Please tell "
              "us when circumstances change.")  # fmt: skip
    return T("\n".join(zh), "\n".join(en))


def refusal_text(application: Application, reasons: Sequence[T], *, human: bool) -> T:
    """The letter of a refusal. human: no person decided, so one may be asked."""
    customer = application.customer
    told = list(reasons)[:REASONS_MAX] or [NO_REASON]
    zh = [
        f"{customer.name}：",
        f"很抱歉，贵公司的授信申请（{application.number}）这次未获批准。主要原因：",
        *(f"{number}. {one.zh}" for number, one in enumerate(told, start=1)),
        "贵公司可以随时补充资料后重新申请；预付款购货不受影响。",
    ]
    en = [
        f"{customer.name_en or customer.name}:",
        f"We are sorry: your application {application.number} was not approved this time. "
        "The main reasons:",
        *(f"{number}. {one.en}" for number, one in enumerate(told, start=1)),
        "You may apply again at any time with further documents; buying against prepayment is "
        "not affected.",
    ]
    if human:
        zh.append("这一结果由系统自动作出。贵公司有权要求由人工复核，请联系您的业务员。")
        en.append("This was decided without a person. You have the right to ask that a person "
                  "looks at it: speak to your contact at our house.")  # fmt: skip
    return T("\n".join(zh), "\n".join(en))


NO_REASON: Final = T(
    "综合贵公司目前的付款记录与资料，我们暂不能提供所申请的额度。",
    "On your payment record and documents as they are, we can't offer what was asked for.",
)


def put_letter(
    customer: Customer,
    kind: str,
    text: T,
    *,
    application: Application | None = None,
    by: str,
    at: datetime,
    entry_id: UUID | None = None,
) -> Letter:
    """A step: keep a letter, sealed for its own place."""
    made: Letter = Letter.objects.create(
        application=application,
        customer=customer,
        kind=kind,
        text_sealed=b"",
        written_at=at,
        written_by=by,
        entry_id=entry_id,
    )
    key = open_keys([customer.data_key_id])[customer.data_key_id]
    made.text_sealed = seal(key, _place(made.pk), json.dumps(text.both()).encode())
    made.save(update_fields=["text_sealed"])
    return made


def text_of(letter: Letter) -> T | None:
    """What a letter says; None where the customer's key is gone."""
    keys = open_living_keys([letter.customer.data_key_id])
    if letter.customer.data_key_id not in keys:
        return None
    key = keys[letter.customer.data_key_id]
    told = json.loads(open_sealed(key, _place(letter.pk), bytes(letter.text_sealed)))
    return T(told["zh"], told["en"])


def note_sent(letter_id: int, how: str, *, actor: Actor, at: datetime) -> Letter:
    """A person says that a letter was handed over, and how; once. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_WORDS, UNKNOWN_LETTER, LETTER_SENT.
    """
    require(actor, WRITE)
    said = words_of(how, HOW, least=2, most=200)
    with transaction.atomic():
        row = Letter.objects.select_for_update(of=("self",)).filter(pk=letter_id).first()
        if row is None or not actor.reaches(row.customer.business_unit_id):
            raise Refused(ApplicationRefusal.UNKNOWN_LETTER)
        if row.sent_at is not None:
            raise Refused(ApplicationRefusal.LETTER_SENT)
        row.sent_at, row.sent_by_id, row.sent_how = at, require_person(actor), said
        row.save(update_fields=["sent_at", "sent_by", "sent_how"])
        if row.application is not None:
            note(row.application, "letter_sent", actor=actor, at=at, words=said, letter=row.pk)
        else:
            fields = {"letter": str(row.pk), "customer": str(row.customer_id), "how": said}
            fields["actor"] = actor.ref
            key_id = row.customer.data_key_id
            append_one("letter.sent", {"kind": row.kind}, fields, at=at, key_id=key_id)
    found: Letter = row
    return found


def _amount(minor: int, currency: str) -> T:
    figure = display(minor, currency)
    return T(f"{currency} {figure}", f"{currency} {figure}")


def _condition(row: dict[str, Any], language: str) -> str:
    return str(row.get(language) or row.get("text", ""))


def _place(letter_id: int) -> str:
    return f"applications_letter.text_sealed.{letter_id}"
