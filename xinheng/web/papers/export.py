"""A list to take along: the rows that its page shows under the same address, without paging.

The page's form posts here with the query of the page; the answer is a workbook or CSV, and the
ledger keeps who took which list, narrowed how, in which form and how many rows. Example: POST
/papers/lists/holds/?tab=overdue form=csv-gb18030 → 冻结订单-20261123-1015.csv.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from xinheng.papers import press
from xinheng.papers.making import record_list
from xinheng.papers.sheets import ENCODINGS, Listing, as_csv, as_workbook
from xinheng.texts import T
from xinheng.web.frame.answers import download
from xinheng.web.papers.lists import LISTS, Listed
from xinheng.web.papers.views import XLSX, reader_of, spoken

FORMS: Final = ("xlsx", *ENCODINGS)


@require_POST
def export(request: Any, name: str) -> HttpResponse:
    """The list of that name, if the reader may open its page."""
    listed = LISTS.get(name)
    if listed is None or not request.user.may(listed.word):
        raise Http404("no such list")
    form = request.POST.get("form", "xlsx")
    if form not in FORMS:
        raise Http404("no such form")
    return spoken(request, lambda: _answer(request, name, listed, form))


def _answer(request: HttpRequest, name: str, listed: Listed, form: str) -> HttpResponse:
    reader = reader_of(request)
    with press.lane():
        found = listed.read(request)
        lines = T("为 {n} 于 {t} 导出；筛选：{q}", "Made for {n} on {t}; narrowed: {q}").format(
            n=reader.name,
            t=timezone.localtime(reader.at).strftime("%Y-%m-%d %H:%M"),
            q=request.GET.urlencode() or "–",
        )
        columns = listed.columns(request)
        listing = Listing(listed.title, columns, found.rows, found.total, [str(lines)])
        content = as_workbook(listing) if form == "xlsx" else as_csv(listing, ENCODINGS[form])
    record_list(name, request.GET.urlencode(), form, len(found.rows), reader)
    stamp = timezone.localtime(reader.at).strftime("%Y%m%d-%H%M")
    suffix = "xlsx" if form == "xlsx" else "csv"
    kind = XLSX if form == "xlsx" else "application/octet-stream"
    response = download(content, f"{listed.title}-{stamp}.{suffix}", kind)
    response["Cache-Control"] = "no-store, private"
    return response
