"""One assessment: what was read, what it earned, what it suggests, and whether it comes out again.

The page judges the assessment once more from its record, at every view, and says whether all bytes
agree and whether the ledger's entry committed to this row. Example: 612 points, BBB, 1,240 bytes
identical; the statement of 2025 had not been verified and would have helped: left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from xinheng.credit import further_limits, limit_method
from xinheng.credit.limit_method import MethodValue
from xinheng.customers.models import Customer
from xinheng.decisions.assessing_again import Again, again
from xinheng.decisions.models import Assessment
from xinheng.decisions.queries import find_assessment
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.files.reading import points_of

METHODS: Final[Mapping[str, Mapping[str, str]]] = {
    **limit_method.METHODS,
    **further_limits.METHODS,
}
STATEMENTS: Final = {
    "verified": T("已核实", "verified"),
    "used": T(
        "未核实，因使结果更差（或政策允许）而计入",
        "not verified; counted because it makes the result worse, or the policy says so",
    ),
    "left_out": T(
        "未核实，计入会使结果更好，因此不计",
        "not verified; it would have helped, so it was left out",
    ),
    "": T("没有可用的报表", "no statement to use"),
}
RESULTS: Final = {
    "identical": (T("按当时记录重算，逐字节一致", "Judged again: identical"), "within"),
    "different": (T("重算结果不一致", "Judged again: different"), "stop"),
    "no_record": (T("早于保存记录的版本，无法重算", "Made before records were kept"), "none"),
    "by_expert": (T("专家评级", "A person's rating"), "none"),
}
ENTRIES: Final = {
    "committed": T("与存证一致", "as the ledger committed to it"),
    "differs": T("与存证不符", "NOT as the ledger committed to it"),
    "unknown": T("存证未核对", "not compared with the ledger"),
}


@require_safe
def assessment(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The assessment, read and judged again."""
    customer: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    made = find_assessment(request.user, number)
    if made is None or made.customer_id != customer.pk:
        raise Http404
    done = again(made)
    context = {
        "customer": customer,
        "made": made,
        "card": words.ref(made.card),
        "points": points_of(made),
        "reasons": [T(row["zh"], row["en"]) for row in made.reasons],
        "done": done,
        "result": RESULTS[done.result],
        "entry": ENTRIES[done.entry],
        **_limit(done),
        **_read(made, done),
    }
    return render(request, "grades/assessment.html", context)


def _limit(done: Again) -> dict[str, Any]:
    """Every method's value with its reason, and what they make."""
    if done.combined is None or done.record is None:
        return {"methods": [], "said": None}
    return {
        "methods": [method_words(one) for one in done.combined.methods],
        "combined": done.combined,
        "said": done.record.said,
    }


def method_words(one: MethodValue) -> tuple[str, T, int | None, T | None]:
    """A method in words: code, name, value, why it has none."""
    named = METHODS.get(one.method, {"zh": one.method, "en": one.method})
    why = further_limits.why_not_text(one.why_not) if one.why_not else None
    return (
        one.method,
        T(named["zh"], named["en"]),
        one.value_minor,
        T(why["zh"], why["en"]) if why else None,
    )


def _read(made: Assessment, done: Again) -> dict[str, Any]:
    if done.record is None:
        return {"read": None}
    return {"read": done.record.read, "statement": STATEMENTS[done.record.said.statement]}
