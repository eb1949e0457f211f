"""Bureaus by their adapters: asked over the wire of a server of ours, read from fixtures."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.connectors.bureau_answers import ANSWERS, PRODUCTS, USCC, Served, bureau_server, raw
from tests.world import AT
from xinheng.connectors.bureau import ADAPTERS, Bureau, client_of, connected, qichacha, qixinbao
from xinheng.connectors.bureau.reading import capital, company_form
from xinheng.connectors.bureau.wire import Connection
from xinheng.dossiers.fields import canonical, catalogue
from xinheng.inquiries.bureau_rows import RAW_MAX, BureauTrouble, Subject, Unreadable
from xinheng.inquiries.bureau_terms import mapped, needs_consent, terms

BUREAUS = sorted(ADAPTERS)
SUBJECT = Subject(name="江南钢构工程有限公司", uscc=USCC, country="CN")
PATHS = {
    "tianyancha": "/services/open/ic/baseinfo/normal",
    "qichacha": "/ECIV4/GetBasicDetailsByName",
    "qixinbao": "/APIService/enterprise/getBasicInfo",
    "dnb": "/v1/data/duns/544000017",
    "creditsafe": "/v1/companies/CN-X-1",
}


@pytest.fixture
def server() -> Iterator[Served]:
    with bureau_server() as served:
        served.say("/v3/token", {"access_token": "t"})
        match = {"organization": ANSWERS["dnb"]["organization"]}
        served.say("/v1/match/cleanseMatch", {"matchCandidates": [match]})
        served.say("/v1/authenticate", {"token": "t"})
        found = [{"id": "CN-X-1", "name": "Jiangnan", "regNo": USCC}]
        served.say("/v1/companies", {"companies": found})
        for bureau, path in PATHS.items():
            served.say(path, raw(bureau))
        yield served


def client(server: Served, bureau: str, seconds: float = 5) -> Bureau:
    return Bureau(bureau, Connection(server.url, "the-key", "the-secret", AT, seconds))


def fetched(server: Served, bureau: str) -> bytes:
    return client(server, bureau).fetch(SUBJECT, PRODUCTS[bureau])


# --- Over the wire


@pytest.mark.parametrize("bureau", BUREAUS)
def test_a_report_comes_whole(server: Served, bureau: str) -> None:
    assert fetched(server, bureau) == raw(bureau)


def test_each_bureau_is_shown_its_key_as_it_wants_it(server: Served) -> None:
    for bureau in BUREAUS:
        fetched(server, bureau)
    headers = {path.split("?")[0]: told for _, path, told, _ in server.asked}
    assert headers[PATHS["tianyancha"]]["Authorization"] == "the-key"
    seconds = str(int(AT.timestamp()))
    token = hashlib.md5(f"the-key{seconds}the-secret".encode()).hexdigest().upper()
    assert (
        headers[PATHS["qichacha"]]["Token"]
        == token
        == qichacha.signed("the-key", "the-secret", seconds)
    )
    sign = headers[PATHS["qixinbao"]]["Sign"]
    assert sign == qixinbao.signed("the-key", "the-secret", seconds + "000")
    assert headers[PATHS["dnb"]]["Authorization"] == "Bearer t"
    assert headers[PATHS["creditsafe"]]["Authorization"] == "Bearer t"
    assert b"the-secret" in next(body for _, path, _, body in server.asked if "authent" in path)


@pytest.mark.parametrize(
    ("bureau", "told", "kind"),
    [
        ("tianyancha", {"error_code": 300000, "reason": "无数据"}, "not_found"),
        ("tianyancha", {"error_code": 300006}, "quota"),
        ("tianyancha", {"error_code": 300004}, "rate_limit"),
        ("tianyancha", {"error_code": 300002}, "bad_key"),
        ("tianyancha", {"error_code": 300001}, "failed"),
        ("tianyancha", b"<html>maintenance</html>", "failed"),
        ("qichacha", {"Status": "201"}, "not_found"),
        ("qichacha", {"Status": "102"}, "quota"),
        ("qichacha", {"Status": "101"}, "bad_key"),
        ("qichacha", {"Status": "109"}, "rate_limit"),
        ("qichacha", {}, "failed"),
        ("qixinbao", {"status": "201"}, "not_found"),
        ("qixinbao", {"status": "104"}, "bad_key"),
        ("qixinbao", {"status": ["200"]}, "failed"),
    ],
)
def test_a_bureaus_no_is_understood(server: Served, bureau: str, told: Any, kind: str) -> None:
    server.say(PATHS[bureau], told)
    with pytest.raises(BureauTrouble) as trouble:
        fetched(server, bureau)
    assert trouble.value.kind == kind


@pytest.mark.parametrize("bureau", BUREAUS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((401, "bad_key"), (403, "bad_key"), (404, "not_found"), (429, "rate_limit")),
        *((402, "quota"), (500, "failed"), (302, "failed")),
    ],
)
def test_a_status_is_understood_everywhere(
    server: Served, bureau: str, status: int, kind: str
) -> None:
    server.say(PATHS[bureau], {}, status)
    with pytest.raises(BureauTrouble) as trouble:
        fetched(server, bureau)
    assert trouble.value.kind == kind
    assert "the-" not in trouble.value.text.en


def test_slow_closed_and_endless_bureaus_are_left(server: Served) -> None:
    server.say(PATHS["qichacha"], b" " * (RAW_MAX + 1))
    with pytest.raises(BureauTrouble) as much:
        fetched(server, "qichacha")
    assert much.value.kind == "failed" and "1000 KB" in much.value.text.en
    server.delay = 1
    with pytest.raises(BureauTrouble) as slow:
        client(server, "qichacha", 0.2).fetch(SUBJECT, "basic")
    assert slow.value.kind == "timeout"
    nobody = Connection("http://127.0.0.1:9", "k", "s", AT, 1)
    with pytest.raises(BureauTrouble) as away:
        Bureau("qichacha", nobody).fetch(SUBJECT, "basic")
    assert away.value.kind == "unreachable"


@pytest.mark.parametrize("url", ["http://example.com", "ftp://127.0.0.2", "file:///etc/passwd"])
def test_a_key_travels_by_https_alone(url: str) -> None:
    with pytest.raises(BureauTrouble) as trouble:
        Bureau("tianyancha", Connection(url, "k", "s", AT, 1)).fetch(SUBJECT, "baseinfo")
    assert trouble.value.kind == "unreachable"


def test_who_is_not_found_for_certain_is_not_bought(server: Served) -> None:
    two = [{"id": "A", "name": "x", "regNo": "1"}, {"id": "B", "name": "x", "regNo": "2"}]
    server.say("/v1/companies", {"companies": two})
    with pytest.raises(BureauTrouble) as trouble:
        fetched(server, "creditsafe")
    assert trouble.value.kind == "not_found" and "2 candidates" in trouble.value.text.en
    server.say("/v1/match/cleanseMatch", {"matchCandidates": []})
    with pytest.raises(BureauTrouble):
        fetched(server, "dnb")


def test_companies_are_looked_for(server: Served) -> None:
    hit = {"id": 7, "name": "江南钢构", "creditCode": USCC}
    answer = {"error_code": 0, "result": {"items": [hit]}}
    server.say("/services/open/search/2.0", answer)
    assert client(server, "tianyancha").search("江南")[0].number == USCC
    keyed = {"Status": "200", "Result": [{"KeyNo": "k", "Name": "n", "CreditCode": USCC}]}
    server.say("/FuzzySearch/GetList", keyed)
    assert client(server, "qichacha").search("江南")[0].id == "k"
    row = {"id": "e", "name": "n", "credit_no": USCC}
    server.say("/APIService/v2/search/advSearch", {"status": "200", "data": {"items": [row]}})
    assert client(server, "qixinbao").search("江南")[0].number == USCC
    assert client(server, "dnb").search("Jiangnan")[0].id == "544000017"
    assert client(server, "creditsafe").search("Jiangnan")[0].id == "CN-X-1"


def test_keys_come_from_the_environment() -> None:
    environ = {"XINHENG_BUREAU_DNB_KEY": "k", "XINHENG_BUREAU_DNB_URL": "https://x.test"}
    assert connected("dnb", environ) and not connected("qichacha", environ)
    made = client_of("dnb", environ, AT)
    assert made and made.connection and made.connection.base_url == "https://x.test"
    assert "k" not in repr(made.connection).replace("Connection", "")
    assert client_of("oracle", environ, AT) is None
    with pytest.raises(BureauTrouble):
        Bureau("dnb").fetch(SUBJECT, "credit")


# --- What the bytes say


def told_by(bureau: str) -> dict[str, str]:
    parsed = Bureau(bureau).parse(PRODUCTS[bureau], raw(bureau))
    return {one.field: one.value for one in parsed.told}


@pytest.mark.parametrize("bureau", ["tianyancha", "qichacha", "qixinbao"])
def test_registers_tell_the_same(bureau: str) -> None:
    told = told_by(bureau)
    told.pop("employees", None)
    assert told == {
        "registered_name": "江南钢构工程有限公司",
        "registration_code": USCC,
        "legal_representative": "王芳",
        "registered_address": "杭州市滨江区长河路 1 号",
        "registered_capital": "18500000.00 CNY",
        "established_on": "2010-03-03",
        "company_form": "limited",
    }


def test_grades_and_scores_are_told_in_the_bureaus_words() -> None:
    read = {name: Bureau(name).parse(PRODUCTS[name], raw(name)) for name in BUREAUS}
    assert (read["dnb"].grade, read["dnb"].score) == ("4A2", "71")
    assert read["dnb"].reported_on == date(2026, 11, 19)
    assert (read["creditsafe"].grade, read["creditsafe"].score) == ("C", "48")
    assert (read["tianyancha"].grade, read["tianyancha"].score) == ("", "7120")
    assert {one.uscc for one in read.values()} == {USCC}
    assert told_by("creditsafe")["registered_capital"] == "18500000.00 CNY"
    assert "established_on" not in told_by("dnb")  # a year is no day
    assert told_by("dnb")["employees"] == "90"


@pytest.mark.parametrize("bureau", BUREAUS)
def test_every_value_told_is_one_that_the_file_takes(bureau: str) -> None:
    for field, value in told_by(bureau).items():
        assert canonical(catalogue().fields[field], value)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path into a JSON value."""
    inside = node.items() if isinstance(node, dict) else enumerate(node)
    for name, value in inside:
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from places(value, (*path, name))


def at_place(bureau: str, path: tuple[Any, ...]) -> Any:
    here = ANSWERS[bureau]
    for name in path:
        here = here[name]
    return here


def changed(bureau: str, path: tuple[Any, ...], value: Any) -> bytes:
    told = copy.deepcopy(ANSWERS[bureau])
    here = told
    for name in path[:-1]:
        here = here[name]
    if value is KeyError:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return json.dumps(told).encode()


@pytest.mark.parametrize("bureau", BUREAUS)
def test_what_is_missing_costs_nothing_else(bureau: str) -> None:
    adapter, product = Bureau(bureau), PRODUCTS[bureau]
    whole = len(adapter.parse(product, raw(bureau)).told)
    for path in places(ANSWERS[bureau]):
        for value in (KeyError, None):
            if value is None and isinstance(path[-1], int):
                continue
            try:
                parsed = adapter.parse(product, changed(bureau, path, value))
            except Unreadable:
                assert len(path) == 1, path  # only the envelope is needed
            else:
                assert len(parsed.told) <= whole


@pytest.mark.parametrize("bureau", BUREAUS)
@pytest.mark.parametrize("wrong", [[1], {"a": 1}, True, [[]]])
def test_what_is_of_another_kind_is_refused_or_not_read(bureau: str, wrong: Any) -> None:
    adapter, product = Bureau(bureau), PRODUCTS[bureau]
    before = adapter.parse(product, raw(bureau))
    refused = 0
    for path in places(ANSWERS[bureau]):
        if isinstance(wrong, dict) and isinstance(at_place(bureau, path), dict):
            continue  # an object that tells nothing we know is as good as missing
        try:
            parsed = adapter.parse(product, changed(bureau, path, wrong))
        except Unreadable as unreadable:
            refused += 1
            assert unreadable.text.zh and unreadable.text.en
        else:  # a place that we don't read
            assert set(parsed.told) <= set(before.told)
    assert refused >= 7


@pytest.mark.parametrize("bureau", BUREAUS)
@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"a":' * 20_000, b'{"error_code":NaN}'),
        *(b"<svg/>", b'{"error_code": 1' + b"0" * 5000 + b"}"),
        *(b'{"Status":"200"}', b'{"status":"200"}'),
    ],
)
def test_what_is_no_report_is_refused(bureau: str, content: bytes) -> None:
    with pytest.raises(Unreadable):
        Bureau(bureau).parse(PRODUCTS[bureau], content)


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("1850万人民币", "18500000.00 CNY"),
        ("185000万元", "1850000000.00 CNY"),
        ("1.5亿元人民币", "150000000.00 CNY"),
        ("330886万美元", "3308860000.00 USD"),
        ("3000 万日元", "30000000 JPY"),
        ("0.1234567万人民币", ""),
        ("面议", ""),
        ("-5万", ""),
        ("5万贝壳", ""),
        ("", ""),
    ],
)
def test_capital_in_words_of_the_register(words: str, amount: str) -> None:
    assert capital(words) == amount


def test_kinds_of_company_in_words_of_the_register() -> None:
    assert company_form("股份有限公司(上市)") == "joint_stock"
    assert company_form("有限责任公司(台港澳与境内合资)") == "foreign"
    assert company_form("农民专业合作社") == "cooperative"
    assert company_form("个体工商户") == ""


# --- Terms


def test_every_bureau_has_an_adapter_a_product_a_price_and_days() -> None:
    assert set(terms().bureaus) == set(ADAPTERS)
    for bureau in terms().bureaus.values():
        assert bureau.products and bureau.base_url.startswith("https://")
        for product in bureau.products.values():
            assert product.cost_minor > 0 and product.good_for_days > 0
            assert product.currency in terms().budget


GRADES = ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D", "")


def test_grade_tables_are_whole_and_never_guess() -> None:
    scale = [mapped("creditsafe", grade) for grade in "ABCDE"]
    assert [one.grade if one else "" for one in scale] == ["A", "BBB", "BB", "CCC", ""]
    risks = [mapped("dnb", f"5A{sign}") for sign in "1234"]
    assert [one.grade if one else "" for one in risks] == ["A", "BBB", "BB", "CCC"]
    for unrated in ("--", "DS", "INV", "NQ", "ERN", "5A", "5A5", "9A1", "", "F", "a"):
        assert mapped("dnb", unrated) is None and mapped("creditsafe", unrated) is None
    for bureau in terms().bureaus.values():
        assert bureau.unrated.zh
        for row in (bureau.mapping.rows if bureau.mapping else {}).values():
            assert row.grade in GRADES and bool(row.grade) == bool(row.pd)


def test_an_individual_business_is_a_person() -> None:
    assert needs_consent("92330100MA2ABCDEXD") and needs_consent(" 92x")
    assert not needs_consent(USCC) and not needs_consent("")
