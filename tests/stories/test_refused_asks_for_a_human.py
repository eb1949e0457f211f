"""A customer applies by its link on a phone, is refused by rules alone, and asks for a human.

In a real browser at 390 px, in Chinese and once in English: Bob makes the link, the phone fills it
in and is given a number; the round says no; with words of its own the wish is open again.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.applications.stage import House, grade, make_house
from tests.stories.test_visit_on_a_phone import sign_in
from tests.stories.test_vote_on_a_phone import heard, seen  # noqa: F401
from tests.world import PASSWORD
from xinheng.applications import automatic
from xinheng.applications.models import Application
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(transactional_db: None) -> House:
    made = make_house()
    kept = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    User.objects.filter(username="bob").update(password=kept)
    grade(made.customer, "D")
    return made


def test_from_a_link_to_a_person(
    house: House,
    served: str,
    page: Any,
    heard: list[str],  # noqa: F811
) -> None:
    sign_in(page, served, "bob", "/inquiries/links/apply/?customer=C-1")
    seen(page, "invite")
    page.click("main form .btn-primary")
    address = page.locator("#address").inner_text()
    seen(page, "invited")
    page.context.clear_cookies()
    page.goto(address)
    seen(page, "apply")
    page.click("main form .btn-primary")
    page.wait_for_selector(".mistakes")
    page.fill("#id_amount", "50")
    page.fill("#id_purpose", "春季备货，每月约十五万")
    page.fill("#id_purchases", "300")
    page.click("main form .btn-primary")
    page.wait_for_selector("text=已收到")
    row = Application.objects.get()
    assert row.number in page.locator("main").inner_text()
    assert row.asked_minor == 500_000_00
    seen(page, "status")
    automatic.decide_alone_due(at=timezone.now())
    page.goto(address)
    page.wait_for_selector("text=请人工复核")
    seen(page, "refused-alone")
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": served}])
    page.goto(address)
    page.wait_for_selector("text=A human, please")
    seen(page, "refused-alone-en")
    page.fill("#human-words", "On time since 2019; please look")
    page.click("main form .btn-primary")
    page.wait_for_selector("text=A person looks at it now")
    seen(page, "human")
    row.refresh_from_db()
    assert row.state == "submitted" and not row.automatic
    assert heard == []
