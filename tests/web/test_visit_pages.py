"""Visits by page: planned, filled in section by section, photos, handed in, reviewed, printed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.dossiers.corpus import png
from tests.inquiries.photos import GPS_PHOTO
from tests.inquiries.test_visit_customers import filled
from tests.web.pages import HTMX, buyer, signed_in, text_of
from tests.world import make_world
from xinheng.dossiers.models import DocumentAccess, Fact
from xinheng.inquiries.models import Visit, VisitPhoto
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db
PLAN = "/customers/E1/visits/plan/"


@pytest.fixture
def world():
    made = make_world()
    buyer("E1", made.units["EAST"], None, name="江南钢构")
    return made


def plan(world: Any, **told: Any) -> str:
    day = today(timezone.now()).isoformat()
    form = {"purpose": "年度<b>复评", "planned_on": day, "visitor": world.bob.pk, **told}
    answer = signed_in(world.bob).post(PLAN, form)
    assert answer.status_code == 302, text_of(answer)
    return answer["Location"]


def fill(world: Any, page: str) -> None:
    client = signed_in(world.bob)
    client.post(page + "begin/", {"place": "", "latitude": "30.21", "longitude": "120.18"})
    for code, answers in filled("4").items():
        client.post(f"{page}sections/{code}/", answers)


def test_a_visit_goes_through_its_pages(world):
    page, client = plan(world), signed_in(world.bob)
    assert "geolocation=(self)" in client.get(page)["Permissions-Policy"]
    assert "geolocation=()" in signed_in(world.alice).get(page)["Permissions-Policy"]
    shown = text_of(client.get(page))
    assert "年度&lt;b&gt;复评" in shown and "开始走访" in shown and "主要供应商" in shown
    fill(world, page)
    shown = text_of(client.get(page))
    assert "30.210000, 120.180000" in shown and "已评 10 / 10 节" in shown
    assert client.post(page + "submit/")["Location"].endswith("#submit")
    alice = signed_in(world.alice)
    review = text_of(alice.get(page))
    assert "75" in review and "独自走访" in review and "退回补充" in review
    assert "退回补充" not in text_of(client.get(page))  # bob was there
    told = {"statement": "照片与地址相符", "confidence": "70", "decision": "accept"}
    assert alice.post(page + "review/", told).status_code == 302
    assert "照片与地址相符" in text_of(client.get(page))
    assert Fact.objects.get(field="last_visit").known_since is not None
    panel = text_of(signed_in(world.bob, "en").get("/customers/E1/file/contact/"))
    assert "reviewed" in panel and page in panel
    long_ago = (timezone.now() - timedelta(days=30)).date().isoformat()
    then = text_of(client.get(f"/customers/E1/file/contact/?as_of={long_ago}"))
    assert "当时还没有走访记录" in then


def test_a_section_answers_with_one_line_and_keeps_what_is_right(world):
    page, client = plan(world), signed_in(world.bob)
    address = page + "sections/staff/"
    good = client.post(address, {"rating": "3", "headcount": "86"}, headers=HTMX)
    assert good.status_code == 200 and "已保存" in text_of(good) and len(good.content) < 200
    bad = client.post(address, {"rating": "3", "headcount": "viele"}, headers=HTMX)
    assert bad.status_code == 422 and "“员工人数”" in text_of(bad)
    whole = text_of(client.post(address, {"headcount": "vi<ele", "positions": "车间 60"}))
    assert 'value="vi&lt;ele"' in whole and "车间 60" in whole  # nothing typed is lost
    assert 'value="86"' in text_of(client.get(page))
    assert client.post(page + "sections/attic/", {}, headers=HTMX).status_code == 422


@pytest.mark.parametrize(
    ("told", "by", "taken"),
    [
        ({"from_picture": "1", "latitude": "30", "longitude": "120"}, "picture", True),
        ({"latitude": "30.5", "longitude": "120"}, "device", True),
        ({"latitude": "30.5", "longitude": ""}, "person", False),
        ({"latitude": "NaN", "longitude": "1e999"}, "person", False),
        ({"latitude": "95", "longitude": "120"}, "person", False),
        ({"taken_at": "2026-11-20T09:30"}, "person", True),
        ({"taken_at": "2999-11-20T09:30"}, "person", False),
    ],
)
def test_who_says_when_and_where_a_photo_was_taken(world, told, by, taken):
    page, client = plan(world), signed_in(world.bob)
    file = SimpleUploadedFile("a.jpg", GPS_PHOTO, "image/jpeg")
    answer = client.post(page + "photos/add/", {"file": file, "section": "premises", **told})
    assert answer.status_code == 302, text_of(answer)
    photo = VisitPhoto.objects.get()
    assert (photo.told_by, photo.taken_at is not None) == (by, taken)
    assert (photo.latitude is not None) == (by != "person")


def test_a_photo_is_shown_to_who_may_see_it_and_that_is_on_record(world):
    page, client = plan(world), signed_in(world.bob)
    for name, content in (("a.png", png()), ("b.png", b"<svg onload=a()>"), ("c.png", b"")):
        client.post(page + "photos/add/", {"file": SimpleUploadedFile(name, content)})
    picture = f"{page}photos/{VisitPhoto.objects.get().pk}/"
    assert f'src="{picture}"' in text_of(client.get(page))
    answer = signed_in(world.dora).get(picture)
    assert answer["Content-Type"] == "image/png" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert DocumentAccess.objects.get().opened_by == f"user:{world.dora.pk}"
    assert signed_in(world.eve).get(picture).status_code == 404
    assert signed_in(world.eve).get(page).status_code == 404
    assert signed_in(world.eve).post(page + "submit/").status_code == 404


def test_refusals_stand_where_they_belong(world):
    page, client = plan(world), signed_in(world.bob)
    answer = client.post(page + "submit/")
    assert answer.status_code == 422 and "还不能提交，请补上：走访地点" in text_of(answer)
    answer = client.post(page + "cancel/", {"reason": "否"})
    assert answer.status_code == 422 and 'value="否"' in text_of(answer)
    assert client.post(page + "begin/", {"latitude": "99", "longitude": "1"}).status_code == 422
    fill(world, page)
    client.post(page + "submit/")
    alice = signed_in(world.alice)
    for told in ({"statement": ""}, {"statement": "照片与地址相符", "confidence": "many"}):
        assert alice.post(page + "review/", {"decision": "accept", **told}).status_code == 422
    back = {"statement": "请补拍门牌照片", "decision": "back"}
    assert alice.post(page + "review/", back).status_code == 302
    assert "请补拍门牌照片" in text_of(client.get(page))
    assert client.post(page + "cancel/", {"reason": "客户停产"}).status_code == 302
    assert Visit.objects.get().state == "cancelled"


def test_lists_by_tab_and_by_day(world):
    page, client = plan(world), signed_in(world.bob)
    day = today(timezone.now())
    assert page in text_of(client.get("/inquiries/visits/"))
    assert page in text_of(client.get(f"/inquiries/visits/?day={day}"))
    nothing = text_of(client.get(f"/inquiries/visits/?day={day + timedelta(days=1)}"))
    assert page not in nothing and "这一天没有走访" in nothing
    Visit.objects.update(planned_on=day - timedelta(days=2))
    late = text_of(client.get("/inquiries/visits/?tab=overdue"))
    assert "逾期 2 天" in late and "bob" in late
    assert page not in text_of(signed_in(world.eve).get("/inquiries/visits/"))
    for query in ("?tab=x", "?day=2026-13-01", "?day=%00"):
        assert client.get(f"/inquiries/visits/{query}").status_code == 200
    answer = client.post(PLAN, {"purpose": "x", "planned_on": "2001-01-01", "visitor": "0"})
    assert answer.status_code == 422
