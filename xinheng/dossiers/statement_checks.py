"""Does a statement of a standard add up? Pure: lines in, faults and warnings out.

Every sum that is told must be what its lines add up to, to the minor unit; one that is not told is
derived and marked. Assets = liabilities + equity; income foots to net profit; operating, investing
and financing cash flow foot to the change in cash, and opening + change = closing. What can differ
for good reasons (restricted cash, dividends) is a warning with the difference. Example: current
assets of 300.00 and 199.99 with a total of 500.00 → fault: "says 500.00; its lines add up to
499.99; 0.01 apart".
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from xinheng.credit.money import display
from xinheng.dossiers.statement_templates import Line, Template
from xinheng.texts import T


class Finding(Struct, frozen=True):
    """One line that does not agree with another sum: both amounts and how far they are apart."""

    line: str
    text: T
    says_minor: int
    other_minor: int

    @property
    def difference_minor(self) -> int:
        return self.says_minor - self.other_minor


class Checked(Struct, frozen=True):
    """All lines with derived sums, the names of what was derived, the models' figures, findings."""

    lines: dict[str, int]
    derived: list[str]
    figures: dict[str, int]
    missing: list[str]
    faults: list[Finding]
    warnings: list[Finding]

    @property
    def holds(self) -> bool:
        return not self.missing and not self.faults


def check(
    template: Template,
    told: Mapping[str, int],
    currency: str,
    before: Mapping[str, int] | None = None,
) -> Checked:
    """Check what is told against the template; `before` are the lines of a year earlier."""
    said = {code: told[code] for code in template.by_code if code in told}
    sums = _Sums(template, said)
    lines = {line.code: sums.value(line.code) for line in template.lines}
    known = {code: value for code, value in lines.items() if value is not None}
    faults = [
        *_unfooted(template, said, sums, currency),
        *_unsplit(template, known, currency),
        *_unequal(template, known, currency),
    ]
    figures, reckoned = _figures(template, known)
    return Checked(
        lines=known,
        derived=sorted({*known, *reckoned} - set(said)),
        figures=figures,
        missing=[code for code in template.must if code not in known],
        faults=faults,
        warnings=_warnings(template, known, before or {}, currency),
    )


class _Sums:
    """Values of lines: as told, else derived from what adds up to them."""

    def __init__(self, template: Template, told: Mapping[str, int]) -> None:
        self.lines, self.told = template.by_code, told
        self.known: dict[str, int | None] = {}

    def value(self, code: str) -> int | None:
        if code not in self.known:
            self.known[code] = self.told.get(code, self.added(code))
        return self.known[code]

    def added(self, code: str) -> int | None:
        """What the lines of a sum add up to; None where none of them is known."""
        found = [(self.value(child), sign) for child, sign in self.lines[code].adds]
        terms = [value * sign for value, sign in found if value is not None]
        return sum(terms) if terms else None


def _unfooted(
    template: Template, told: Mapping[str, int], sums: _Sums, currency: str
) -> list[Finding]:
    found = []
    for line in template.lines:
        added = sums.added(line.code) if line.adds else None
        if line.code in told and added is not None and told[line.code] != added:
            found.append(_finding(line, _FOOTS, told[line.code], added, currency))
    return found


def _unsplit(template: Template, known: Mapping[str, int], currency: str) -> list[Finding]:
    """Lines that divide another one (by owners, by continuity, the indirect cash flow)."""
    groups: dict[tuple[str, str], list[int]] = {}
    for line in template.lines:
        if line.split and line.code in known:
            groups.setdefault((line.of, line.split), []).append(known[line.code])
    found = []
    for (whole, _), values in groups.items():
        if whole in known and known[whole] != sum(values):
            line = template.by_code[whole]
            found.append(_finding(line, _SPLITS, known[whole], sum(values), currency))
    return found


def _unequal(template: Template, known: Mapping[str, int], currency: str) -> list[Finding]:
    found = []
    for first, second in template.equal:
        if first in known and second in known and known[first] != known[second]:
            other = template.by_code[second].name
            line = template.by_code[first]
            found.append(_finding(line, _EQUALS, known[first], known[second], currency, other))
    return found


def _warnings(
    template: Template, known: Mapping[str, int], before: Mapping[str, int], currency: str
) -> list[Finding]:
    """Differences that a reader must know of, and that may have a reason."""
    found = []
    pairs = [
        (template.cash[0], known.get(template.cash[1]), _CASH),
        (template.opening[0], before.get(template.opening[1]), _OPENING),
        (template.roll[0], _rolled(template, known, before), _ROLL),
    ]
    for code, other, text in pairs:
        if code in known and other is not None and known[code] != other:
            found.append(_finding(template.by_code[code], text, known[code], other, currency))
    return found


def _rolled(template: Template, known: Mapping[str, int], before: Mapping[str, int]) -> int | None:
    """Equity of a year earlier and this year's profit, before dividends and new capital."""
    equity, profit = template.roll
    if equity not in before or profit not in known:
        return None
    return before[equity] + known[profit]


def _figures(template: Template, known: Mapping[str, int]) -> tuple[dict[str, int], set[str]]:
    """What models read, and the names of those that are no line's own value."""
    figures: dict[str, int] = {}
    reckoned: set[str] = set()
    for figure in template.figures:
        there = [known[code] for code in figure.adds if code in known]
        if not there or (figure.whole and len(there) < len(figure.adds)):
            continue
        figures[figure.name] = sum(there)
        if len(there) > 1:
            reckoned.add(figure.name)
    return figures, reckoned


def _finding(
    line: Line, text: T, says: int, other: int, currency: str, beside: T | None = None
) -> Finding:
    told = {
        "says": display(says, currency),
        "other": display(other, currency),
        "apart": display(abs(says - other), currency),
        "currency": currency,
    }
    zh = text.zh.format(line=line.name.zh, beside=beside.zh if beside else "", **told)
    en = text.en.format(line=line.name.en, beside=beside.en if beside else "", **told)
    return Finding(line.code, T(zh, en), says, other)


_FOOTS = T(
    "“{line}”填 {says}，各行相加 {other}，相差 {apart} {currency}",
    "{line} says {says}; its lines add up to {other}; {apart} {currency} apart",
)
_SPLITS = T(
    "“{line}”为 {says}，其构成相加 {other}，相差 {apart} {currency}",
    "{line} is {says}; its breakdown adds up to {other}; {apart} {currency} apart",
)
_EQUALS = T(
    "“{line}”{says} 与“{beside}”{other} 不等，相差 {apart} {currency}",
    "{line} {says} and {beside} {other} differ; {apart} {currency} apart",
)
_CASH = T(
    "“{line}”{says} 与资产负债表的货币资金 {other} 相差 {apart} {currency}（如有受限资金属正常）",
    "{line} {says} and the balance sheet's cash {other} are {apart} {currency} apart (restricted "
    "cash can explain it)",
)
_OPENING = T(
    "“{line}”{says} 与上年期末余额 {other} 相差 {apart} {currency}",
    "{line} {says} and last year's closing balance {other} are {apart} {currency} apart",
)
_ROLL = T(
    "“{line}”{says}，上年数加本年净利润为 {other}，相差 {apart} {currency}（分红、增资等请核实）",
    "{line} is {says}; last year's with this year's profit is {other}; {apart} {currency} apart "
    "(dividends or new capital can explain it)",
)
