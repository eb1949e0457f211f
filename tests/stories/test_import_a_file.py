"""Somebody uploads a file with mistakes, takes the report, imports the rest, and undoes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import expect

from tests.stories.test_check_and_release import enter
from tests.world import make_world
from xinheng.connectors.files.queue import run_waiting
from xinheng.intake.models import ImportBatch
from xinheng.receivables.models import Invoice

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "door"])
BAD = """发票号,客户编码,客户名称,币种,金额,开票日期,到期日
I1,C1,长江建材,CNY,100.00,2026-09-01,2026-10-01
I2,C1,长江建材,ZZZ,50.00,2026-09-02,2026-10-02
"""


@pytest.fixture
def world(transactional_db):
    yield make_world()
    connections["door"].close()


def test_a_bad_file_gives_a_report_and_the_rest_can_be_undone(
    world, served, browser, tmp_path: Path
):
    file = tmp_path / "九月发票.csv"
    file.write_text(BAD)
    page = enter(browser, served, world.alice)
    page.goto(f"{served}/imports/")
    page.set_input_files("#id-file", str(file))
    page.click("text=上传并试算")
    expect(page.locator("#work")).to_contain_text("正在试算")
    run_waiting(at=timezone.now())  # as the jobs process does within a second
    expect(page.locator("#work")).to_contain_text("1 处错误")
    assert not Invoice.objects.exists()
    with page.expect_download() as report:
        page.click("text=下载错误报告")
    assert "ZZZ" in report.value.path().read_text("utf-8-sig")
    page.click("text=跳过 1 行")
    expect(page.locator("#work")).to_contain_text("正在导入")
    run_waiting(at=timezone.now())
    expect(page.locator("#main")).to_contain_text("做了什么")
    assert Invoice.objects.get().number == "I1"
    page.fill("#id-word", "撤销")
    page.click("button:has-text('撤销批次')")
    expect(page.locator(".messages")).to_contain_text("已撤销")
    assert not Invoice.objects.exists()
    assert ImportBatch.objects.get().state == "undone"
