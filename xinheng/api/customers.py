"""Customers over JSON: a list by key paging, and one credit file's summary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import HttpRequest

from xinheng.api.keys import keyed
from xinheng.api.problems import NOT_FOUND, Reply, problem
from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.people.actor import Actor
from xinheng.portfolio.file import credit_file_summary

LIMIT_DEFAULT = 100
LIMIT_MAX = 1_000
AFTER_MAX = 60
_encode = msgspec.json.Encoder().encode


@keyed("customers.view", "GET", "HEAD")
def listed(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """Customers in the order of their codes; `next` is the value of `after` for the next page."""
    text = request.GET.get("limit", str(LIMIT_DEFAULT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LIMIT_MAX:
        return problem(400, "not_valid", f"limit: give a number from 1 to {LIMIT_MAX}")
    limit = int(text)
    rows = Customer.objects.visible_to(reader).order_by("code")
    after = request.GET.get("after", "")
    if len(after) > AFTER_MAX:
        return problem(400, "not_valid", f"after: give at most {AFTER_MAX} characters")
    if after:
        rows = rows.filter(code__gt=after.replace("\x00", ""))
    page = list(rows.values("id", "code", "name", "name_en", "status", "uscc")[: limit + 1])
    grades = dict(
        Rating.objects.filter(customer_id__in=[row["id"] for row in page]).values_list(
            "customer_id", "grade"
        )
    )
    # The row number is ours alone: it is taken out before the rest is told.
    items = [{"grade": grades.get(row.pop("id")) or None} | row for row in page[:limit]]
    more = items[-1]["code"] if len(page) > limit else None
    return Reply(200, _encode({"items": items, "next": more}))


@keyed("customers.view", "GET", "HEAD")
def one(request: HttpRequest, actor: Actor, reader: Any, code: str) -> Reply:
    """The credit file in figures: rating, limit and use, overdue, ageing."""
    code = code.replace("\x00", "\ufffd")  # which no code holds, and PostgreSQL can't compare
    customer = Customer.objects.visible_to(reader).filter(code=code).first()
    if customer is None:
        return NOT_FOUND
    return Reply(200, _encode(credit_file_summary(customer, reader, datetime.now(UTC))))
