"""What doors hand to this room: a talk as a person writes it down.

A follow-up is told with its day and who does it; without a person it is the writer's own. Example:
a call about payment on 2026-11-20, follow-up on 2026-11-27.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct


class NewTalk(Struct, frozen=True, kw_only=True):
    """A talk to be kept."""

    customer_code: str
    day: date
    kind: str
    concerns: str
    subject: str
    with_whom: str = ""
    text: str = ""
    follow_up_on: date | None = None
    follow_up_by: int | None = None  # a person's id; None: the writer
