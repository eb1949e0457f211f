"""What in a credit file needs somebody, the most pressing first: the top of the overview.

Sources that disagree, licences that ended, what waits for a second pair of eyes, what lacks (with
the points it costs), what has grown stale since when, licences that end soon. Each names its fields
and leads to where it is mended. Example: "缺 3 项，共 11 分" → 行业许可, 审计意见, 担保情况.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.urls import reverse
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import Held, in_state
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.models import Document
from xinheng.texts import T
from xinheng.web.files.head import Head
from xinheng.web.files.looking_back import View

SOON_DAYS: Final = 30
PAPERS_MAX: Final = 50


class Item(Struct, frozen=True):
    """One thing of a need: its name, where it is mended, and a note such as a day."""

    name: Any
    href: str
    note: Any = ""


class Need(Struct, frozen=True):
    text: T
    tone: str
    icon: str
    items: list[Item]
    href: str = ""  # where all of it is worked on, by who may
    label: T | None = None


def needs_of(user: Any, customer: Customer, head: Head, view: View) -> list[Need]:
    """What needs somebody on the day one looks at."""
    may_verify = view.back is None and user.may("facts.verify")
    ends = _ends(user, customer, view)
    return [
        *_conflicts(customer, head, view, may_verify),
        *_papers(customer, view, ends, ended=True),
        *_waiting(customer, head, view, may_verify),
        *_gaps(customer, head, view, view.back is None and user.may("facts.enter")),
        *_stale(customer, head, view),
        *_papers(customer, view, ends, ended=False),
    ]


def _conflicts(customer: Customer, head: Head, view: View, may_verify: bool) -> Iterator[Need]:
    found = in_state(head.file, ["conflict"])
    if not found:
        return
    text = T(
        "{n} 项来源不一致，由人裁定前都不算数", "{n} in conflict: nothing counts until decided"
    ).format(n=len(found))
    href = reverse("conflicts") if may_verify else ""
    items = _items(customer, found, view)
    yield Need(text, "stop", "alert-triangle", items, href, T("去裁定", "Decide"))


def _waiting(customer: Customer, head: Head, view: View, may_verify: bool) -> Iterator[Need]:
    found = [held for held in head.file.fields if held.waiting]
    count = sum(held.waiting for held in found)
    if not found:
        return
    text = T("{n} 项等待另一人核验", "{n} waiting for another person to verify").format(n=count)
    href = reverse("verification") if may_verify else ""
    yield Need(text, "watch", "clock", _items(customer, found, view), href, T("去核验", "Verify"))


def _gaps(customer: Customer, head: Head, view: View, may_enter: bool) -> Iterator[Need]:
    fields = catalogue().fields
    gaps = in_state(head.file, ["absent", "expired"])
    found = sorted(
        (held for held in gaps if fields[held.field].weight), key=lambda h: -fields[h.field].weight
    )
    if not found:
        return
    points = sum(fields[held.field].weight for held in found)
    text = T("缺 {n} 项，共 {p} 分", "{n} missing, worth {p} points").format(n=len(found), p=points)
    items = []
    for held in found:
        field = fields[held.field]
        href = _field(customer, held.field, view)
        if may_enter:
            href = f"{reverse('file-enter', args=[customer.code])}?field={field.code}"
        expired = T("已失效", "expired") if held.state == "expired" else ""
        items.append(Item(field.name, href, expired))
    yield Need(text, "watch", "list-details", items)


def _stale(customer: Customer, head: Head, view: View) -> Iterator[Need]:
    if not head.stale:
        return
    fields = catalogue().fields
    text = T("{n} 项超过时限，需重新核实", "{n} older than allowed: verify again")
    items = [
        Item(fields[code].name, _field(customer, code, view), T(f"{day} 起", f"since {day}"))
        for code, day in head.stale
    ]
    yield Need(text.format(n=len(items)), "watch", "calendar", items)


def _items(customer: Customer, found: Sequence[Held], view: View) -> list[Item]:
    fields = catalogue().fields
    return [Item(fields[one.field].name, _field(customer, one.field, view)) for one in found]


def _field(customer: Customer, code: str, view: View) -> str:
    return reverse("file-field", args=[customer.code, code]) + view.query


def _papers(customer: Customer, view: View, dates: list[date], *, ended: bool) -> Iterator[Need]:
    """Licences in the file that have ended, or end within 30 days; on the day one looks at."""
    found = [until for until in dates if (until < view.seen.day) == ended]
    if not found:
        return
    text = (
        T("{n} 份证照已过期", "{n} licences have expired")
        if ended
        else T("{n} 份证照在 30 天内到期", "{n} licences end within 30 days")
    )
    href = reverse("file-block", args=[customer.code, "licences"]) + view.query
    items = [Item(until.isoformat(), href) for until in found]
    yield Need(text.format(n=len(found)), "act" if ended else "watch", "certificate", items)


def _ends(user: Any, customer: Customer, view: View) -> list[date]:
    """Last days of licences that are over or soon will be, the earliest first."""
    soon = view.seen.day + timedelta(days=SOON_DAYS)
    rows = licences(user, customer, view.seen.known_at).filter(valid_until__lte=soon)
    return list(rows.order_by("valid_until").values_list("valid_until", flat=True)[:PAPERS_MAX])


def licences(user: Any, customer: Customer, known_at: Any) -> Any:
    """Licences that stand in the file; at an instant, those that stood in it then."""
    rows = Document.objects.all().visible_to(user).filter(customer=customer, kind="licence")
    if known_at is None:
        return rows.filter(withdrawn_at__isnull=True)
    return rows.filter(uploaded_at__lte=known_at).exclude(withdrawn_at__lte=known_at)
