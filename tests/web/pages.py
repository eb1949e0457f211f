"""What tests of pages share: a signed-in client, and lines that don't run out with the calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.test import Client

from tests.world import make_customer, make_line, rate
from xinheng.customers.models import Customer
from xinheng.people.models import User

FAR = date(2099, 1, 1)
BACKEND = "django.contrib.auth.backends.ModelBackend"
HTMX = {"HX-Request": "true"}


def signed_in(user: User, language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.cookies["django_language"] = language
    return client


def buyer(code: str, unit: int, limit_minor: int | None, **extra: Any) -> Customer:
    """A rated customer with a line that is valid for as long as these tests may run."""
    told = {name: extra.pop(name) for name in ("name", "name_en", "status") if name in extra}
    customer = make_customer(code, unit=unit, search_text=code.lower(), **told)
    rate(customer, valid_until=FAR)
    make_line(customer, limit_minor, valid_until=FAR, **extra)
    return customer


def text_of(response: Any) -> str:
    return response.content.decode()
