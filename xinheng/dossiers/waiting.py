"""What waits to be verified, as who may verify it sees it: the queue, and what would come of it.

A fact waits for somebody who has neither entered it nor checked it first; the oldest comes first.
Beside it stands what the file says today: what the same source said before, what others say. What
verifying would do is foretold by the rule that does it (`facts.verify_fact`). Example: 企查查 says
10,000,000.00 CNY of capital where the licence stands with 8,000,000.00: it would open a case; the
same figure would stand; a critical field that nobody checked yet would wait for a second person.

Late is what waits for over two working days (waiting_v1.json): entered on Friday at ten, it is late
on Tuesday after ten.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from msgspec import Struct

from xinheng.almanac.queries import listed_days
from xinheng.almanac.working_days import STRETCH_MAX, is_working
from xinheng.customers.search_text import fold, sought
from xinheng.dossiers.credit_file import overlap, place_of, survivorship
from xinheng.dossiers.fields import catalogue, shown
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed

OPTIONS_MAX: Final = 200
STANDS, SECOND, CONFLICT, JOINS = "stands", "second", "conflict", "joins"
TABS: Final = ("", "first", "second", "critical", "corrected", "late")


class Wanted(Struct, frozen=True):
    """What to look at; empty words mean all. `tab` is one of TABS."""

    tab: str = ""
    block: str = ""
    source: str = ""
    text: str = ""  # of a customer's name, pinyin or code
    batch: int | None = None


class Survey(Struct, frozen=True):
    """Facts per tab under the other filters, and what there is to filter by."""

    tabs: Mapping[str, int]
    blocks: Mapping[str, int]
    sources: Mapping[str, int]


class Said(Struct, frozen=True):
    """What one source says: None where the key of a personal value was destroyed."""

    id: int
    value: str | None
    source: str
    reliability: str
    evidence: str
    observed_on: Any
    valid_from: Any
    valid_until: Any
    how: str | None
    confidence: int | None


class Waiting(Struct, frozen=True):
    """One fact that waits. `before`: what its own source said so far; `others`: what the rest say,
    the most reliable first; `would`: stands | second | conflict | joins (an open case).
    """

    fact: Any
    said: Said
    before: Said | None
    others: tuple[Said, ...]
    would: str

    @property
    def same(self) -> bool:
        """Whether it only confirms what its source said before."""
        return self.before is not None and self.before.value == self.said.value


def waiting_for(user: Any) -> QuerySet[Fact]:
    """Facts in sight that this person may verify: neither of their own entry nor first check."""
    facts = Fact.objects.visible_to(user).waiting()
    person = getattr(user, "pk", None)
    if person is None:
        return facts
    entered = Q(entered_person__isnull=True) | ~Q(entered_person_id=person)
    checked = Q(verified_by__isnull=True) | ~Q(verified_by_id=person)
    return facts.filter(entered, checked)


def narrowed(user: Any, wanted: Wanted, *, at: datetime) -> QuerySet[Fact]:
    """The queue under a tab and filters."""
    late = late_before(at) if wanted.tab == "late" else at
    return _filtered(waiting_for(user), wanted).filter(_tab(wanted.tab, late))


def _filtered(facts: QuerySet[Fact], wanted: Wanted) -> QuerySet[Fact]:
    if wanted.block:
        fields = catalogue().fields.values()
        facts = facts.filter(field__in=[one.code for one in fields if one.block == wanted.block])
    if wanted.source:
        facts = facts.filter(source=wanted.source)
    if wanted.batch is not None:
        facts = facts.filter(batch_id=wanted.batch)
    if wanted.text:
        facts = facts.filter(customer__search_text__contains=sought(fold(wanted.text)))
    return facts


def _tab(tab: str, late: datetime) -> Q:
    return {
        "first": Q(verified_by__isnull=True),
        "second": Q(verified_by__isnull=False),
        "critical": Q(critical=True),
        "corrected": Q(corrects__isnull=False),
        "late": Q(entered_at__lt=late),
    }.get(tab, Q())


def survey(user: Any, wanted: Wanted, *, at: datetime) -> Survey:
    """Counts of the tabs under the filters, and the choices of the filters, in three statements."""
    facts, late = waiting_for(user), late_before(at)
    counts = {f"n_{tab}": Count("pk", filter=_tab(tab, late)) for tab in TABS if tab}
    told = _filtered(facts, wanted).aggregate(n_=Count("pk"), **counts)
    blocks: dict[str, int] = defaultdict(int)
    sources: dict[str, int] = defaultdict(int)
    groups = facts.order_by().values_list("source", "field").annotate(n=Count("pk"))
    for source, field, number in groups:
        sources[source] += number
        blocks[catalogue().fields[field].block] += number
    most = sorted(sources.items(), key=lambda one: (-one[1], one[0]))[:OPTIONS_MAX]
    return Survey({tab: told[f"n_{tab}"] for tab in TABS}, blocks, dict(most))


def late_before(at: datetime) -> datetime:
    """What was entered before this instant is late: two working days of 24 hours lie between it and
    `at`, in the company's time zone.

    Monday ten o'clock → Thursday ten o'clock; on a Sunday the clock stands at Friday's end →
    Wednesday's end.
    """
    told, seller = _rules(), company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    here = at.astimezone(zone)
    day, passed = here.date(), timedelta(hours=here.hour, minutes=here.minute, seconds=here.second)
    listed = listed_days(told["calendar"], day - timedelta(days=STRETCH_MAX), day)
    left: int = told["late_after_working_days"]
    if not is_working(day, listed):
        left, passed = left + 1, timedelta(days=1)
    for _ in range(STRETCH_MAX):
        if left == 0:
            break
        day -= timedelta(days=1)
        left -= is_working(day, listed)
    return datetime(day.year, day.month, day.day, tzinfo=zone) + passed


def is_working_day(day: date) -> bool:
    """Whether those who verify are at work, by the same calendar."""
    return is_working(day, listed_days(_rules()["calendar"], day, day))


@cache
def _rules() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(
        Path(__file__).with_name("waiting_v1.json").read_text(encoding="utf-8")
    )
    return found


# --- What stands beside a fact, and what verifying it would do


def beside(facts: Sequence[Fact]) -> list[Waiting]:
    """Each fact with what the file says today, judged as if it were verified alone. They come with
    their customers.
    """
    standing, disputed = _standing(facts)
    values = texts_of([*facts, *(one for known in standing.values() for one in known)])
    return [_waiting(one, standing[_place(one)], _place(one) in disputed, values) for one in facts]


def foresee(facts: Sequence[Fact]) -> dict[int, str]:
    """What would become of facts verified one after the other in the order of their numbers: the
    first may be what the second disagrees with.
    """
    standing, disputed = _standing(facts)
    values = texts_of([*facts, *(one for known in standing.values() for one in known)])
    told = {}
    for fact in sorted(facts, key=lambda one: one.pk):
        place = _place(fact)
        would = _would(fact, standing[place], place in disputed, values)
        if would != SECOND:
            rest = [one for one in standing[place] if one.source != fact.source]
            standing[place] = [*rest, fact]
        if would == CONFLICT:
            disputed.add(place)
        told[fact.pk] = would
    return told


def _place(fact: Fact) -> tuple[int, str]:
    return fact.customer_id, fact.field


def _standing(
    facts: Sequence[Fact],
) -> tuple[dict[tuple[int, str], list[Fact]], set[tuple[int, str]]]:
    """What stands at the same places, and which of these are in dispute."""
    customers, fields = {one.customer_id for one in facts}, {one.field for one in facts}
    found: dict[tuple[int, str], list[Fact]] = defaultdict(list)
    known = Fact.objects.current().filter(customer__in=customers, field__in=fields)
    for one in sorted(known.select_related("customer"), key=survivorship):
        found[_place(one)].append(one)
    cases = ConflictCase.objects.filter(customer__in=customers, resolved_at__isnull=True)
    return found, set(cases.values_list("customer_id", "field"))


def _waiting(
    fact: Fact, known: list[Fact], disputed: bool, values: Mapping[int, str | None]
) -> Waiting:
    before = next((one for one in known if one.source == fact.source), None)
    return Waiting(
        fact,
        said_by(fact, values),
        said_by(before, values) if before else None,
        tuple(said_by(one, values) for one in known if one.source != fact.source),
        _would(fact, known, disputed, values),
    )


def _would(fact: Fact, known: list[Fact], disputed: bool, values: Mapping[int, str | None]) -> str:
    if fact.critical and fact.verified_by_id is None:
        return SECOND
    if disputed:
        return JOINS
    others = (one for one in known if one.source != fact.source)
    differ = any(values[one.pk] != values[fact.pk] and overlap(one, fact) for one in others)
    return CONFLICT if differ else STANDS


def said_by(fact: Fact, values: Mapping[int, str | None]) -> Said:
    value = values[fact.pk]
    return Said(
        fact.pk,
        None if value is None else shown(value),
        fact.source,
        fact.reliability,
        fact.evidence,
        fact.observed_on,
        fact.valid_from,
        fact.valid_until,
        fact.how,
        fact.confidence,
    )


def texts_of(facts: Iterable[Fact]) -> dict[int, str | None]:
    """The kept texts of many customers' facts, who come with them; keys are opened together."""
    facts = list(facts)
    ids = {one.customer.data_key_id for one in facts if one.value_sealed is not None}
    keys = open_living_keys(ids) if ids else {}
    texts: dict[int, str | None] = {}
    for one in facts:
        if one.value_sealed is None:
            texts[one.pk] = one.value
        elif (key := keys.get(one.customer.data_key_id)) is not None:
            place = place_of(one.customer_id, one.field)
            texts[one.pk] = open_sealed(key, place, bytes(one.value_sealed)).decode()
        else:
            texts[one.pk] = None
    return texts
