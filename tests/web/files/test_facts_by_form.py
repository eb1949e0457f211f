"""Facts are entered and corrected on pages; a mistake stands beside its field, nothing is lost."""

from __future__ import annotations

import pytest

from tests.web.filed import CODE, filed
from tests.web.pages import HTMX, signed_in, text_of
from tests.world import World, make_world
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.models import Fact, FactEntry
from xinheng.ledger.models import PendingEntry
from xinheng.web.files.fact_words import BASES, CHOICES, HOW, RELIABILITY

pytestmark = pytest.mark.django_db
FILE = f"/customers/{CODE}/"
TOLD = {
    "source": "审计报告",
    "reliability": "B",
    "observed_on": "2026-10-01",
    "evidence": "第 12 页",
    "legal_basis": "contract",
}
GOOD = {
    "text": {"value": "钢材"},
    "number": {"value": "1,250"},
    "money": {"value": "1,200.50", "currency": "cny"},
    "date": {"value": "2026-09-30"},
    "choice": {},
    "yes_no": {"value": "no"},
}
BAD = {"money": {"value": "1.005", "currency": "CNY"}, "number": {"value": "viel"}}


@pytest.fixture
def world() -> World:
    made = make_world()
    filed(made)
    return made


def test_every_code_has_words() -> None:
    codes = {code for field in catalogue().fields.values() for code in field.choices}
    assert {code for code in codes if len(code) > 1} <= set(CHOICES)
    assert set(HOW) == set(Fact.HOW)
    assert set(BASES) == set(Fact.BASES)
    assert set(RELIABILITY) == set(Fact.RELIABILITY)


def test_the_catalogue_is_there_to_choose_from(world: World) -> None:
    page = text_of(signed_in(world.bob).get(FILE + "file/enter/"))
    for field in catalogue().fields.values():
        assert f"?field={field.code}" in page, field.code


@pytest.mark.parametrize("code", list(catalogue().fields))
def test_every_field_can_be_entered_and_waits(world: World, code: str) -> None:
    client, field = signed_in(world.bob), catalogue().fields[code]
    address = f"{FILE}file/enter/?field={code}"
    assert client.get(address).status_code == 200
    told = {**TOLD, **GOOD[field.form]}
    if code == "registration_code":
        told["value"] = "91310000607378256K"
    if field.form == "choice":
        told["value"] = field.choices[0]
    answer = client.post(address, told)
    assert answer.status_code == 302, text_of(answer)
    assert answer["Location"] == f"{FILE}file/{field.block}/#{code}"
    fact = Fact.objects.latest("pk")
    assert (fact.field, fact.known_since, fact.source) == (code, None, "审计报告")


@pytest.mark.parametrize(
    ("code", "wrong", "beside"),
    [
        ("registered_capital", {"value": "1.005", "currency": "CNY"}, "id_value_error"),
        ("registered_capital", {"value": "5", "currency": "Taler"}, "id_currency_error"),
        ("employees", {"value": "viel"}, "id_value_error"),
        ("employees", {"value": "5", "reliability": ""}, "id_reliability_error"),
        ("employees", {"value": "5", "observed_on": "2099-01-01"}, "id_observed_on_error"),
        ("employees", {"value": "5", "observed_on": "morgen"}, "id_observed_on_error"),
        ("legal_representative", {"value": "沈秋", "legal_basis": ""}, "id_legal_basis_error"),
        ("last_visit", {"value": ""}, "id_value_error"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_the_rest_stays(
    world: World, code: str, wrong: dict[str, str], beside: str
) -> None:
    before = Fact.objects.count()
    answer = signed_in(world.bob).post(f"{FILE}file/enter/?field={code}", {**TOLD, **wrong})
    page = text_of(answer)
    assert answer.status_code == 422
    assert beside in page, page
    assert "第 12 页" in page
    assert Fact.objects.count() == before


def test_a_correction_begins_with_what_stands(world: World) -> None:
    client = signed_in(world.bob)
    fact = Fact.objects.current().filter(field="registered_capital", source="营业执照").get()
    address = f"{FILE}file/facts/{fact.pk}/correct/"
    page = text_of(client.get(address))
    assert 'value="8000000.00"' in page
    told = {"value": "8,500,000", "currency": "CNY", "observed_on": "2026-05-01"}
    assert client.post(address, {**told, "reason": "错"}).status_code == 422
    assert client.post(address, {**told, "reason": "增资后的金额"}).status_code == 302
    made = Fact.objects.latest("pk")
    assert (made.corrects_id, made.source, made.known_since) == (fact.pk, "营业执照", None)


def test_only_who_may_enter_finds_the_forms(world: World) -> None:
    for user, found in ((world.bob, 200), (world.dora, 404), (world.eve, 404)):
        assert signed_in(user).get(f"{FILE}file/enter/?field=employees").status_code == found
    page = text_of(signed_in(world.dora).get(f"{FILE}file/fields/employees/"))
    assert "录入新的信息" not in page


def test_a_field_or_fact_that_is_none_is_absent(world: World) -> None:
    client = signed_in(world.bob)
    waiting = Fact.objects.waiting().get().pk
    for path in (
        "file/enter/?field=shoe_size",
        "file/fields/shoe_size/",
        "file/facts/999999/correct/",
        f"file/facts/{waiting}/correct/",
    ):
        assert client.get(FILE + path).status_code == 404, path


def test_the_drawer_is_a_page_without_script_and_a_part_with_htmx(world: World) -> None:
    client = signed_in(world.alice)
    address = f"{FILE}file/fields/registered_capital/"
    whole, part = text_of(client.get(address)), text_of(client.get(address, headers=HTMX))
    for page in (whole, part):
        for said in ("执照副本看错一位", "已被取代", "等待裁定", "alice"):
            assert said in page, said
    assert "<html" in whole
    assert "<html" not in part


def test_each_act_on_a_fact_leads_to_its_ledger_entry(world: World) -> None:
    fact = Fact.objects.current().filter(field="registered_capital", source="营业执照").get()
    acts = FactEntry.objects.filter(fact=fact).order_by("pk")
    recorded = PendingEntry.objects.filter(entry_id__in=acts.values("entry_id"))
    assert recorded.count() == len(acts) == 2
    assert [one.kind for one in acts] == ["fact.corrected", "fact.verified"]
    page = text_of(signed_in(world.dora).get(f"{FILE}file/fields/registered_capital/"))
    assert (
        page.count("已记录，等待入账")
        == FactEntry.objects.filter(fact__field="registered_capital").count()
    )
