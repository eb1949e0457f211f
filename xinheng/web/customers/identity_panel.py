"""Who the company is, on the tab of basics: its numbers with their verdicts, its names, its place.

Numbers and names honour the view: those known on the day looked at. Reading, place, trade, parent
and payer are kept as they are today only, and stay away while one looks back. Example: an early
code shows 特别采用 with the reason and the person who took it on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.http import HttpRequest
from msgspec import Struct

from xinheng.credit.divisions import division
from xinheng.credit.identity import OVERRIDE, UNCHECKED, VALID, WARN, check
from xinheng.credit.industries import industry
from xinheng.customers.identities import PERMISSION
from xinheng.customers.models import Customer, Identity, OtherName
from xinheng.customers.search_text import pinyin_of
from xinheng.dossiers.lineage import aliases_of
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

SHOWN_MAX: Final = 40
KINDS: Final = {
    "uscc": T("统一社会信用代码", "USCC"),
    "lei": T("LEI 编码", "LEI"),
    "duns": T("邓白氏编码", "DUNS"),
    "vat": T("增值税号", "VAT number"),
    "other": T("其他号码", "Other number"),
}
VERDICTS: Final = {  # words and meaning colour
    VALID: (T("校验通过", "checks out"), "within"),
    WARN: (T("可用，请核对", "usable, look again"), "watch"),
    OVERRIDE: (T("不合标准，特别采用", "fails the standard, taken on"), "act"),
    UNCHECKED: (T("无校验规则", "no rule to check it"), "quiet"),
}


class Number(Struct, frozen=True):
    """A number in words; `id` 0: only a file tells it, and nobody has taken it on."""

    id: int
    kind: T
    value: str
    verdict: T
    tone: str
    why: T | None
    reason: str
    by: str
    at: datetime | None
    ended_at: datetime | None


def identity_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """Numbers, names, place and relations of one company."""
    then = seen.known_at
    names = OtherName.objects.filter(customer=customer).order_by("-kind", "-used_until", "name")
    names = names if then is None else names.filter(first_seen_at__lte=then)
    found: dict[str, Any] = {
        "numbers": numbers_of(customer, then),
        "former": [one for one in names if one.kind == "former"][:SHOWN_MAX],
        "spellings": [one for one in names if one.kind != "former"][:SHOWN_MAX],
        "back": then is not None,
        "may_edit": then is None and customer.merged_into_id is None and _may(request),
    }
    return found if then is not None else found | _today(request, customer)


def _may(request: HttpRequest) -> bool:
    return bool(request.user.may(PERMISSION))


def _today(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    visible = Customer.objects.visible_to(request.user)
    related = visible.in_bulk(
        [pk for pk in (customer.parent_id, customer.payer_id, customer.merged_into_id) if pk]
    )
    aliases = {one.pk for one in aliases_of(customer)}
    return {
        "division": division(customer.division_code) if customer.division_code else None,
        "industry": industry(customer.industry_code) if customer.industry_code else None,
        "corrected": (customer.pinyin, customer.initials) != pinyin_of(customer.name),
        "parent": related.get(customer.parent_id or 0),
        "payer": related.get(customer.payer_id or 0),
        "survivor": related.get(customer.merged_into_id or 0),
        "merged_away": customer.merged_into_id is not None,
        "aliases": list(visible.filter(pk__in=aliases).order_by("code")),
    }


def numbers_of(customer: Customer, then: datetime | None) -> list[Number]:
    """The numbers that stand (or stood then), and the USCC of a file that nobody took on."""
    standing = Q(ended_at=None)
    if then is not None:
        standing = Q(entered_at__lte=then) & (standing | Q(ended_at__gt=then))
    kept = list(Identity.objects.filter(standing, customer=customer)[:SHOWN_MAX])
    kept.sort(key=lambda one: (list(KINDS).index(one.kind), one.value))
    names = people_of(one.entered_by for one in kept)
    shown = [_number(one, names) for one in kept]
    if then is None and customer.uscc and customer.uscc not in {one.value for one in kept}:
        shown.insert(0, _told(customer.uscc))
    return shown


def _number(one: Identity, names: dict[str, str]) -> Number:
    verdict, tone = VERDICTS[one.verdict]
    checked = check(one.kind, one.value)
    why = T(**checked.reason.both()) if checked.reason and one.verdict != VALID else None
    return Number(
        id=one.pk,
        kind=KINDS[one.kind],
        value=one.value,
        verdict=verdict,
        tone=tone,
        why=why,
        reason=one.override_reason,
        by=names.get(one.entered_by, one.entered_by),
        at=one.entered_at,
        ended_at=one.ended_at,
    )


_ONLY_TOLD: Final = T(
    "只有文件提供，另一客户已有此号码，或须由人特别采用",
    "only a file tells it: another customer has it, or a person must take it on",
)


def _told(value: str) -> Number:
    checked = check("uscc", value)
    why = T(**checked.reason.both()) if checked.reason else None
    kind = KINDS["uscc"]
    return Number(0, kind, value, _ONLY_TOLD, "act", why, "", "", None, None)


def people_of(refs: Iterable[str]) -> dict[str, str]:
    """ "user:3" → the person's name; machines and files keep their own words."""
    ids = {
        ref: int(ref.partition(":")[2])
        for ref in set(refs)
        if ref.startswith("user:") and ref.partition(":")[2].isdecimal()
    }
    people = User.objects.in_bulk(set(ids.values()))
    return {ref: person_name(people[pk]) for ref, pk in ids.items() if pk in people}
