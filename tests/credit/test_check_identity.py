"""Numbers of companies: what is wrong with one, in words that say how to mend it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from xinheng.credit.identity import INVALID, KINDS, OVERRIDE, UNCHECKED, VALID, WARN, check
from xinheng.credit.identity.lei import check_digits
from xinheng.credit.identity.uscc import (
    ALPHABET,
    check_character,
    early_codes,
    is_personal,
    organisation_check,
)

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"
OK = "91350100M000100Y43"


def rows(name: str) -> list[dict[str, str]]:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"the reference rows are not on this machine: ../shared/data/reference/{name}")
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("code", "verdict", "why"),
    [
        (OK, VALID, ""),
        ("91110108551385082Q", VALID, ""),
        ("91330100MA2ABCDEXG", VALID, ""),
        ("93510100MA6C3KLP82", VALID, ""),
        ("911100000000004570", VALID, ""),  # the remainder is 0 and so is the check
        ("91350100m000100y43", VALID, ""),
        ("９１３５０１００Ｍ０００１００Ｙ４３", VALID, ""),
        ("91 3501 00M0-0010 0Y43", VALID, ""),
        ("91350100M000100Y44", INVALID, "check"),
        ("9135010OM000100Y43", INVALID, "character"),
        ("9135010M000100Y43", INVALID, "length"),
        ("", INVALID, "empty"),
        ("91350100M000100Y4S", INVALID, "character"),
        ("٩1350100M000100Y43", INVALID, "character"),  # a digit of another script
        ("913101160529586031", WARN, "inner_check"),
        ("91350203M0001FUE2P", OVERRIDE, "early_code"),
        ("1" * 5000, INVALID, "length"),
    ],
)
def test_a_uscc_gets_its_verdict(code: str, verdict: str, why: str) -> None:
    found = check("uscc", code)
    assert (found.verdict, found.code) == (verdict, why)
    if verdict == VALID:
        assert found.reason is None
    else:
        assert found.reason is not None and len(found.reason.en) < 300


def test_words_name_the_character_that_belongs_there() -> None:
    reason = check("uscc", "91350100M000100Y44").reason
    assert reason is not None
    assert "“3”" in reason.zh and "“3”" in reason.en
    swapped = check("uscc", "9135010OM000100Y43").reason
    assert swapped is not None and "第 8 位" in swapped.zh
    meant = check("uscc", "91350100M000100YO3").reason
    assert meant is not None and "“0”" in meant.zh


def test_every_valid_reference_row_is_valid() -> None:
    """31 - r without the outer modulo fails here."""
    wrong = [
        row["code"] for row in rows("uscc_valid.csv") if check("uscc", row["code"]).verdict != VALID
    ]
    assert not wrong


def test_every_row_that_was_broken_gets_its_expected_verdict() -> None:
    """A check that forgets the inner character calls the twelve of them valid."""
    wrong = []
    for row in rows("uscc_invalid.csv"):
        said = check("uscc", row["code"]).verdict
        word = row["expected"].split(" ")[0]
        right = {"reject": INVALID, "GB": WARN, "normalise": VALID, "issued": OVERRIDE}[word]
        if said != right:
            wrong.append((row["code"], said, row["expected"]))
    assert not wrong


def test_an_early_code_fails_the_standard_and_is_on_the_list_for_that() -> None:
    for code in early_codes():
        assert check_character(code[:17]) != code[17]
        assert organisation_check(code[8:16]) == code[16]


def test_one_wrong_character_is_always_found() -> None:
    for place in range(17):
        for other in ALPHABET:
            if other != OK[place]:
                broken = OK[:place] + other + OK[place + 1 :]
                assert check("uscc", broken).verdict == INVALID, broken


def test_a_shop_of_one_person_is_known_by_its_first_characters() -> None:
    assert is_personal("92340603MA2PBQUC3U") and not is_personal(OK)


def test_every_lei_row_gets_its_verdict() -> None:
    """Dividing by 98 fails here."""
    wrong = [
        row["lei"]
        for row in rows("lei.csv")
        if (check("lei", row["lei"]).verdict == VALID) != (row["valid"] == "True")
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("code", "verdict", "why"),
    [
        ("213800699Y1P5GMARI40", VALID, ""),
        ("2138 0069 9y1p 5gma ri40", VALID, ""),
        ("213800699Y1P5GMARI41", INVALID, "check"),
        ("213800699Y1P5GMARI4", INVALID, "length"),
        ("213800699Y1P5GMARIX0", INVALID, "character"),
        ("213800699Y1P5GMAR中40", INVALID, "character"),
        ("", INVALID, "empty"),
    ],
)
def test_an_lei_gets_its_verdict(code: str, verdict: str, why: str) -> None:
    found = check("lei", code)
    assert (found.verdict, found.code) == (verdict, why)
    assert check_digits("213800699Y1P5GMARI") == "40"


@pytest.mark.parametrize(
    ("kind", "code", "verdict", "why"),
    [
        ("duns", "15-048-3782", VALID, ""),
        ("duns", "5048378", INVALID, "length"),
        ("duns", "15048378A", INVALID, "length"),
        ("duns", "000000000", INVALID, "placeholder"),
        ("vat", "DE136695976", VALID, ""),
        ("vat", "DE 136 695 976", VALID, ""),
        ("vat", "DE136695978", INVALID, "check"),
        ("vat", "136695976", INVALID, "country"),
        ("vat", "FR40303265045", VALID, ""),
        ("vat", "FR84323140391", INVALID, "check"),
        ("vat", "FR4030326504", INVALID, "shape"),
        ("vat", "NL004495445B01", VALID, ""),
        ("vat", "NL123456789B90", INVALID, "check"),
        ("vat", "IT00743110157", VALID, ""),
        ("vat", "IT00743110158", INVALID, "check"),
        ("vat", "ES54362315K", VALID, ""),
        ("vat", "ESX2482300W", VALID, ""),
        ("vat", "ESJ99216582", VALID, ""),
        ("vat", "ESJ99216583", INVALID, "check"),
        ("vat", "ATU13585627", UNCHECKED, "no_check_digit"),
        ("vat", "GB123456789", INVALID, "country"),
        ("vat", "", INVALID, "empty"),
        ("other", " HRB 12345 ", UNCHECKED, "no_rule"),
        ("other", "x" * 41, INVALID, "length"),
    ],
)
def test_other_numbers_get_their_verdicts(kind: str, code: str, verdict: str, why: str) -> None:
    found = check(kind, code)
    assert (found.verdict, found.code) == (verdict, why)


def test_every_example_has_the_shape_that_it_stands_for() -> None:
    from xinheng.credit.identity.vat import shapes

    assert len(shapes()) == 28
    for shape in shapes().values():
        assert check("vat", shape["example"]).code != "shape"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ["\0", "\ud800", "🏭" * 9, "'; --", "９" * 18, " ", "-" * 18])
def test_no_text_breaks_a_check(kind: str, odd: str) -> None:
    assert check(kind, odd).verdict in {VALID, WARN, INVALID, UNCHECKED}
