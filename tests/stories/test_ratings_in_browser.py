"""Alice looks at her ratings on a Monday: what moved and why, what runs out, whether the card still
fits, and whether a challenger would do better.

In a real browser against a real web process, on a narrow phone too, in the dark, with axe.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.modelling.assessed import assess_all, challenger, drawn
from tests.stories.test_portfolio_in_browser import enter, serious
from tests.world import PASSWORD, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.limits.models import CreditLine
from xinheng.modelling import drifting, shadowing

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 240


@pytest.fixture
def book(transactional_db: None, served: str) -> str:
    """A rated book that paid later and later; returns the address."""
    world = make_world()
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.save(update_fields=["password"])
    now = timezone.now()
    customers = [
        make_customer(f"K{n:03}", name=f"测试客户{n:03}有限公司", unit=world.units["EAST"])
        for n in range(MANY)
    ]
    Customer.objects.update(created_at=now - timedelta(days=300))
    CreditLine.objects.bulk_create(
        CreditLine(
            customer=one, currency="CNY", open_items_minor=(n + 1) * 7_654_321, updated_at=now
        )
        for n, one in enumerate(customers)
    )
    # the same customers three times: most keep what they are, some pay later
    first = drawn(MANY, seed=1, late=6.0)
    later = first[:150] + drawn(MANY - 150, seed=2, late=22.0)
    for days, given in ((100, first), (65, first), (1, later)):
        assess(customers, given, now - timedelta(days=days))
    challenger()
    challenger("boosting", "trees")
    shadowing.score_challengers(at=now)
    drifting.look(at=now)
    override(world, customers[3], now)
    return served


def assess(customers: list[Customer], given: list[dict[str, str | None]], at: datetime) -> None:
    """Assessments of a day, and the ratings in force from them, some of which end soon."""
    made = assess_all(customers, given, at)
    Rating.objects.all().delete()
    Rating.objects.bulk_create(
        Rating(
            customer_id=one.customer_id,
            assessment=one,
            grade=one.grade,
            points=one.points,
            valid_until=at.date() + timedelta(days=20 + 4 * (n % 60)),
        )
        for n, one in enumerate(made)
    )
    Assessment.objects.filter(assessed_at=at).update(valid_until=at.date() + timedelta(days=365))


def override(world: Any, customer: Customer, now: datetime) -> None:
    rating = Rating.objects.get(customer=customer)
    row = GradeOverride.objects.create(
        customer=customer,
        model_grade=rating.grade,
        grade="CC",
        notches=-3,
        reason="被起诉，已进入诉讼程序",
        valid_until=now.date() + timedelta(days=120),
        state="in_force",
        asked_by=world.alice,
        asked_at=now,
    )
    Rating.objects.filter(customer=customer).update(
        grade="CC", model_grade=rating.grade, override=row
    )


@pytest.fixture
def said(page: Any) -> Iterator[list[str]]:
    heard: list[str] = []
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    yield heard
    assert heard == []


def test_alice_reads_her_ratings(book: str, page: Any, said: list[str]) -> None:
    enter(page, book)
    page.click("#rail a[href='/ratings/']")
    page.wait_for_url(f"{book}/ratings/")
    assert "240 户中" in page.locator("h1").inner_text()
    assert page.locator(".grades-table tbody tr").count() >= 4
    assert "被起诉" in page.inner_text("#main")

    page.click(".pages-nav a:has-text('变动')")
    page.wait_for_url(f"{book}/ratings/moves/**")
    assert "下调" in page.locator("h1").inner_text()
    reason = page.locator("[aria-labelledby=worse-title] td.why").first.inner_text()
    assert "→" in reason and "−" in reason
    page.fill("input[name=before]", (timezone.now() - timedelta(days=30)).strftime("%Y-%m-%d"))
    page.click(".filters button[type=submit]")
    page.wait_for_url("**before=**")
    page.goto(f"{book}/ratings/")
    page.select_option("form.export select", "csv")
    with page.expect_download() as kept:
        page.click("form.export button")
    assert kept.value.suggested_filename.endswith(".csv")

    page.goto(f"{book}/models/drift/")
    page.locator(".heat td a").first.click()
    page.wait_for_url("**month=**")
    assert page.locator(".bands tbody tr").count() > 3
    page.click("a:has-text('挑战模型')")
    page.click("td a:has-text('own v1')")
    assert "样本太少" in page.inner_text("#main")


def test_nothing_is_cut_off_and_axe_finds_nothing(book: str, page: Any, said: list[str]) -> None:
    enter(page, book)
    page.goto(f"{book}/models/challengers/")
    one = page.locator("td a").first.get_attribute("href")
    addresses = ["/ratings/", "/ratings/moves/", "/models/drift/", "/models/challengers/", one]
    found: list[str] = []
    for width, scheme in ((1440, "light"), (390, "light"), (390, "dark"), (1440, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        for n, address in enumerate(addresses):
            page.goto(book + address)
            if folder := os.environ.get("RATINGS_SHOTS"):
                page.screenshot(path=f"{folder}/{n}-{width}-{scheme}.png", full_page=True)
            found += serious(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{address} is {wide} px wide on a screen of {width} px"
    assert found == []
