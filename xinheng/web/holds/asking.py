"""What the address of the hold queue asks for, and what the reader may ask next.

Everything stands in the address: tab, filters, sort, columns; so a saved view is a kept query and a
link to a colleague shows the same. Amounts of two currencies are never compared: who sorts or
filters by amount looks at one currency, the one in which most holds are unless another is chosen.
Example: `?tab=overdue&unit=EAST&sort=-amount&currency=CNY`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, QueryDict

from xinheng.credit.money import MoneyError, to_minor
from xinheng.credit.scale import GRADES
from xinheng.customers.models import Customer
from xinheng.decisions.waiting import Survey, Wanted
from xinheng.people.models import BusinessUnit, User
from xinheng.people.saved_views import views_of
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.decisions.reading import person_name
from xinheng.web.frame.tables import Column, Tab, sorting_of, tabs

PAGE: Final = "holds"
TEXT_MAX: Final = 80
OPTIONS_MAX: Final = 100
DEFAULT_SORT: Final = "due"
# What a saved view keeps: everything but paging.
KEPT: Final = frozenset(
    {"tab", "code", "unit", "family", "currency", "grade", "person", "opened", "q", "from", "to"}
    | {"sort", "col"}
)

COLUMNS: Final = (
    Column("due", T("时限", "Due"), "due"),
    Column("customer", T("客户", "Customer"), "customer__code"),
    Column("order", T("订单", "Order")),
    Column("grade", T("等级", "Grade")),
    Column("unit", T("业务单元", "Unit")),
    Column("opened", T("冻结于", "Held since"), "opened_at"),
    Column("amount", T("金额", "Amount"), "decision__amount_minor", numeric=True),
    Column("excess", T("超出额度", "Over limit by"), "excess", numeric=True),
    Column("reasons", T("理由", "Reasons")),
    Column("asked", T("提出", "Asked by")),
)
ALWAYS: Final = ("customer", "order", "reasons")
USUAL: Final = ("due", "customer", "order", "amount", "excess", "reasons", "asked")
BY_AMOUNT: Final = ("amount", "excess")

TABS: Final = (
    ("mine", T("待我处理", "Mine to decide")),
    ("ready", T("条件已满足", "Ready")),
    ("overdue", T("已超时", "Late")),
    ("refer", T("待复核", "Referred")),
    ("forced", T("人工保留", "Kept by hand")),
    ("asked", T("我提出的", "Asked by me")),
    ("", T("全部", "All")),
)
OPENED: Final = (
    ("1", T("最近 24 小时", "in the last 24 hours")),
    ("3", T("最近 3 天", "in the last 3 days")),
    ("7", T("最近 7 天", "in the last 7 days")),
    ("7-", T("7 天以前", "more than 7 days ago")),
)


@dataclass(frozen=True)
class Asked:
    """The address, read."""

    wanted: Wanted
    sort: str
    columns: tuple[str, ...]
    least: str  # as typed, so that nothing typed is lost
    most: str
    mistake: T | None

    @property
    def narrowed(self) -> bool:
        return self.wanted != Wanted() and self.wanted != Wanted(tab=self.wanted.tab)

    @property
    def further(self) -> bool:
        """Whether a filter behind "more" is in use."""
        one = self.wanted
        return bool(one.family or one.person or one.opened or self.least or self.most)


def read(request: HttpRequest, told: Survey) -> Asked:
    """From the address; words that are not ours mean nothing."""
    said = request.GET
    sort = sorting_of(request, COLUMNS, DEFAULT_SORT).word
    least, most = said.get("from", "").strip()[:30], said.get("to", "").strip()[:30]
    currency = _currency(said, told, by_amount=bool(least or most) or sort[1:] in BY_AMOUNT)
    least_minor, first = _minor(least, currency)
    most_minor, second = _minor(most, currency)
    person = said.get("person", "")
    wanted = Wanted(
        tab=_one_of(said.get("tab", ""), [word for word, _ in TABS]),
        code=_one_of(said.get("code", ""), words.CODES),
        unit=said.get("unit", "")[:40],
        family=said.get("family", "")[:60],
        currency=currency,
        grade=_one_of(said.get("grade", ""), GRADES),
        person=int(person) if person.isascii() and person.isdigit() and len(person) < 16 else None,
        opened=_one_of(said.get("opened", ""), [word for word, _ in OPENED]),
        text=said.get("q", "").strip()[:TEXT_MAX],
        least_minor=least_minor,
        most_minor=most_minor,
    )
    return Asked(wanted, sort, _columns(said), least, most, first or second)


def _one_of(word: str, known: Iterable[str]) -> str:
    return word if word in known else ""


def _currency(said: QueryDict, told: Survey, *, by_amount: bool) -> str:
    asked = said.get("currency", "")
    if len(asked) == 3 and asked.isascii() and asked.isupper():
        return asked
    return told.main_currency if by_amount and len(told.currencies) > 1 else ""


def _minor(text: str, currency: str) -> tuple[int | None, T | None]:
    """An amount as typed, with or without separators; what can't be read narrows nothing."""
    if not text:
        return None, None
    try:
        return to_minor(text.replace(",", "").replace("，", ""), currency or "CNY"), None
    except MoneyError as error:
        return None, T(error.zh, error.en)


def _columns(said: QueryDict) -> tuple[str, ...]:
    asked = said.getlist("col")
    if not asked:
        return USUAL
    return tuple(one.key for one in COLUMNS if one.key in asked or one.key in ALWAYS)


def column_choices(shown: tuple[str, ...]) -> list[tuple[Column, bool, bool]]:
    """Every column: whether it shows, and whether it always does."""
    return [(one, one.key in shown, one.key in ALWAYS) for one in COLUMNS]


def filter_tabs(request: HttpRequest, told: Survey) -> list[Tab]:
    """Tabs with counts; an empty one shows only while it is open."""
    found = tabs(request, "tab", [(word, text, told.tabs[word]) for word, text in TABS])
    return [one for one, (word, _) in zip(found, TABS, strict=True) if _shown(one, word)]


def _shown(tab: Tab, word: str) -> bool:
    return bool(tab.count or tab.current or word in ("", "mine"))


@dataclass(frozen=True)
class Choice:
    value: str
    label: Any


def choices(user: Any, told: Survey) -> Mapping[str, Sequence[Choice]]:
    """What each filter offers: only what some waiting hold has."""
    units = BusinessUnit.objects.filter(pk__in=told.units).order_by("code")[:OPTIONS_MAX]
    people = User.objects.filter(pk__in=told.people).order_by("name")[:OPTIONS_MAX]
    heads = Customer.objects.visible_to(user).filter(pk__in=told.families).order_by("code")
    return {
        "code": [
            Choice(code, T(f"{_title(code).zh} {n}", f"{_title(code).en} {n}"))
            for code, n in told.codes.most_common()
        ],
        "unit": [Choice(u.code, T(u.name, u.name_en or u.name)) for u in units],
        "person": [Choice(str(p.pk), person_name(p)) for p in people],
        "family": [Choice(h.code, T(h.name, h.name_en or h.name)) for h in heads[:OPTIONS_MAX]],
        "currency": [Choice(code, code) for code in sorted(told.currencies)],
        "grade": [Choice(grade, grade) for grade in GRADES],
        "opened": [Choice(word, text) for word, text in OPENED],
    }


def _title(code: str) -> T:
    return words.CODES.get(code, T(code, code))


@dataclass(frozen=True)
class View:
    """A saved view as a link."""

    id: int
    name: str
    query: str
    current: bool
    shared: bool
    mine: bool
    owner: str


def saved_views(user: Any, query: str) -> list[View]:
    """The person's views and those that are shared; `current` is the one that is open."""
    return [
        View(
            row.pk,
            row.name,
            row.query,
            row.query == query,
            row.shared,
            row.user_id == user.pk,
            person_name(row.user),
        )
        for row in views_of(user, PAGE)
    ]
