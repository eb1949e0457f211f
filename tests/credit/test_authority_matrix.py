"""The authority matrix, every cell of it and both sides of every edge."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit import authority_matrix
from xinheng.credit.authority_matrix import (
    Case,
    StageRule,
    against_automatic,
    cell,
    load,
    roles_above,
    stages_of,
)
from xinheng.credit.scale import GRADES
from xinheng.credit.shipped import document

MATRIX = load(document("authority_matrix_v1.json"))

EDGES = [200_000_00, 1_000_000_00, 5_000_000_00, 20_000_000_00]
GOOD, MIDDLE, BAD = ("AAA", "AA", "A", "BBB"), ("BB", "B"), ("CCC", "CC", "C", "D", "", None, "XX")

OFFICER = [("any", ("credit_officer",))]
MANAGER = [("any", ("credit_manager",))]
FINANCE = [("any", ("finance_director",))]
BOTH = [("all", ("credit_manager", "finance_director"))]
SALES_TOO = [("all", ("finance_director", "sales_director"))]
COMMITTEE = [("committee", ("committee",))]
GENERAL = [("any", ("general_manager",))]
BOARD = [("committee", ("board",))]

# reference.md 6.2, row by row
TABLE: list[tuple[list[Any], list[Any], list[Any]]] = [
    ([], OFFICER, MANAGER),
    (OFFICER, MANAGER, BOTH),
    (MANAGER, FINANCE, COMMITTEE),
    (SALES_TOO, COMMITTEE, GENERAL),
    (COMMITTEE + GENERAL, GENERAL, BOARD),
]


def _amounts(band: int) -> list[int | None]:
    """The first and the last minor unit of a band, and for the open one no end at all."""
    first = EDGES[band - 1] + 1 if band else 0
    last: int | None = EDGES[band] if band < len(EDGES) else None
    return [first, first + 12_345, last]


CELLS = [
    (amount, grade, row, column)
    for row in range(5)
    for amount in _amounts(row)
    for column, grades in enumerate((GOOD, MIDDLE, BAD))
    for grade in grades
]


@pytest.mark.parametrize(("amount", "grade", "row", "column"), CELLS)
def test_every_cell_names_who_has_to_agree(
    amount: int | None, grade: str | None, row: int, column: int
) -> None:
    found = cell(MATRIX, amount, grade)
    assert (found.band, found.column) == (row, column)
    assert [(one.mode, one.roles) for one in stages_of(MATRIX, found.route)] == TABLE[row][column]


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize("grade", [*GOOD, *MIDDLE, *BAD])
def test_an_unsecured_exception_stands_in_the_worst_column(row: int, grade: str | None) -> None:
    found = cell(MATRIX, _amounts(row)[0], grade, unsecured=True)
    assert [(o.mode, o.roles) for o in stages_of(MATRIX, found.route)] == TABLE[row][2]


@given(
    st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from([*GRADES, "", None]),
    st.booleans(),
)  # fmt: skip
def test_more_money_never_leads_to_a_lower_band(
    one: int, more: int, grade: str | None, unsecured: bool
) -> None:
    low = cell(MATRIX, one, grade, unsecured=unsecured)
    high = cell(MATRIX, one + more, grade, unsecured=unsecured)
    assert low.band <= high.band and low.column == high.column


def test_a_committee_wants_two_thirds_of_at_least_three() -> None:
    assert stages_of(MATRIX, "committee") == (StageRule("committee", ("committee",), 3, (2, 3)),)


GOOD_CASE = Case(100_000_00, 100_000_00, (), 8000, 180)


@pytest.mark.parametrize(
    ("case", "against"),
    [
        (GOOD_CASE, ()),
        (Case(100_000_01, 100_000_00, (), 8000, 180), ("above_suggestion",)),
        (Case(100_000_00, None, (), 8000, 180), ("above_suggestion",)),
        (Case(100_000_00, 100_000_00, ("insolvency",), 8000, 180), ("red_line",)),
        (Case(100_000_00, 100_000_00, (), 7999, 180), ("file_thin",)),
        (Case(100_000_00, 100_000_00, (), None, 180), ("file_thin",)),
        (Case(100_000_00, 100_000_00, (), 8000, 181), ("file_old",)),
        (Case(100_000_00, 100_000_00, (), 8000, None), ("file_old",)),
        (Case(100_000_00, 100_000_00, (), 8000, 180, True), ("grade_overridden",)),
        (Case(1, None, ("x",), 0, 999), ("above_suggestion", "red_line", "file_thin", "file_old")),
    ],
)
def test_without_a_person_only_where_everything_agrees(
    case: Case, against: tuple[str, ...]
) -> None:
    assert against_automatic(MATRIX, case) == against


def test_the_ladder_ends_at_the_board() -> None:
    assert roles_above(MATRIX, "credit_officer") == (
        *("credit_manager", "finance_director", "general_manager", "board"),
    )
    assert roles_above(MATRIX, "sales_director") == ("general_manager", "board")
    assert roles_above(MATRIX, "board") == ()


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("bands", 4, "up_to"), "30000000.00", "last one is open"),
        (("bands", 1, "up_to"), "200000.00", "rise"),
        (("bands", 0, "up_to"), "200000.001", "decimals"),
        (("bands", 0, "routes"), ["auto", "officer"], "for each column"),
        (("bands", 0, "routes"), ["auto", "officer", "nobody"], "no such route"),
        (("columns",), ["BBB", "B"], "last column"),
        (("columns",), ["B", "BBB", ""], "better to worse"),
        (("routes", "officer"), [], "only the automatic"),
        (("routes", "officer"), [{"mode": "most", "roles": ["x"]}], "mode"),
        (("routes", "board"), [{"mode": "committee", "roles": ["x"], "share": [3, 2]}], "quorum"),
        (("refusing",), "auto", "only the automatic"),
        (("currency",), "CNX", "Currency"),
    ],
)
def test_a_matrix_that_leaves_a_hole_is_not_taken(path: Any, value: Any, fault: str) -> None:
    body = copy.deepcopy(document("authority_matrix_v1.json"))
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=fault):
        authority_matrix.load(body)
