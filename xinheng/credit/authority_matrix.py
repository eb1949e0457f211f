"""Who has to agree to a limit: the authority matrix, by the group's exposure after it and grade.

    total after, CNY   grade ≥ BBB               BB – B                CCC and below, unsecured
    ≤ 200,000          by itself, if all agrees  credit officer        credit manager
    ≤ 1,000,000        credit officer            credit manager        manager and finance director
    ≤ 5,000,000        credit manager            finance director      committee
    ≤ 20,000,000       finance and sales         committee             general manager
    above              committee, then general   general manager       board

A band ends with its last cent: 200,000.00 is the first, 200,000.01 the second. Not rated, a grade
that is not on the scale and an unsecured exception stand in the worst column; an unlimited amount
in the last band. Worked: 800,000.00 asked by a BBB group that then may owe 1,300,000.00: a credit
manager; the same at BB: the finance director. All of it is data: authority_matrix_v1.json.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.money import MoneyError, exponent, to_minor
from xinheng.credit.scale import GRADES, grade_rank

MODES: Final = ("all", "any", "sequence", "committee")
AUTO: Final = "auto"


class StageRule(Struct, frozen=True):
    """One stage: whose voices, and how many of them it takes. For a committee: so many that may
    vote must have voted, and this share of all that may must agree.
    """

    mode: str
    roles: tuple[str, ...]
    quorum: int = 0
    share: tuple[int, int] = (0, 1)


class Automatic(Struct, frozen=True):
    """What must hold for a grant without a person, and the route where it does not."""

    otherwise: str
    complete_bps_least: int
    file_days_most: int


class Case(Struct, frozen=True):
    """What the automatic route looks at. None: not known, which never passes."""

    amount_minor: int
    suggested_minor: int | None
    red_lines: tuple[str, ...]
    complete_bps: int | None
    file_days: int | None
    overridden: bool = False


class Matrix(Struct, frozen=True):
    """A matrix, read and checked. `bands`: (last minor unit or None, route of each column)."""

    name: str
    version: int
    currency: str
    columns: tuple[str, ...]
    bands: tuple[tuple[int | None, tuple[str, ...]], ...]
    routes: dict[str, tuple[StageRule, ...]]
    automatic: Automatic
    refusing: str
    lowering: str
    together_days: int
    escalate_after_working_days: int
    above: dict[str, str]


class Cell(Struct, frozen=True):
    """Where an application stands in the matrix, and the route from there."""

    band: int
    column: int
    route: str


def cell(
    matrix: Matrix, total_minor: int | None, grade: str | None, *, unsecured: bool = False
) -> Cell:
    """The cell of a group's exposure after it (None: unlimited), in the matrix's currency."""
    band = _band(matrix, total_minor)
    column = len(matrix.columns) - 1 if unsecured else _column(matrix, grade)
    return Cell(band, column, matrix.bands[band][1][column])


def _band(matrix: Matrix, total_minor: int | None) -> int:
    if total_minor is not None:
        for number, (last, _) in enumerate(matrix.bands):
            if last is None or total_minor <= last:
                return number
    return len(matrix.bands) - 1


def _column(matrix: Matrix, grade: str | None) -> int:
    for number, worst in enumerate(matrix.columns):
        if worst and grade in GRADES and grade_rank(grade or "") <= grade_rank(worst):
            return number
    return len(matrix.columns) - 1


def against_automatic(matrix: Matrix, case: Case) -> tuple[str, ...]:
    """What speaks against granting without a person; empty where nothing does."""
    rule = matrix.automatic
    found = {
        "above_suggestion": case.suggested_minor is None
        or case.amount_minor > case.suggested_minor,
        "red_line": bool(case.red_lines),
        "file_thin": case.complete_bps is None or case.complete_bps < rule.complete_bps_least,
        "file_old": case.file_days is None or case.file_days > rule.file_days_most,
        "grade_overridden": case.overridden,
    }
    return tuple(code for code, holds in found.items() if holds)


def stages_of(matrix: Matrix, route: str) -> tuple[StageRule, ...]:
    """The stages of a route, in order."""
    return matrix.routes[route]


def roles_above(matrix: Matrix, role: str) -> tuple[str, ...]:
    """The ladder from a role upwards, nearest first: who may stand in once it was escalated."""
    found: list[str] = []
    while (role := matrix.above.get(role, "")) and role not in found:
        found.append(role)
    return tuple(found)


# --- Reading a body


def load(body: Mapping[str, Any]) -> Matrix:
    """A body as a matrix. Raises ValueError with the reason where it can't be used."""
    currency = body["currency"]
    try:
        exponent(currency)
        bands = tuple(
            (None if row["up_to"] is None else to_minor(row["up_to"], currency),
             tuple(row["routes"]))
            for row in body["bands"]
        )  # fmt: skip
    except MoneyError as error:
        raise ValueError(str(error)) from error
    routes = {name: tuple(map(_stage, rules)) for name, rules in body["routes"].items()}
    given = body["automatic"]
    matrix = Matrix(
        str(body["name"]),
        int(body["version"]),
        currency,
        tuple(body["columns"]),
        bands,
        routes,
        Automatic(given["otherwise"], given["complete_bps_least"], given["file_days_most"]),
        body["refusing"],
        body["lowering"],
        int(body["together_days"]),
        int(body["escalate_after_working_days"]),
        dict(body["above"]),
    )
    _check(matrix)
    return matrix


def _stage(rule: Mapping[str, Any]) -> StageRule:
    share = tuple(rule.get("share", (0, 1)))
    stage = StageRule(rule["mode"], tuple(rule["roles"]), rule.get("quorum", 0), share)
    if stage.mode not in MODES or not stage.roles:
        raise ValueError(f"a stage wants roles and a mode of {', '.join(MODES)}")
    if stage.mode == "committee":
        above, below = stage.share
        if stage.quorum < 1 or not 0 < above <= below:
            raise ValueError("a committee wants a quorum and a share above 0 and not above 1")
    return stage


def _check(matrix: Matrix) -> None:
    lasts = [last for last, _ in matrix.bands]
    closed = [last for last in lasts[:-1] if last is not None]
    if lasts[-1:] != [None] or len(closed) != len(lasts) - 1 or closed != sorted(set(closed)):
        raise ValueError("bands rise, and only the last one is open")
    if not matrix.columns or matrix.columns[-1] != "":
        raise ValueError("the last column takes what the others leave: name it with an empty text")
    ranks = [grade_rank(worst) for worst in matrix.columns[:-1]]
    if ranks != sorted(set(ranks)) or not set(matrix.columns[:-1]) <= set(GRADES):
        raise ValueError("columns go from better to worse grades of the scale")
    used = {route for _, row in matrix.bands for route in row}
    used |= {matrix.automatic.otherwise, matrix.refusing, matrix.lowering}
    if missing := sorted(used - matrix.routes.keys()):
        raise ValueError(f"no such route: {', '.join(missing)}")
    if any(len(row) != len(matrix.columns) for _, row in matrix.bands):
        raise ValueError("each band names one route for each column")
    empty = {name for name, stages in matrix.routes.items() if not stages}
    if empty - {AUTO} or {matrix.automatic.otherwise, matrix.refusing, matrix.lowering} & empty:
        raise ValueError("only the automatic route has no stages")
    if any(role in roles_above(matrix, role) for role in matrix.above):
        raise ValueError("the ladder of escalation has an end")
