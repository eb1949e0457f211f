"""A person's named views of a page: the filters, sort and columns, as they stand in the address.

A view is a convenience of one person, shared with colleagues where that person says so; it opens
nothing that its reader could not open anyway, so it leaves no entry in the ledger. What is kept is
the query alone, sorted, without paging: `grade=CCC&sort=-amount`. Example: Alice saves "超期 CCC"
and shares it; Bob opens it and sees his own unit's holds through the same filters.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.db.models import Q

from xinheng.people.actor import Actor
from xinheng.people.models import SavedView, User
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused
from xinheng.texts import T

VIEWS_MAX: Final = 50  # of one person on one page
SHARED_SHOWN_MAX: Final = 50
NAME_MAX: Final = 60
QUERY_MAX: Final = 500
NAME_FIELD: Final = T("视图名称", "view name")


def kept_query(text: str, words: Collection[str]) -> str:
    """The query with only the page's own words, in a stable order; refuses VIEW_TOO_LONG."""
    said = parse_qsl(text[: QUERY_MAX * 4].replace("\0", ""))
    kept = urlencode(sorted(pair for pair in said if pair[0] in words))
    if len(kept) > QUERY_MAX:
        raise Refused(PeopleRefusal.VIEW_TOO_LONG, most=QUERY_MAX)
    return kept


def save_view(
    page: str, name: str, query: str, *, shared: bool, actor: Actor, at: datetime
) -> SavedView:
    """Keep a view under a name, or give a name of one's own another query.

    `query` comes from `kept_query`. Refuses NOT_PERMITTED (a machine has no views), BLANK,
    VIEW_NAME_TOO_LONG, TOO_MANY_VIEWS.
    """
    person, name = _person(actor), name.strip()
    if not name:
        raise Refused(PeopleRefusal.BLANK, field=f"{NAME_FIELD.zh} / {NAME_FIELD.en}")
    if len(name) > NAME_MAX:
        raise Refused(PeopleRefusal.VIEW_NAME_TOO_LONG, most=NAME_MAX)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person)  # one after the other
        mine = SavedView.objects.filter(user_id=person, page=page)
        if not mine.filter(name=name).exists() and mine.count() >= VIEWS_MAX:
            raise Refused(PeopleRefusal.TOO_MANY_VIEWS, most=VIEWS_MAX)
        told = {"query": query, "shared": shared, "saved_at": at}
        view, _ = SavedView.objects.update_or_create(
            user_id=person, page=page, name=name, defaults=told
        )
    return view


def delete_view(view_id: int, *, actor: Actor) -> bool:
    """Forget a view of one's own; False where there is none (any more)."""
    gone, _ = SavedView.objects.filter(pk=view_id, user_id=_person(actor)).delete()
    return gone == 1


def views_of(user: User, page: str) -> list[SavedView]:
    """The person's own views of a page by name, then those that colleagues share."""
    rows = SavedView.objects.filter(page=page).select_related("user")
    mine = rows.filter(user=user).order_by("name")[:VIEWS_MAX]
    shared = rows.filter(Q(shared=True) & ~Q(user=user)).order_by("name", "pk")
    return [*mine, *shared[:SHARED_SHOWN_MAX]]


def _person(actor: Actor) -> int:
    if actor.kind != "user" or actor.person_id is None:
        raise Refused(PeopleRefusal.NOT_PERMITTED, permission="user")
    return actor.person_id
