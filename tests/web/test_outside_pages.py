"""Pages for people without an account: from a link to handing in, and what a stranger gets."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.dossiers.corpus import pdf
from tests.web.pages import HTMX, text_of
from tests.world import World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.models import Document, Fact
from xinheng.inquiries import registration as form
from xinheng.inquiries.links import NewLink, make_link, revoke_link
from xinheng.inquiries.models import Registration
from xinheng.web.outside import pace as pacing

pytestmark = pytest.mark.django_db
COMPANY = {
    "name": "厦门海沧建材有限公司",
    "abroad": "",
    "code": "91350100m000100y43",
    "kind": "limited",
    "place": "海沧区",
    "street": "沧林路 8 号",
    "industry": "3011",
    "capital": "500 万",
    "established": "2016-03-01",
    "legal_representative": "林海生",
}
PEOPLE = {"contact": "陈小敏", "duty": "财务", "phone": "0592-888 6666", "mail": "min@example.com"}
BUSINESS = {"goods": "普通硅酸盐水泥", "sales": "1200 万", "limit_wanted": "50 万"}
BOXES = ["credit", "people"]


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def token(world: World) -> str:
    from django.utils import timezone

    new = NewLink("register", world.units["EAST"])
    return make_link(new, actor=world.actor("bob"), at=timezone.now()).token


@pytest.fixture
def phone() -> Client:
    return Client()


def begun(phone: Client, token: str) -> str:
    """The address of the draft after the first step."""
    answer = phone.post(f"/in/{token}/company/", COMPANY)
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"]).removesuffix("people/")


def paper(content: bytes = b"", name: str = "执照.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or pdf())


def filled(phone: Client, token: str) -> str:
    draft = begun(phone, token)
    assert phone.post(f"{draft}people/", PEOPLE)["Location"] == f"{draft}business/"
    assert phone.post(f"{draft}business/", BUSINESS)["Location"] == f"{draft}bank/"
    assert phone.post(f"{draft}bank/", {})["Location"] == f"{draft}papers/"
    told = {"kind": "licence", "file": paper(), "until": "2036-03-01"}
    assert phone.post(f"{draft}papers/", told).status_code == 302
    return draft


def hand_in(phone: Client, draft: str, boxes: list[str] | None = None) -> Any:
    told = {"notice": form.notice().sha256, "consent": BOXES if boxes is None else boxes}
    return phone.post(f"{draft}review/", told)


def test_from_the_link_to_the_status(phone: Client, token: str) -> None:
    start = phone.get(f"/in/{token}/")
    assert "客户登记" in text_of(start)
    draft = filled(phone, token)
    review = text_of(phone.get(f"{draft}review/"))
    for shown in ("福建省 厦门市 海沧区", "5,000,000.00 CNY", "陈小敏", "测试水泥"):
        assert shown in review
    assert " checked" not in review  # no box is ticked beforehand
    assert hand_in(phone, draft)["Location"] == f"{draft}status/"
    assert "正在核验" in text_of(phone.get(f"{draft}status/"))
    row = Registration.objects.get()
    assert (row.state, row.customer.status) == ("submitted", "prospect")
    assert Fact.objects.waiting().filter(customer=row.customer).count() >= 10
    # the link leads to the status too, and begins nothing new
    assert phone.get(f"/in/{token}/")["Location"].endswith("/status/")
    assert Customer.objects.filter(status="prospect").count() == 1


def test_what_was_handed_in_is_read_only(phone: Client, token: str) -> None:
    draft = filled(phone, token)
    hand_in(phone, draft)
    facts = Fact.objects.count()
    for page in ("company", "people", "review"):
        assert phone.get(f"{draft}{page}/")["Location"] == f"{draft}status/"
    assert phone.post(f"{draft}people/", PEOPLE).status_code == 409
    assert hand_in(phone, draft).status_code == 409
    assert phone.post(f"{draft}papers/", {"kind": "other", "file": paper()}).status_code == 302
    assert (Fact.objects.count(), Document.objects.count()) == (facts, 1)


def test_a_mistake_is_said_at_its_box_and_nothing_typed_is_lost(phone: Client, token: str) -> None:
    answer = phone.post(f"/in/{token}/company/", {**COMPANY, "code": "91350100M000100Y44"})
    page = text_of(answer)
    assert answer.status_code == 422 and "id_code_error" in page
    assert "沧林路 8 号" in page and not Registration.objects.exists()


def test_what_is_missing_is_listed_with_the_way_there(phone: Client, token: str) -> None:
    draft = begun(phone, token)
    kept = phone.post(f"{draft}people/", {"contact": "陈小敏", "later": "1"})
    assert kept["Location"] == f"{draft}review/"
    page = text_of(phone.get(f"{draft}review/"))
    assert "还缺" in page and f'href="{draft}papers/"' in page and f'href="{draft}people/"' in page
    refused = hand_in(phone, draft)
    assert refused.status_code == 422 and "营业执照" in text_of(refused)


def test_boxes_are_each_needed_and_the_notice_must_be_the_one_read(
    phone: Client, token: str
) -> None:
    draft = filled(phone, token)
    assert hand_in(phone, draft, ["credit"]).status_code == 422
    stale = phone.post(f"{draft}review/", {"notice": "0" * 64, "consent": BOXES})
    assert stale.status_code == 422 and "告知内容已更新" in text_of(stale)
    assert Registration.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("code", "91350100m000100y43", "91350100M000100Y43"),
        ("code", "91350100M000100Y44", "error"),
        ("place", "海沧", "福建省 厦门市 海沧区"),
        ("industry", "3011", "水泥制造"),
        ("capital", "500 万", "5,000,000.00 CNY"),
        ("place", "<script>", "error"),
    ],
)
def test_a_box_is_checked_on_leaving_it(
    phone: Client, token: str, field: str, typed: str, said: str
) -> None:
    answer = phone.get(f"/in/{token}/check/{field}/", {field: typed}, headers=HTMX)
    page = text_of(answer)
    assert said in page and "<script>" not in page and "<html" not in page


def test_a_known_code_is_not_betrayed(phone: Client, token: str, world: World) -> None:
    make_customer("C-1", unit=world.units["WEST"], uscc="91350100M000100Y43", name="早就认识")
    page = text_of(phone.get(f"/in/{token}/check/code/", {"code": "91350100M000100Y43"}))
    draft = filled(phone, token)
    page += text_of(phone.get(f"{draft}review/")) + text_of(hand_in(phone, draft))
    assert "早就认识" not in page and "C-1" not in page


@pytest.mark.parametrize("page", ["", "company/", "papers/", "review/", "status/", "check/code/"])
@pytest.mark.parametrize("wrong", ["unknown", "revoked", "short", "other"])
def test_what_opens_nothing_looks_the_same(
    phone: Client, token: str, world: World, page: str, wrong: str
) -> None:
    from django.utils import timezone

    if wrong == "revoked":
        link = make_link(
            NewLink("register", world.units["EAST"]), actor=world.actor("bob"), at=timezone.now()
        )
        revoke_link(link.link.pk, actor=world.actor("bob"), at=timezone.now())
        asked = link.token
    else:
        asked = {"unknown": "x" * 43, "short": "abc", "other": token.swapcase()}[wrong]
    answer = phone.get(f"/in/{asked}/{page}")
    assert answer.status_code == 404
    assert "无效、已过期或已用完" in text_of(answer)
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]


def test_one_applicant_never_gets_at_anothers_paper(
    phone: Client, token: str, world: World
) -> None:
    from django.utils import timezone

    mine = filled(phone, token)
    other = make_link(
        NewLink("register", world.units["EAST"]), actor=world.actor("bob"), at=timezone.now()
    )
    theirs = begun(Client(), other.token)
    document = Document.objects.get()
    assert str(document.pk) in text_of(phone.get(f"{mine}papers/"))
    assert str(document.pk) not in text_of(phone.get(f"{theirs}papers/"))
    refused = phone.post(f"{theirs}papers/", {"remove": str(document.pk)})
    assert refused.status_code == 422
    document.refresh_from_db()
    assert document.withdrawn_at is None
    assert phone.post(f"{mine}papers/", {"remove": str(document.pk)}).status_code == 302
    document.refresh_from_db()
    assert document.withdrawn_at is not None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.svg", b"<svg onload=alert(1)></svg>"),
        ("x.pdf", b"<html><script>1</script></html>"),
        ("x.exe", b"MZ\x90\x00"),
        ("x.pdf", b""),
    ],
)
def test_scripts_and_programs_are_refused(
    phone: Client, token: str, name: str, content: bytes
) -> None:
    draft = begun(phone, token)
    answer = phone.post(
        f"{draft}papers/", {"kind": "licence", "file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 422 and 'role="alert"' in text_of(answer)
    assert not Document.objects.exists()


def test_there_is_room_for_a_dozen_papers(phone: Client, token: str) -> None:
    draft = begun(phone, token)
    for number in range(12):
        told = {"kind": "other", "file": SimpleUploadedFile("a.csv", b"a,%d" % number)}
        assert phone.post(f"{draft}papers/", told).status_code == 302
    told = {"kind": "other", "file": SimpleUploadedFile("a.csv", b"a,b")}
    assert phone.post(f"{draft}papers/", told).status_code == 422
    assert Document.objects.count() == 12


def test_markup_in_names_is_text(phone: Client, token: str) -> None:
    told = {**COMPANY, "name": "<script>alert(1)</script>公司"}
    draft = str(phone.post(f"/in/{token}/company/", told)["Location"]).removesuffix("people/")
    for page in ("company/", "review/"):
        text = text_of(phone.get(draft + page))
        assert "<script>alert(1)" not in text and "&lt;script&gt;alert(1)" in text


def test_a_form_without_its_csrf_token_changes_nothing(token: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/in/{token}/company/", COMPANY).status_code == 403
    assert not Registration.objects.exists()


def test_a_machine_that_fills_every_box_finds_nothing(phone: Client, token: str) -> None:
    answer = phone.post(f"/in/{token}/company/", {**COMPANY, "website": "http://spam"})
    assert answer.status_code == 404 and not Registration.objects.exists()


def test_too_many_tries_are_slowed_and_never_the_holder_of_a_link(
    phone: Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xinheng.web.outside.entry.pace", pacing.Pace())
    monkeypatch.setattr("xinheng.web.outside.entry.MISSES_MAX", 3)
    monkeypatch.setattr("xinheng.web.outside.entry.FORMS_MAX", 2)
    statuses = [phone.get(f"/in/{'y' * 43}/").status_code for _ in range(4)]
    assert statuses == [404, 404, 404, 429]
    assert phone.get(f"/in/{token}/").status_code == 200
    bad = {**COMPANY, "code": "1"}
    posted = [phone.post(f"/in/{token}/company/", bad).status_code for _ in range(3)]
    assert posted == [422, 422, 429]


def test_a_window_ends_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    pace = pacing.Pace(lambda: now[0])
    assert [pace.takes("a", "k", 1) for _ in range(2)] == [True, False]
    now[0] = pacing.WINDOW_SECONDS
    assert pace.takes("a", "k", 1)
    monkeypatch.setattr(pacing, "KEYS_MAX", 5)
    for number in range(50):
        pace.takes("a", str(number), 1)
    assert len(pace._counts) == 5


def test_neither_tokens_nor_persons_reach_the_log(
    phone: Client, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.request").setLevel(logging.DEBUG)
    phone.get(f"/in/{'z' * 43}/")
    phone.post(f"/in/{token}/company/", {**COMPANY, "code": "1"})
    draft = filled(phone, token)
    hand_in(phone, draft, [])
    told = "\n".join(
        one.getMessage() for one in caplog.records if not one.name.startswith("django.db")
    )
    for secret in (token, draft.split("/")[2], "z" * 43, "陈小敏", "林海生"):
        assert secret not in told


def test_the_link_speaks_its_language_until_one_is_chosen(world: World) -> None:
    from django.utils import timezone

    new = NewLink("register", world.units["EAST"], language="en")
    token = make_link(new, actor=world.actor("bob"), at=timezone.now()).token
    fresh = Client()
    assert "Customer registration" in text_of(fresh.get(f"/in/{token}/"))
    fresh.cookies["django_language"] = "zh-hans"
    assert "客户登记" in text_of(fresh.get(f"/in/{token}/"))
