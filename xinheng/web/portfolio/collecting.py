"""Which collections free most orders: an amount goes in, customers and invoices come out.

A read: nothing is promised to anybody. `?collect=1000000&currency=CNY`; the amount may be typed
with separators, and what can't be read is told beside the field. The links lead to each customer's
open invoices and to the held orders.
"""

from __future__ import annotations

import re
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit.money import MoneyError, to_minor
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.portfolio.collecting import CollectionPlan, plan_collections
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.currencies import currencies_in_use, currency_of

PROPOSED: Final = "1000000"
TOO_MUCH: Final = 10**15


@require_safe
def collections(request: HttpRequest) -> HttpResponse:
    """The plan for one amount in one currency."""
    currency = currency_of(request)
    typed = request.GET.get("collect", PROPOSED).strip()[:30]
    plan: CollectionPlan | None = None
    wrong: T | None = None
    try:
        budget = to_minor(re.sub(r"[,，\s¥￥]", "", typed), currency)
        if not 0 <= budget <= TOO_MUCH:
            wrong = T("请填写不小于零的金额。", "Give an amount of zero or more.")
        else:
            plan = plan_collections(request.user, currency, budget, at=timezone.now())
    except MoneyError as error:
        wrong = T(error.zh, error.en)
    except Refused as refused:
        if refused.code is not DecisionRefusal.NO_LIVE_POLICY:
            raise
        wrong = T(refused.text.zh, refused.text.en)
    context = {
        "currency": currency,
        "typed": typed,
        "wrong": wrong,
        "plan": plan,
        "currencies": currencies_in_use(request.user),
    }
    return render(request, "portfolio/collections.html", context, status=422 if wrong else 200)
