"""Reviews, offers and regrade proposals by page: found, begun, ended; seen by those who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.pages import FAR, signed_in, text_of
from tests.world import World, make_customer, make_line, make_world
from xinheng.applications.models import Application, IncreaseOffer, RegradeProposal, Review
from xinheng.applications.reviews import find_reviews
from xinheng.customers.models import Customer
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.people.queries import today
from xinheng.web.reviews.calendar_file import escaped, folded

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def ending(world: World, days: int = 40, **extra: str) -> Customer:
    """A customer of the east whose limit of 500,000.00 ends in so many days."""
    at = timezone.now()
    told = {"name": "江南钢构", "name_en": "Jiangnan Steel"} | extra
    customer = make_customer("C-1", unit=world.units["EAST"], **told)
    make_line(
        customer,
        50_000_000,
        valid_from=today(at) - timedelta(days=100),
        valid_until=today(at) + timedelta(days=days),
    )
    DatedLimit.objects.update(granted_at=at)
    return customer


def reviewed(world: World) -> Review:
    ending(world)
    at = timezone.now()
    find_reviews(today=today(at), at=at)
    return Review.objects.get()


def test_a_limit_that_ends_appears_is_begun_and_an_application_is_drafted(world: World) -> None:
    row = reviewed(world)
    Review.objects.update(assignee=world.alice)
    bob, alice = signed_in(world.bob), signed_in(world.alice, "en")
    page = text_of(bob.get("/reviews/"))
    assert "江南钢构" in page and "额度于" in page and f'href="/reviews/{row.pk}/"' in page
    assert "Jiangnan Steel" in text_of(alice.get("/reviews/?show=mine"))
    page = text_of(bob.get(f"/reviews/{row.pk}/"))
    assert "500,000.00" in page and "起草授信申请" in page and "直接办结" not in page
    answer = bob.post(f"/reviews/{row.pk}/start/", {"kind": "decrease", "amount": "600000.00"})
    assert answer.status_code == 422 and "600000.00" in text_of(answer)
    answer = bob.post(f"/reviews/{row.pk}/start/", {"kind": "renewal", "amount": "1.005"})
    assert answer.status_code == 422
    answer = bob.post(f"/reviews/{row.pk}/start/", {"kind": "renewal", "amount": ""})
    assert answer.status_code == 302
    made = Application.objects.get()
    assert (made.state, made.source, made.asked_minor) == ("draft", "review", 50_000_000)
    page = text_of(alice.get(f"/reviews/{row.pk}/"))
    assert made.number in page and "Under way" in page


def test_a_month_shows_the_day_and_an_empty_one_says_so(world: World) -> None:
    row = reviewed(world)
    bob = signed_in(world.bob)
    page = text_of(bob.get(f"/reviews/?month={row.due_on:%Y-%m}"))
    assert "江南钢构" in page and f'datetime="{row.due_on}"' in page
    assert "这个月没有到期的复评" in text_of(bob.get("/reviews/?month=2031-02"))
    for odd in ("2031-99", "x", "0000-00", "9999-12", "' or 1=1"):
        assert bob.get("/reviews/", {"month": odd}).status_code == 200
    for odd in ("W10", "WyIyMDI2LTEyLTk5IiwxXQ", "WzEsMl0"):
        assert bob.get("/reviews/", {"after": odd}).status_code == 200


def test_the_calendar_file_has_what_the_page_has(world: World) -> None:
    row = reviewed(world)
    answer = signed_in(world.bob).get("/reviews/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    text = text_of(answer)
    assert text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n")
    assert f"DTSTART;VALUE=DATE:{row.due_on:%Y%m%d}" in text and "江南钢构" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "500" not in text
    assert "VEVENT" not in text_of(signed_in(world.eve).get("/reviews/calendar.ics"))


def test_lines_of_the_calendar_file_are_folded_and_escaped() -> None:
    parts = list(folded("SUMMARY:" + "江" * 60))
    assert [len(part.encode()) <= 75 for part in parts] == [True] * len(parts)
    assert "".join(part.removeprefix(" ") for part in parts) == "SUMMARY:" + "江" * 60
    assert escaped("a,b;c\\d\r\ne") == "a\\,b\\;c\\\\d \\ne"


def test_nobody_else_sees_it(world: World) -> None:
    row = reviewed(world)
    eve = signed_in(world.eve)
    assert "江南钢构" not in text_of(eve.get("/reviews/"))
    assert "现在没有要复评的客户" in text_of(eve.get("/reviews/"))
    assert eve.get(f"/reviews/{row.pk}/").status_code == 404
    assert eve.post(f"/reviews/{row.pk}/start/", {"kind": "renewal"}).status_code == 404
    assert signed_in(world.bob).post(f"/reviews/{row.pk}/end/").status_code == 404  # no right
    assert signed_in(world.dora).get(f"/reviews/{row.pk}/").status_code == 200


def test_a_person_asks_for_one_and_another_ends_it(world: World) -> None:
    ending(world, days=200)
    bob, alice = signed_in(world.bob), signed_in(world.alice)
    day = (today(timezone.now()) + timedelta(days=5)).isoformat()
    for words in ({"why": "理", "due_on": day}, {"why": "换了老板吗", "due_on": "soon"}):
        assert bob.post("/customers/C-1/reviews/new/", words).status_code == 422
    answer = bob.post("/customers/C-1/reviews/new/", {"why": "换了老板吗", "due_on": day})
    assert answer.status_code == 302
    row = Review.objects.get()
    assert "换了老板吗" in text_of(alice.get("/reviews/?cause=person"))
    assert alice.post(f"/reviews/{row.pk}/end/", {"outcome": "查"}).status_code == 422
    assert alice.post(f"/reviews/{row.pk}/assign/", {"person": "x"}).status_code == 422
    person = {"person": str(world.alice.pk)}
    assert alice.post(f"/reviews/{row.pk}/assign/", person).status_code == 302
    assert alice.post(f"/reviews/{row.pk}/end/", {"outcome": "查过，没有换"}).status_code == 302
    assert "查过，没有换" in text_of(bob.get(f"/reviews/{row.pk}/"))
    assert "换了老板吗" in text_of(bob.get("/reviews/?show=ended"))


def offered(world: World) -> IncreaseOffer:
    customer = ending(world, days=300)
    return IncreaseOffer.objects.create(
        customer=customer,
        currency="CNY",
        from_minor=50_000_000,
        to_minor=65_000_000,
        reasons={
            "usage_days": 90,
            "usage_pct": "82.00",
            "mean_minor": 41_000_000,
            "payment_index": "91.20",
            "days_late_max": 0,
            "grade": "A",
            "complete_bps": 9000,
            "suggested_minor": 80_000_000,
        },
        valid_until=FAR,
        made_at=timezone.now(),
    )


def test_an_offer_is_made_and_taken_on_two_pages(world: World) -> None:
    row = offered(world)
    bob, alice = signed_in(world.bob), signed_in(world.alice)
    page = text_of(bob.get("/offers/"))
    assert "650,000.00" in page and "+30%" in page and "82.00%" in page
    assert "向客户邀约" not in text_of(bob.get(f"/offers/{row.pk}/"))
    assert "近 90 天平均使用额度的 82.00%。" in text_of(alice.get(f"/offers/{row.pk}/"))
    assert bob.post(f"/offers/{row.pk}/take/", {"words": "电话同意"}).status_code == 422
    assert alice.post(f"/offers/{row.pk}/make/").status_code == 302
    page = text_of(bob.get(f"/offers/{row.pk}/"))
    assert "人民币陆拾伍万元整" in page and "客户接受" in page
    assert bob.post(f"/offers/{row.pk}/take/", {"words": "好"}).status_code == 422
    words = {"words": "电话里同意，旺季备货"}
    assert bob.post(f"/offers/{row.pk}/take/", words).status_code == 302
    assert Application.objects.get().source == "offer"
    assert "已接受" in text_of(bob.get("/offers/?show=ended"))


def test_an_offer_whose_limit_changed_can_only_be_declined(world: World) -> None:
    row = offered(world)
    CreditLine.objects.update(amount_minor=1)
    DatedLimit.objects.update(amount_minor=1)
    alice = signed_in(world.alice)
    answer = alice.post(f"/offers/{row.pk}/make/")
    assert answer.status_code == 422 and "额度已不是" in text_of(answer)
    assert alice.post(f"/offers/{row.pk}/decline/", {"words": "额度已调整"}).status_code == 302
    assert signed_in(world.eve).get(f"/offers/{row.pk}/").status_code == 404


def test_a_proposed_grade_is_seen_by_all_and_decided_by_few(world: World) -> None:
    customer = ending(world, days=300)
    row = RegradeProposal.objects.create(
        customer=customer,
        from_grade="BBB",
        to_grade="BB",
        evidence={"index_before": "84.00", "index_now": "71.00", "oldest_dpd": 61},
        made_at=timezone.now(),
    )
    bob, alice = signed_in(world.bob, "en"), signed_in(world.alice)
    page = text_of(bob.get("/regrades/"))
    assert "The payment index fell from 84.00 to 71.00 in 3 months." in page
    assert "61 days overdue" in page
    assert "formaction" not in text_of(bob.get(f"/regrades/{row.pk}/"))
    assert bob.post(f"/regrades/{row.pk}/refuse/").status_code == 404
    assert alice.post(f"/regrades/{row.pk}/refuse/", {"reason": "不"}).status_code == 422
    told = {"reason": "季节性，下月回款"}
    assert alice.post(f"/regrades/{row.pk}/refuse/", told).status_code == 302
    assert "季节性，下月回款" in text_of(bob.get(f"/regrades/{row.pk}/"))
    assert signed_in(world.eve).get(f"/regrades/{row.pk}/").status_code == 404


def test_the_rail_counts_what_waits_for_me(world: World) -> None:
    reviewed(world)
    row = Review.objects.get()
    Review.objects.update(assignee=world.alice)
    assert row.state == "open"
    page = text_of(signed_in(world.alice).get("/reviews/"))
    rail = page[page.index('href="/reviews/"') :][:400]
    assert ">1<" in rail
