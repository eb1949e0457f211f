"""Terms are read, written and give due dates."""

from datetime import date

import pytest

from xinheng.credit.term import TermError, due_on, format_terms, parse


@pytest.mark.parametrize(
    ("text", "issued_on", "due"),
    [
        ("N30", "2026-09-01", "2026-10-01"),
        ("N45", "2026-10-10", "2026-11-24"),
        ("N0", "2026-02-28", "2026-02-28"),
        ("EOM", "2028-02-03", "2028-02-29"),
        ("EOM+30", "2026-01-15", "2026-03-02"),
        ("EOM+2M", "2026-12-31", "2027-02-28"),
        ("EOM+1M", "2026-02-28", "2026-03-31"),
        ("STM25+1M10", "2026-01-25", "2026-02-10"),
        ("STM25+1M10", "2026-01-26", "2026-03-10"),
        ("STM25+1M", "2026-01-20", "2026-02-28"),
        ("STM25+1M-3", "2026-01-20", "2026-02-25"),
        ("STM31+1M31", "2026-04-30", "2026-05-31"),
        ("STM25+30", "2026-12-26", "2027-02-24"),
        ("DAY5,20", "2026-03-05", "2026-03-05"),
        ("DAY5,20+15", "2026-03-06", "2026-04-05"),
        ("DAY31", "2026-02-10", "2026-02-28"),
        ("DAY31", "2026-12-31", "2026-12-31"),
    ],
)
def test_terms_give_a_due_date(text: str, issued_on: str, due: str) -> None:
    assert due_on(parse(text), date.fromisoformat(issued_on)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    "text",
    [
        "N30",
        "EOM",
        "EOM+30",
        "EOM+2M",
        "STM25+1M10",
        "STM25+1M",
        "STM25+1M-3",
        "STM25+30",
        "DAY5,20+15",
    ],
)
def test_terms_are_written_as_they_were_read(text: str) -> None:
    assert format_terms(parse(text)) == text
    assert parse(f" {text.lower()} ") == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "N",
        "N-5",
        "N9999",
        "EOM+",
        "STM32+1M10",
        "STM0+30",
        "STM25+0M5",
        "STM25+1M-28",
        "DAY0",
        "DAY32",
        "DAY",
        "STM25+99M1",
        "EOM+2MX",
    ],
)
def test_terms_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(TermError):
        parse(text)
