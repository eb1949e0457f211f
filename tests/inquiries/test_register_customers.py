"""A company introduces itself by a link, two others verify, one accepts; or it is returned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.dossiers.corpus import pdf
from tests.world import AT, World, make_customer, make_world
from xinheng.customers.models import Contact, Customer
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.facts import verify_fact
from xinheng.dossiers.fields import BadValue
from xinheng.dossiers.measures import measure
from xinheng.dossiers.models import Document, Fact
from xinheng.dossiers.uploads import check_upload
from xinheng.inquiries import registration as form
from xinheng.inquiries.deciding import accept, refuse, send_back
from xinheng.inquiries.handing_in import submit
from xinheng.inquiries.links import NewLink, make_link, open_link, revoke_link
from xinheng.inquiries.models import Link, Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.registering import (
    WORDS,
    Begun,
    add_paper,
    begin,
    guest_of,
    guest_with,
    remove_paper,
    save_step,
    sheet_of,
    take_up,
)
from xinheng.ledger.models import Disclosure
from xinheng.people.actions import create_user
from xinheng.people.actor import guest, of_user, system
from xinheng.people.models import User
from xinheng.people.queries import WholeBook
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db

COMPANY = {
    "name": "厦门海沧建材有限公司",
    "code": "91350100M000100Y43",
    "kind": "limited",
    "place": "350205",
    "street": "沧林路 8 号",
    "industry": "C3011",
    "capital": "5000000.00 CNY",
    "established": "2016-03-01",
    "legal_representative": "林海生",
}
PEOPLE = {"contact": "陈小敏", "duty": "财务", "phone": "0592-888 6666", "mail": "min@example.com"}
BUSINESS = {"goods": "普通硅酸盐水泥", "sales": "12000000.00 CNY", "limit_wanted": "500000.00 CNY"}
BOXES = frozenset({"credit", "people"})


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    for name in ("vera", "walt"):
        create_user(
            name,
            "a long enough passphrase",
            name=name,
            roles=["analyst"],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    return made


def person(name: str) -> Any:
    return of_user(User.objects.get(username=name))


def link(world: World, **told: Any) -> tuple[Link, str]:
    new = NewLink("register", world.units["EAST"], **told)
    return make_link(new, actor=world.actor("bob"), at=AT)


def begun(world: World, answers: dict[str, str] | None = None) -> Begun:
    made, _ = link(world)
    return begin(made.pk, answers or COMPANY, actor=guest_with(made), at=AT)


def filled(world: World) -> Registration:
    row, _ = begun(world)
    me = guest_of(row)
    for step in (PEOPLE, BUSINESS):
        save_step(row.pk, step, actor=me, at=AT)
    add_paper(row.pk, "licence", check_upload("执照.pdf", pdf()), "2036-03-01", actor=me, at=AT)
    return row


def handed_in(world: World) -> Registration:
    row = filled(world)
    submit(row.pk, BOXES, form.notice().sha256, actor=guest_of(row), at=AT)
    return Registration.objects.select_related("customer", "link").get(pk=row.pk)


def verify_all(row: Registration) -> None:
    for fact in Fact.objects.waiting().filter(customer=row.customer):
        if not verify_fact(fact.pk, "public_record", 90, actor=person("vera"), at=AT):
            assert verify_fact(fact.pk, "public_record", 90, actor=person("walt"), at=AT)


def test_a_company_becomes_a_customer_with_a_verified_file(world: World) -> None:
    row = handed_in(world)
    customer = row.customer
    assert (row.state, customer.status, customer.city) == ("submitted", "prospect", "厦门市")
    assert customer.code.startswith("P-") and len(customer.code) == 10
    facts = {one.field: one for one in Fact.objects.filter(customer=customer)}
    assert {one.source for one in facts.values()} == {"customer"}
    assert {one.reliability for one in facts.values()} == {"D"}
    assert facts["registered_address"].value == '"福建省 厦门市 海沧区 沧林路 8 号"'
    assert facts["business_licence"].valid_until.isoformat() == "2036-03-01"
    assert facts["registered_name"].evidence == f"document:{Document.objects.get().pk}"
    assert facts["legal_representative"].value is None
    assert Contact.objects.filter(customer=customer).count() == 1
    with pytest.raises(Refused) as refused:
        accept(row.pk, actor=person("vera"), at=AT)
    assert refused.value.code == InquiryRefusal.UNVERIFIED
    verify_all(row)
    accept(row.pk, actor=person("vera"), at=AT)
    customer.refresh_from_db()
    assert customer.status == "active"
    file = file_as_of(WholeBook(), customer, valid_on=AT.date())
    assert measure(file, "normal").complete > 0


def test_returned_it_is_open_again_and_only_what_changed_is_entered_anew(world: World) -> None:
    row = handed_in(world)
    name = Fact.objects.get(customer=row.customer, field="registered_name")
    for who in ("vera", "walt"):
        verify_fact(name.pk, "public_record", 90, actor=person(who), at=AT)
    send_back(row.pk, "执照照片不清楚", actor=person("vera"), at=AT)
    assert not Fact.objects.waiting().filter(customer=row.customer).exists()
    row.refresh_from_db()
    me = guest_of(row)
    save_step(row.pk, {**COMPANY, "legal_representative": "林海山"}, actor=me, at=AT)
    entered = submit(row.pk, BOXES, form.notice().sha256, actor=me, at=AT)
    waiting = set(Fact.objects.waiting().filter(customer=row.customer).values_list("field", flat=1))
    assert entered == len(waiting) and "registered_name" not in waiting
    assert Contact.objects.filter(customer=row.customer).count() == 1


def test_after_handing_in_nothing_can_be_changed_from_outside(world: World) -> None:
    row = handed_in(world)
    me = guest_of(row)
    document = Document.objects.get().pk
    upload = check_upload("a.csv", b"a,b")
    for attempt in (
        lambda: save_step(row.pk, PEOPLE, actor=me, at=AT),
        lambda: add_paper(row.pk, "other", upload, "", actor=me, at=AT),
        lambda: remove_paper(row.pk, document, actor=me, at=AT),
        lambda: submit(row.pk, BOXES, form.notice().sha256, actor=me, at=AT),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == InquiryRefusal.CLOSED


def test_what_is_missing_or_not_agreed_to_is_said(world: World) -> None:
    row, _ = begun(world)
    me = guest_of(row)
    with pytest.raises(Refused) as refused:
        submit(row.pk, BOXES, form.notice().sha256, actor=me, at=AT)
    assert "营业执照" in refused.value.text.zh and "联系人姓名" in refused.value.text.zh
    save_step(row.pk, {**PEOPLE, **BUSINESS}, actor=me, at=AT)
    add_paper(row.pk, "licence", check_upload("x.pdf", pdf()), "", actor=me, at=AT)
    for boxes, sha, code in (
        (BOXES, "0" * 64, InquiryRefusal.NOTICE_CHANGED),
        (frozenset({"credit"}), form.notice().sha256, InquiryRefusal.BOXES_UNTICKED),
    ):
        with pytest.raises(Refused) as refused:
            submit(row.pk, boxes, sha, actor=me, at=AT)
        assert refused.value.code == code
    assert not Fact.objects.exists()


def test_a_link_opens_one_registration_until_its_day(world: World) -> None:
    made, token = link(world, days=3)
    assert open_link(token, at=AT).pk == made.pk
    assert bytes(made.token_sha256).hex() not in token
    row, resume = begin(made.pk, COMPANY, actor=guest_with(made), at=AT)
    assert take_up(token, at=AT) == row == take_up(resume, at=AT)
    with pytest.raises(Refused) as refused:
        begin(made.pk, COMPANY, actor=guest_with(made), at=AT)
    assert refused.value.code == InquiryRefusal.NO_ENTRY
    # begun, it can be taken up beyond the link's day; a fresh link can't
    late = AT + timedelta(days=4)
    assert take_up(resume, at=late) == row
    _, other = link(world, days=3)
    for moment, asked in ((late, other), (AT, "x" * 43), (AT, ""), (AT, token[:-1] + "/")):
        with pytest.raises(Refused) as refused:
            take_up(asked, at=moment)
        assert refused.value.code == InquiryRefusal.NO_ENTRY


def test_a_standing_link_opens_several_and_never_somebody_elses(world: World) -> None:
    made, token = link(world, uses=2)
    first = begin(made.pk, COMPANY, actor=guest_with(made), at=AT)
    second = begin(made.pk, {**COMPANY, "name": "另一家"}, actor=guest_with(made), at=AT)
    with pytest.raises(Refused):
        take_up(token, at=AT)
    assert take_up(second.token, at=AT) == second.registration
    with pytest.raises(Refused) as refused:
        save_step(first.registration.pk, PEOPLE, actor=guest_of(second.registration), at=AT)
    assert refused.value.code == InquiryRefusal.NO_ENTRY


def test_a_revoked_link_closes_what_was_begun_by_it(world: World) -> None:
    made, token = link(world)
    row, resume = begin(made.pk, COMPANY, actor=guest_with(made), at=AT)
    revoke_link(made.pk, actor=world.actor("bob"), at=AT)
    for asked in (token, resume):
        with pytest.raises(Refused):
            take_up(asked, at=AT)
    with pytest.raises(Refused) as refused:
        save_step(row.pk, PEOPLE, actor=guest_of(row), at=AT)
    assert refused.value.code == InquiryRefusal.CLOSED


def test_whoever_made_the_link_does_not_decide(world: World) -> None:
    new = NewLink("register", world.units["EAST"])
    made, _ = make_link(new, actor=person("vera"), at=AT)
    row, _ = begin(made.pk, COMPANY, actor=guest_with(made), at=AT)
    Registration.objects.filter(pk=row.pk).update(
        state="submitted", submitted_at=AT, consented_at=AT
    )
    with pytest.raises(Refused) as refused:
        refuse(row.pk, "不符合条件", actor=person("vera"), at=AT)
    assert refused.value.code == InquiryRefusal.OWN_LINK
    refuse(row.pk, "不符合条件", actor=person("walt"), at=AT)
    row.customer.refresh_from_db()
    assert row.customer.status == "prospect"


def test_a_known_code_is_kept_quietly_and_stops_the_acceptance(world: World) -> None:
    twin = make_customer("C-1", unit=world.units["WEST"], uscc=COMPANY["code"])
    row = handed_in(world)
    verify_all(row)
    with pytest.raises(Refused) as refused:
        accept(row.pk, actor=person("vera"), at=AT)
    assert twin.code in refused.value.text.zh
    assert Customer.objects.get(pk=row.customer_id).status == "prospect"


@pytest.mark.parametrize("name", ["eve", "dora", "bob"])
def test_others_decide_nothing(world: World, name: str) -> None:
    row = handed_in(world)
    for attempt in (accept, lambda pk, **who: refuse(pk, "不符合条件", **who)):
        with pytest.raises(Refused) as refused:
            attempt(row.pk, actor=world.actor(name), at=AT)
        assert refused.value.code == InquiryRefusal.NOT_ALLOWED


def test_a_guest_reaches_its_own_unit_and_nothing_else() -> None:
    me = guest("x", frozenset({"facts.enter"}), 7)
    assert me.reaches(7) and not me.reaches(8) and not me.reaches(None)
    assert me.may("facts.enter") and not me.may("customers.view")
    assert guest("x", frozenset(), None).reaches(None)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("capital", "500 万", "5000000.00 CNY"),
        ("capital", "1,200.50 usd", "1200.50 USD"),
        ("capital", "３００万元", "3000000.00 CNY"),
        ("code", "91350100m000100y43", "91350100M000100Y43"),
        ("place", "海沧区", "350205"),
        ("industry", "3011", "C3011"),
        ("terms_wanted", "060", "60"),
        ("phone", "+86 139 0000 0000", "+86 139 0000 0000"),
    ],
)
def test_answers_are_understood_as_people_write_them(field: str, typed: str, kept: str) -> None:
    assert form.checked(form.fields()[field], typed, {}) == kept


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("capital", "很多"),
        ("capital", "1.234 CNY"),
        ("capital", "5 XXX"),
        ("code", "91350100M000100Y44"),
        ("place", "西湖区"),  # in Hangzhou and in Nanchang
        ("place", "月球"),
        ("industry", "养龙"),
        ("established", "2016-02-30"),
        ("mail", "min@"),
        ("mail", "a@b.com\r\nBcc: x@y.com"),
        ("name", "x" * 121),
        ("name", "a\u202eb"),
    ],
)
def test_answers_that_cannot_be_are_refused_with_words(field: str, typed: str) -> None:
    with pytest.raises(BadValue) as bad:
        form.checked(form.fields()[field], typed, {})
    assert bad.value.text.zh and bad.value.text.en


def test_a_company_from_elsewhere_has_a_number_of_its_own() -> None:
    asked = form.fields()
    assert form.checked(asked["code"], "HRB 12345", {"abroad": "abroad"}) == "HRB 12345"


def test_persons_and_answers_stand_nowhere_in_clear_text(world: World) -> None:
    row = handed_in(world)
    sealed = bytes(Registration.objects.get(pk=row.pk).answers_sealed)
    leaves = b"".join(bytes(one.sealed) for one in Disclosure.objects.all())
    for word in ("林海生", "陈小敏", "0592-888"):
        assert word.encode() not in sealed + leaves
    assert sheet_of(row).answers["contact"] == "陈小敏"


# Broken builds: each is put back once, and found by the test that names it.


def test_a_build_in_which_what_was_handed_in_stays_open_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xinheng.inquiries.registering.may_change", lambda row, at: True)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_after_handing_in_nothing_can_be_changed_from_outside(world)


def test_a_build_in_which_every_guest_is_the_same_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = guest("x", WORDS, world.units["EAST"])
    monkeypatch.setattr("xinheng.inquiries.registering.guest_of", lambda row: everybody)
    monkeypatch.setattr(f"{__name__}.guest_of", lambda row: everybody)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_standing_link_opens_several_and_never_somebody_elses(world)


def test_a_build_in_which_the_twin_is_not_looked_for_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Customer.objects.none()
    monkeypatch.setattr("xinheng.customers.prospects.twins", lambda customer: nobody)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_known_code_is_kept_quietly_and_stops_the_acceptance(world)
