"""A consent is taken back on the page of reports, and on the tab of external reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from tests.connectors.bureau_answers import PRODUCTS, SOLE, USCC, raw
from tests.dossiers.corpus import pdf
from tests.web.pages import buyer, signed_in, text_of
from tests.world import World, make_world
from xinheng.connectors.bureau import Bureau
from xinheng.customers.models import Customer
from xinheng.dossiers import filing
from xinheng.dossiers.uploads import check_upload
from xinheng.inquiries.bureau_rows import Asking
from xinheng.inquiries.bureaus import keep_report
from xinheng.inquiries.models import BureauReport, ConsentWithdrawal
from xinheng.inquiries.retention import end_reports
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db
REPORTS = "/customers/S1/reports/"
TAB = "/customers/S1/file/external/"
WORDS = "来电说明，<b>不再</b>申请赊销"


@pytest.fixture
def world() -> World:
    made = make_world()
    buyer("S1", made.units["EAST"], None, name="老王五金店")
    Customer.objects.filter(code="S1").update(uscc=SOLE)
    return made


@pytest.fixture
def paper(world: World) -> UUID:
    """A consent, and a report that came under it."""
    now = timezone.now()
    new = filing.NewDocument(
        customer_code="S1", kind="other", title="本人同意书", secrecy=2, valid_from=today(now)
    )
    upload = check_upload("consent.pdf", pdf(pages=2))
    made = filing.add_document(new, upload, actor=world.actor("alice"), at=now)
    asking = Asking(
        customer_code="S1",
        bureau="creditsafe",
        product=PRODUCTS["creditsafe"],
        purpose="review",
        legal_basis="consent",
        consent=made,
    )
    content = raw("creditsafe").replace(USCC.encode(), SOLE.encode())
    keep_report(asking, content, Bureau("creditsafe"), actor=world.actor("alice"), at=now)
    return made


def typed(**told: Any) -> dict[str, Any]:
    return {"told_on": today(timezone.now()).isoformat(), "words": WORDS} | told


def address(paper: UUID) -> str:
    return f"/customers/S1/consents/{paper}/withdraw/"


@pytest.mark.parametrize("path", [REPORTS, TAB])
def test_a_consent_stands_beside_the_reports_with_its_form(
    world: World, paper: UUID, path: str
) -> None:
    page = text_of(signed_in(world.alice).get(path))
    assert "起的本人同意书" in page and address(paper) in page and "不可恢复" in page
    english = text_of(signed_in(world.alice, "en").get(path))
    assert "Consent given on" in english and "The person takes it back" in english
    assert address(paper) not in text_of(signed_in(world.bob).get(path))  # he may see it


def test_who_takes_it_back_sees_what_was_closed(world: World, paper: UUID) -> None:
    alice = signed_in(world.alice)
    grade = BureauReport.objects.get().mapped_grade
    assert f"grade-{grade.lower()}" in text_of(alice.get(REPORTS))
    page = text_of(alice.post(address(paper), typed(), follow=True))
    assert "1 份报告已关闭" in page and "同意已撤回，内容于" in page and "撤回" in page
    assert f"grade-{grade.lower()}" not in page and address(paper) not in page
    assert "&lt;b&gt;不再&lt;/b&gt;" in page
    for path in (REPORTS, TAB):
        english = text_of(signed_in(world.bob, "en").get(path))
        assert "consent withdrawn, content deleted on" in english and "taken back on" in english
        assert "不再" not in english  # the words are for who reviews


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"told_on": ""}, "填写此项"),
        ({"told_on": "昨天"}, "2026-11-22 这样的日期"),
        ({"told_on": "2999-01-01"}, "不能在今天之后"),
        ({"words": ""}, "填写此项"),
        ({"words": "不要"}, "4 至 1000 个字"),
    ],
)
def test_a_mistake_stands_beside_its_field(
    world: World, paper: UUID, told: dict[str, Any], said: str
) -> None:
    answer = signed_in(world.alice).post(address(paper), typed(**told))
    page = text_of(answer)
    field = next(iter(told))
    assert answer.status_code == 422 and not ConsentWithdrawal.objects.exists()
    assert said in page.split(f'id="consent_{paper}_{field}_error"')[1].split("</div>")[0]
    assert "<details open>" in page


def test_it_is_taken_back_once_and_by_nobody_from_elsewhere(world: World, paper: UUID) -> None:
    assert signed_in(world.bob).post(address(paper), typed()).status_code == 404
    assert signed_in(world.eve).post(address(paper), typed()).status_code == 404
    alice = signed_in(world.alice)
    assert alice.post(address(UUID(int=3)), typed()).status_code == 404
    assert alice.post(address(paper), typed()).status_code == 302
    again = alice.post(address(paper), typed())
    assert again.status_code == 422 and "已经撤回" in text_of(again)
    assert ConsentWithdrawal.objects.count() == 1


def test_a_report_whose_days_are_over_says_so(world: World, paper: UUID) -> None:
    later = timezone.now() + timedelta(days=1826)
    assert end_reports(today=today(later), at=later) == 1
    page = text_of(signed_in(world.alice).get(REPORTS))
    assert "保存 1825 天后，内容于" in page and "机构条款第 1 版" in page
    english = text_of(signed_in(world.alice, "en").get(TAB))
    assert "after 1825 days (terms v1)" in english


def test_a_customer_without_consents_shows_none(world: World) -> None:
    assert "同意书 " not in text_of(signed_in(world.alice).get(REPORTS))
    assert "凭以查询的同意" not in text_of(signed_in(world.alice).get(REPORTS))
