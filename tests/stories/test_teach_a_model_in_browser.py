"""Alice hands over a sample, has a card learnt, looks at it and proposes it; Carl lets it compete.

In a real browser, at a desk and at 390 px, in both languages: axe is content, nothing scrolls
sideways, the console stays empty.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.learning.test_prepare import rows_of
from tests.stories.test_visit_on_a_phone import sign_in
from tests.world import AT, PASSWORD, make_world
from xinheng.modelling.models import LearntModel, Sample
from xinheng.modelling.training import train_next
from xinheng.people.actions import create_user
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("XINHENG_SHOTS", "")


@pytest.fixture
def world(transactional_db: None) -> Any:
    made = make_world()
    carl = create_user(
        *("carl", PASSWORD),
        name="carl",
        roles=["credit_manager"],
        unit_code=None,
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    for user in (made.alice, carl):
        user.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
        user.save(update_fields=["password"])
    return made


def seen(page: Any, name: str) -> None:
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def everywhere(page: Any, served: str, address: str, name: str) -> None:
    """At a desk and on a phone, in both languages."""
    for language in ("zh-hans", "en"):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": served}])
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(served + address)
            seen(page, f"{name}-{language}-{width}")
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": served}])
    page.set_viewport_size({"width": 1440, "height": 900})


def test_from_a_file_to_a_challenger(world: Any, served: str, page: Any, tmp_path: Path) -> None:
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda m: heard.append(m.text) if "Content Security" in m.text else None)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.set_default_timeout(30_000)
    sign_in(page, served, "alice", "/models/")
    seen(page, "models-empty")
    page.click("text=添加样本")
    file = tmp_path / "样本.csv"
    file.write_text(rows_of(1_000), encoding="gb18030")
    page.set_input_files("#id-file", str(file))
    page.wait_for_selector("#sample-columns option[value=late]", state="attached")
    page.fill("#id-target", "nobody")
    page.click("text=保存样本")
    page.wait_for_selector("text=文件里没有列 nobody")
    seen(page, "sample-refused")
    page.set_input_files("#id-file", str(file))
    page.fill("#id-target", "late")
    page.click("summary:has-text('更多选项')")
    page.fill("#id-drop", "firm")
    page.click("text=保存样本")
    page.wait_for_selector("text=训练模型")
    sample = Sample.objects.get()
    page.fill("#id-model", "付款评分卡")
    page.click("main form button:has-text('训练')")
    page.wait_for_selector("text=等待中")
    assert train_next(lambda: datetime.now(UTC)) == 1
    page.wait_for_selector("a:has-text('付款评分卡 v1')")  # the page has looked again by itself
    everywhere(page, served, f"/models/samples/{sample.pk}/", "sample")
    everywhere(page, served, "/models/samples/", "samples")
    page.goto(f"{served}/models/samples/{sample.pk}/")
    page.select_option("#id-kind", "boosting")
    page.click("main form button:has-text('训练')")
    page.wait_for_selector("text=等待中")
    assert train_next(lambda: datetime.now(UTC)) == 1
    card, trees = LearntModel.objects.order_by("pk")
    everywhere(page, served, f"/models/{card.pk}/", "report")
    everywhere(page, served, f"/models/{card.pk}/?view=bins", "bins")
    everywhere(page, served, f"/models/{card.pk}/?view=card", "card")
    everywhere(page, served, f"/models/compare/?a={card.pk}&b={trees.pk}", "compare")
    page.goto(f"{served}/models/{card.pk}/")
    # The file's columns are not what assessments know: it can only compete.
    assert page.locator("#id-place option").count() == 1
    page.fill("#id-reason", "先并行三个月看看")
    page.click("main form button:has-text('提议')")
    page.wait_for_selector("text=请另一位同事决定")
    page.context.clear_cookies()
    sign_in(page, served, "carl", f"/models/{card.pk}/")
    page.fill("#id-decision", "同意并行评分")
    page.click("text=同意启用")
    page.wait_for_selector("text=模型已启用")
    everywhere(page, served, "/models/", "models")
    card.refresh_from_db()
    assert (card.state, card.decided_by.username) == ("challenger", "carl")
    assert not heard, heard
