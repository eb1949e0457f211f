"""Bob records a contract with its paper and a call on his phone; Alice puts the contract in force.

In a real browser at 390 px: axe is content, nothing scrolls sideways, the console stays empty.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.dossiers.corpus import pdf
from tests.stories.test_visit_on_a_phone import content, sign_in
from tests.world import PASSWORD, make_customer, make_world
from xinheng.contracts.models import Contract
from xinheng.relations.models import FollowUp

pytestmark = pytest.mark.django_db(transaction=True)
FILE = "/customers/C-1001/file"
SHOTS = os.environ.get("XINHENG_SHOTS", "")


@pytest.fixture
def world(transactional_db: None) -> Any:
    made = make_world()
    for user in (made.alice, made.bob):
        user.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
        user.save(update_fields=["password"])
    make_customer("C-1001", unit=made.units["EAST"], name="江南钢构工程有限公司")
    return made


def seen(page: Any, name: str) -> None:
    content(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_a_contract_and_a_call(world: Any, served: str, page: Any, tmp_path: Path) -> None:
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda m: heard.append(m.text) if "Content Security" in m.text else None)
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_default_timeout(30_000)
    sign_in(page, served, "bob", f"{FILE}/contracts/")
    seen(page, "empty")
    page.click("#contracts >> text=录入一份")
    page.fill("#id_number", "K-2026-01")
    page.fill("#id_title", "年度供货框架合同")
    page.fill("#id_amount", "5000000.00")
    page.select_option("#id_currency", "CNY")
    page.fill("#id_terms_days", "60")
    seen(page, "form")
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=已存为草稿")
    paper = tmp_path / "合同.pdf"
    paper.write_bytes(pdf())
    page.set_input_files("#file", str(paper))
    page.click("text=存入 >> visible=true")
    page.wait_for_selector("text=文件已存入")
    seen(page, "draft")
    address = page.url.removeprefix(served)
    page.goto(f"{served}/customers/C-1001/talks/new/")
    page.fill("#id_subject", "催收两张逾期发票")
    page.select_option("#id_follow", "7")
    seen(page, "talk-form")
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=已记录")
    seen(page, "talk")
    page.goto(f"{served}/talks/")
    page.wait_for_selector("text=催收两张逾期发票")
    seen(page, "talks")
    assert FollowUp.objects.get().person.username == "bob"
    sign_in(page, served, "alice", address)
    page.click("text=对照无误，生效")
    page.wait_for_selector("text=已生效")
    seen(page, "in-force")
    assert Contract.objects.get().state == "in_force"
    for tab in ("contracts", "contact", "payment"):
        page.goto(f"{served}{FILE}/{tab}/")
        seen(page, f"tab-{tab}")
    page.goto(f"{served}/contracts/")
    seen(page, "contracts")
    page.goto(f"{served}/contracts/")
    page.click("text=English")
    page.wait_for_selector("h1:has-text('Contracts')")
    for name, place in {"en-contract": address, "en-talks": "/talks/?tab=all"}.items():
        page.goto(served + place)
        seen(page, name)
    page.goto(f"{served}/contracts/")
    seen(page, "en-contracts")
    page.set_viewport_size({"width": 1440, "height": 900})
    wide = {"wide-list": "/contracts/", "wide-one": address, "wide-talks": "/talks/?tab=all"}
    for name, place in wide.items():
        page.goto(served + place)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert heard == []
