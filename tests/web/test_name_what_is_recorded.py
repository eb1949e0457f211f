"""What the rooms write down has a name on the pages: every state, every kind of ledger entry."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xinheng.applications.trail import ACTS
from xinheng.decisions.models import Decision, Hold, Recheck
from xinheng.limits.models import Reservation
from xinheng.people.roles import permission_words
from xinheng.web.decisions import words
from xinheng.web.ledger.reading import KINDS

ROOMS = Path(__file__).parents[2] / "xinheng"
# What a module that records has in its hands; a kind is the dotted text that it passes on.
RECORDS = {"NewEntry", "record", "entry_about", "append_one"}
DOTTED = re.compile(r"[a-z_]+\.[a-z_]+\Z")
OF_GUESTS = {"registrations.fill", "references.answer"}  # permission words that no role has
SEALED = "_sealed"  # a sealed column's place, not a kind

STATES = [
    (Reservation, "state", words.RESERVATION_STATES, set()),
    (Hold, "state", words.HOLD_STATES, set()),
    (Decision, "outcome", words.OUTCOMES, set()),
    (Decision, "point", words.POINTS, {"order"}),  # an order's own check needs no word
    (Recheck, "cause", words.CAUSES, set()),
]


def allowed(model: Any, field: str) -> set[str]:
    """What the table itself allows in the field."""
    found = [
        set(values)
        for constraint in model._meta.constraints
        if hasattr(constraint, "condition")
        for name, values in _pairs(constraint.condition)
        if name == f"{field}__in"
    ]
    return max(found, key=len)


def _pairs(condition: Any) -> Iterator[tuple[str, Any]]:
    for child in getattr(condition, "children", ()):
        if isinstance(child, tuple):
            yield child
        else:
            yield from _pairs(child)


@pytest.mark.parametrize(
    ("model", "field", "named", "silent"), STATES, ids=[f"{m.__name__}.{f}" for m, f, *_ in STATES]
)
def test_every_state_that_a_table_allows_has_a_word(model, field, named, silent):
    """Words without "replaced" fail here."""
    assert set(named) == allowed(model, field) - silent


def recorded_kinds() -> set[str]:
    """Every kind of ledger entry in the sources, by the texts of the modules that record."""
    found = set()
    for path in ROOMS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        if RECORDS & {name.name for node in imports for name in node.names}:
            found |= {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and DOTTED.match(node.value)
                and not node.value.endswith(SEALED)
            }
    return (found | {f"application.{act}" for act in ACTS}) - permission_words() - OF_GUESTS


def test_every_kind_of_ledger_entry_has_a_title():
    """An action that records a new kind fails here until reading.KINDS names it; so does a title
    of something that nobody records.
    """
    kinds = recorded_kinds()
    assert {"order_check.decided", "line.held", "rates.recorded", "customer.merged"} <= kinds
    assert set(KINDS) == kinds
