"""Who is told when a model needs a look: those who may edit models, once for each matter.

Two kinds: "drift" (the book has moved from what the live card expects, by month) and "challenger"
(a challenger can't be evaluated). Example: about "2026-10:behaviour v1" is told to Alice once,
however often October is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from xinheng.decisions.notices import ABOUT_MAX, NewNotice, tell_about
from xinheng.people.models import User


def tell_model_people(kind: str, about: Iterable[str], *, at: datetime) -> int:
    """A notice to each person who may edit models, for each thing; returns how many are new."""
    things = sorted({one[:ABOUT_MAX] for one in about})
    if not things:
        return 0
    people = User.objects.filter(is_active=True, roles__permissions__contains=["models.edit"])
    ids = people.distinct().order_by("pk").values_list("pk", flat=True)
    return tell_about(
        [NewNotice(user_id, kind, None, one) for user_id in ids for one in things], at=at
    )
