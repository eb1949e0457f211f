"""Anna rates a new customer without a ledger by 6C on her phone; Alice adopts it, and the grade
stands in the head of the file. Olaf and Anna compare pairs; Alice puts the weights to use.

In a real browser at 390 px: axe is content, nothing scrolls sideways, the console stays empty.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.modelling.rated import CODE, rating_world
from tests.stories.test_visit_on_a_phone import content, sign_in
from tests.world import PASSWORD
from xinheng.credit import questionnaire
from xinheng.decisions.models import Rating
from xinheng.modelling.models import AhpStudy, ExpertRun
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = f"/customers/{CODE}/models/"
SHOTS = os.environ.get("XINHENG_SHOTS", "")


@pytest.fixture
def world(transactional_db: None) -> Any:
    made = rating_world()
    kept = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    User.objects.filter(username__in=["anna", "olaf", "alice"]).update(password=kept)
    return made


@pytest.fixture
def heard(page: Any) -> list[str]:
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda m: told.append(m.text) if "Content Security" in m.text else None)
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_default_timeout(20_000)
    return told


def seen(page: Any, name: str) -> None:
    content(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        page.screenshot(path=f"{SHOTS}/{name}-view.png")


def answer(page: Any, key: str, score: str) -> None:
    page.locator(f"[name=score-{key}][value='{score}']").dispatch_event("click")


def test_rated_adopted_and_in_force(world: Any, served: str, page: Any, heard: list[str]) -> None:
    sign_in(page, served, "anna", MODELS)
    seen(page, "models-empty")
    page.click("text=用 6C 评一次")
    page.wait_for_selector("#item-pays_us")
    keys = list(questionnaire.items_of("6c"))
    for key in keys[:-2]:
        answer(page, key, "8")
    answer(page, keys[-2], "x")
    page.wait_for_selector("#so-far:has-text('已答 17 / 18')")
    seen(page, "form")
    page.click("text=提交评级")
    page.wait_for_selector(f".mistakes a[href='#item-{keys[-1]}']")
    assert not ExpertRun.objects.exists()
    answer(page, keys[-1], "4")
    page.wait_for_selector("#so-far:has-text('已答 18 / 18')")
    page.click("text=提交评级")
    page.wait_for_selector("text=得分从哪里来")
    made = ExpertRun.objects.get()
    assert (made.class_code, made.grade) == ("CA2", "BB")
    page.select_option("#what-item", "pays_us")
    page.select_option("#what-score", "2")
    page.wait_for_selector("#what-if-answer:has-text('−60')")
    seen(page, "run")
    assert page.locator("#adopt").count() == 0
    sign_in(page, served, "alice", f"{MODELS}{made.pk}/")
    page.click("#adopt button")
    page.wait_for_selector("text=已采用为客户评级")
    seen(page, "adopted")
    page.goto(f"{served}/customers/{CODE}/")
    head = page.locator(".file-head .file-cell").first
    assert "BB" in head.inner_text() and Rating.objects.get().grade == "BB"
    seen(page, "file")
    page.goto(served + MODELS)
    seen(page, "models")
    assert heard == []


def test_weights_by_pairs(world: Any, served: str, page: Any, heard: list[str]) -> None:
    sign_in(page, served, "anna", "/models/ahp/")
    page.fill("#study-name", "二〇二七年权重")
    page.select_option("#study-model", "character")
    seen(page, "studies")
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=我的比较")
    for pair, said in {"A-B": "5", "A-C": "1/3", "B-C": "5"}.items():
        page.select_option(f"[name=pair-{pair}]", said)
    page.wait_for_selector("#weighed:has-text('成环')")
    seen(page, "circle")
    for pair, said in {"A-B": "2", "A-C": "5", "B-C": "3"}.items():
        page.select_option(f"[name=pair-{pair}]", said)
    page.wait_for_selector("#weighed:has-text('58.16%')")
    page.click("text=提交我的比较")
    page.wait_for_selector("text=您的比较已记录")
    study = AhpStudy.objects.get()
    sign_in(page, served, "alice", f"/models/ahp/{study.pk}/")
    page.click("text=采用这组权重")
    page.wait_for_selector("text=权重已采用")
    seen(page, "study")
    study.refresh_from_db()
    assert study.state == "accepted" and heard == []
