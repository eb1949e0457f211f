"""A limit ends in forty days: a review appears, Bob begins it on his phone, and there is a draft;
Alice offers more to a customer that pays well, and Bob writes down its yes.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.stories.test_check_and_release import enter
from tests.web.pages import FAR
from tests.world import make_customer, make_line, make_world
from xinheng.applications.models import Application, IncreaseOffer, RegradeProposal
from xinheng.applications.reviews import find_reviews
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db(transaction=True)
FIGURES: dict[str, Any] = {"usage_days": 90, "usage_pct": "82.00", "payment_index": "91.20"}
FIGURES |= {"days_late_max": 0, "grade": "A", "complete_bps": 9000, "suggested_minor": 80_000_000}
NAMES = ["长江建材贸易有限公司", "江南钢构", "北方水泥制品", "华东路桥", "远山机电"]


@pytest.fixture
def world(transactional_db):
    return make_world()


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look: SHOTS names the folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def a_book(world) -> None:
    at = timezone.now()
    day = today(at)
    for place, name in enumerate(NAMES):
        customer = make_customer(f"C-{place}", unit=world.units["EAST"], name=name, name_en="")
        until = day + timedelta(days=40 - 9 * place)
        make_line(customer, 50_000_000, valid_from=day - timedelta(days=90), valid_until=until)
        evidence = {"index_before": "84.00", "index_now": "71.00", "oldest_dpd": 61 + place}
        RegradeProposal.objects.create(
            customer=customer, from_grade="A", to_grade="BBB", evidence=evidence, made_at=at
        )
        IncreaseOffer.objects.create(
            customer=customer,
            currency="CNY",
            from_minor=50_000_000,
            to_minor=65_000_000,
            reasons=FIGURES,
            valid_until=FAR,
            made_at=at,
        )
    find_reviews(today=day, at=at)


def test_a_limit_that_ends_is_renewed_and_an_offer_is_taken(world, served, browser):
    a_book(world)
    phone = {"viewport": {"width": 390, "height": 844}}
    bob = enter(browser, served, world.bob, **phone)
    for address in ("/reviews/", "/reviews/?month=2026-12", "/offers/", "/regrades/"):
        bob.goto(served + address)
        shot(bob, f"phone{address.replace('/', '-').replace('?', '')}")
        assert bob.evaluate("document.documentElement.scrollWidth") <= 390, address
    bob.goto(f"{served}/reviews/?cause=expiry")
    bob.locator("a[data-open]", has_text="长江建材").click()
    expect(bob.locator("#main")).to_contain_text("500,000.00")
    shot(bob, "phone-review")
    assert bob.evaluate("document.documentElement.scrollWidth") <= 390
    bob.click("button:has-text('起草授信申请')")
    expect(bob.locator("#main")).to_contain_text("已转申请")
    made = Application.objects.get()
    expect(bob.locator("#main")).to_contain_text(made.number)
    assert (made.kind, made.source, made.state) == ("renewal", "review", "draft")

    alice = enter(browser, served, world.alice, viewport={"width": 1440, "height": 900})
    for address in (
        "/reviews/",
        f"/reviews/?month={timezone.now():%Y-%m}",
        "/offers/",
        "/regrades/",
    ):
        alice.goto(served + address)
        shot(alice, f"wide{address.replace('/', '-').replace('?', '')}")
    alice.locator("a[data-open]", has_text="北方水泥").click()
    expect(alice.locator("#main")).to_contain_text("付款指数三个月内由 84.00 降至 71.00。")
    shot(alice, "wide-regrade")
    alice.goto(f"{served}/offers/")
    alice.locator("a[data-open]", has_text="江南钢构").click()
    alice.click("button:has-text('向客户邀约')")
    expect(alice.locator(".letter-text")).to_contain_text("人民币陆拾伍万元整")
    shot(alice, "wide-offer")
    bob.goto(alice.url)
    bob.fill("#yes-words", "电话里同意，旺季备货")
    bob.click("button:has-text('记录并提交申请')")
    expect(bob.locator("#main")).to_contain_text("已接受")
    assert Application.objects.get(source="offer").asked_minor == 65_000_000
