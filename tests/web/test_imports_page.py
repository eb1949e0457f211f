"""Imports by page: a trial first, an error report per row, all or nothing, an undo."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from tests.web.pages import HTMX, signed_in, text_of
from tests.world import make_customer, make_world
from xinheng.applications.models import Application
from xinheng.applications.trail import move, note
from xinheng.connectors.files.queue import run_waiting
from xinheng.customers.models import Customer
from xinheng.intake.actions import claim_waiting, close_interrupted
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import history
from xinheng.people.actor import system
from xinheng.people.models import Role
from xinheng.receivables.models import Invoice

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "door"])
HEAD = "发票号,客户编码,客户名称,币种,金额,开票日期,到期日\n"
ROW = "{n},C1,长江建材,CNY,{m}.00,2026-09-01,2026-10-01\n"
GOOD = HEAD + ROW.format(n="I1", m=100) + ROW.format(n="I2", m=50)
BAD = GOOD + "I3,C1,长江建材,ZZZ,7.00,2026-09-03,2026-10-03\n"


@pytest.fixture
def world(settings, tmp_path):
    settings.XINHENG_IMPORTS_DIR = tmp_path
    yield make_world()
    connections["door"].close()  # progress has a connection of its own


def handed_over(client, text, name="发票.csv", kind="invoices", encoding="utf-8") -> str:
    """Upload; returns the address of the trial."""
    file = SimpleUploadedFile(name, text.encode(encoding))
    answer = client.post("/imports/", {"kind": kind, "file": file})
    assert answer.status_code == 302, text_of(answer)
    return answer["Location"]


def opened(client, address) -> str:
    """What the address says once the jobs process has made its round."""
    run_waiting(at=timezone.now())
    return text_of(client.get(address))


def imported(client, text, **how) -> ImportBatch:
    address = handed_over(client, text, **how)
    assert "确认导入" in opened(client, address)
    assert client.post(address + "run/")["Location"] == address
    assert "做了什么" in opened(client, address)
    return ImportBatch.objects.order_by("-pk").first()


def test_a_trial_shows_counts_and_rows_and_writes_nothing(world):
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    assert "排队中" in text_of(client.get(address))
    page = opened(client, address)
    assert "确认导入 2 行" in page and "长江建材" in page and "发票号" in page
    assert not Invoice.objects.exists() and not history()


def test_a_page_that_looks_again_is_told_to_open_anew_only_once_there_is_news(world):
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    waiting = client.get(address, headers=HTMX)
    assert "HX-Refresh" not in waiting and "正在试算" in text_of(waiting)
    run_waiting(at=timezone.now())
    assert client.get(address, headers=HTMX)["HX-Refresh"] == "true"


def test_nothing_is_imported_before_the_yes_and_a_second_yes_does_nothing(world):
    # Broken build this catches: jobs that import what was only handed over to be tried.
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    assert run_waiting(at=timezone.now()) == 1 and run_waiting(at=timezone.now()) == 0
    client.post(address + "run/")
    client.post(address + "run/", {"skip_bad": "1"})
    assert ImportBatch.objects.get().options["skip_bad"] is False
    assert run_waiting(at=timezone.now()) == 1 and run_waiting(at=timezone.now()) == 0
    assert Invoice.objects.count() == 2


def test_a_file_taken_back_leaves_nothing(world, tmp_path):
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    opened(client, address)
    assert list(tmp_path.glob("upload-*"))
    client.post(address + "again/", {"take_back": "1"})
    assert not ImportBatch.objects.exists() and not list(tmp_path.glob("upload-*"))
    assert client.get(address).status_code == 404


def test_the_file_goes_when_its_import_has_ended_and_an_old_trial_after_a_day(world, tmp_path):
    client = signed_in(world.alice)
    imported(client, GOOD)
    assert not list(tmp_path.glob("upload-*"))
    old = handed_over(client, GOOD)
    opened(client, old)
    yesterday = timezone.now() - timedelta(days=2)
    ImportBatch.objects.filter(state="trial").update(started_at=yesterday)
    [kept] = tmp_path.glob("upload-*")
    os.utime(kept, (yesterday.timestamp(), yesterday.timestamp()))
    handed_over(client, GOOD)
    assert client.get(old).status_code == 404 and not kept.exists()


def test_another_reading_is_tried_with_what_was_typed(world):
    client = signed_in(world.alice)
    address = handed_over(client, GOOD.replace("金额", "数"))
    assert "还读不了" in opened(client, address)
    bad = client.post(address + "again/", {"mapping": "nonsense"})
    assert bad.status_code == 422 and "nonsense" in text_of(bad)
    client.post(address + "again/", {"mapping": "amount=数"})
    assert "确认导入 2 行" in opened(client, address)


def test_a_confirmed_file_is_imported_and_the_same_file_again_changes_nothing(world):
    client = signed_in(world.alice)
    batch = imported(client, GOOD)
    assert (batch.state, batch.created) == ("done", 2)
    assert Customer.objects.get(code="C1").name == "长江建材"
    again = imported(client, GOOD)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


def test_a_gb18030_file_with_a_rare_character_comes_in(world):
    imported(signed_in(world.alice), GOOD.replace("长江", "䶮江"), encoding="gb18030")
    assert Customer.objects.get(code="C1").name == "䶮江建材"


def test_bad_rows_come_back_with_reasons_and_can_be_left_out(world):
    client = signed_in(world.alice)
    address = handed_over(client, BAD)
    page = opened(client, address)
    assert "1 处错误" in page and "ZZZ" in page and "跳过 1 行" in page
    report = client.get(address + "errors")
    assert report.status_code == 200 and "attachment" in report["Content-Disposition"]
    assert "ZZZ" in report.content.decode("utf-8-sig")
    client.post(address + "run/", {"skip_bad": "1"})
    assert "做了什么" in opened(client, address)
    assert sorted(Invoice.objects.values_list("number", flat=True)) == ["I1", "I2"]


def test_a_file_that_can_t_be_taken_says_why_and_keeps_the_options(world):
    client = signed_in(world.alice)
    page = opened(client, handed_over(client, "a,b\n1,2\n"))
    assert "还读不了" in page and "缺少必需的列" in page and "再试算一次" in page


@pytest.mark.parametrize(("name", "said"), [("x.pdf", "无法识别文件"), ("x", "无法识别文件")])
def test_other_files_are_refused_at_the_door(world, name, said):
    client = signed_in(world.alice)
    file = SimpleUploadedFile(name, b"%PDF")
    answer = client.post("/imports/", {"kind": "invoices", "file": file})
    assert answer.status_code == 422 and said in text_of(answer)


def test_undo_asks_for_the_word_and_takes_everything_back(world):
    client = signed_in(world.alice)
    batch = imported(client, GOOD)
    answer = client.post(f"/imports/{batch.pk}/undo/", {"word": "yes"})
    assert answer.status_code == 422 and Invoice.objects.count() == 2
    answer = client.post(f"/imports/{batch.pk}/undo/", {"word": "撤销"}, follow=True)
    assert "已撤销" in text_of(answer)
    assert ImportBatch.objects.get().state == "undone"
    assert not Invoice.objects.exists()


def test_another_person_s_upload_is_404(world):
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    assert "确认导入" in opened(client, address)
    root = type(world.alice).objects.get(username="root")
    assert signed_in(root).get(address).status_code == 404
    assert signed_in(world.bob).get(address).status_code == 404


def test_the_error_report_can_t_lead_out_of_its_folder(world, tmp_path):
    batch = imported(signed_in(world.alice), GOOD)
    (tmp_path.parent / "secret.csv").write_text("no")
    ImportBatch.objects.filter(pk=batch.pk).update(errors_file="../secret.csv")
    assert signed_in(world.alice).get(f"/imports/{batch.pk}/errors").status_code == 404


@pytest.mark.parametrize("kind", ["customers", "invoices", "receipts", "orders", "statements"])
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_templates_download(world, kind, suffix):
    answer = signed_in(world.alice).get(f"/imports/templates/{kind}.{suffix}")
    assert answer.status_code == 200 and len(answer.content) > 50


def test_who_may_not_import_finds_no_page(world):
    assert signed_in(world.dora).get("/imports/").status_code == 404


def test_a_trial_whose_process_stopped_says_that_nothing_was_written(world):
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    assert claim_waiting() is not None  # taken, and then the jobs process dies
    later = timezone.now() + timedelta(minutes=1)
    assert close_interrupted(started_before=later, actor=system("jobs"), at=later) == 1
    page = opened(client, address)
    assert "未写入任何数据" in page and "Interrupted" not in page
    assert not Invoice.objects.exists()


def test_an_import_that_breaks_says_so_in_words_and_the_next_one_runs(world, monkeypatch):
    # Broken build this catches: the text of a Python error shown to people.
    client = signed_in(world.alice)
    address = handed_over(client, GOOD)
    opened(client, address)
    client.post(address + "run/")
    with monkeypatch.context() as broken:
        broken.setattr("xinheng.connectors.files.record.record", lambda *a, **k: 1 / 0)
        page = opened(client, address)
    assert "出现意外错误" in page and "ZeroDivision" not in page
    assert imported(client, GOOD).created == 2


WISHES = "客户编码,申请额度,账期,用途\nC1,800000,60,旺季备货用\nC2,50000,30,框架合同首单\n"


def test_applications_come_by_the_same_page_and_undo_says_what_stays(world):
    for code in ("C1", "C2"):
        make_customer(code, unit=world.units["EAST"])
    client = signed_in(world.alice)
    address = handed_over(client, WISHES, name="授信申请.csv", kind="applications")
    assert "确认导入 2 行" in opened(client, address) and not Application.objects.exists()
    client.post(address + "run/")
    page = opened(client, address)
    assert "授信申请" in page and "看授信申请" in page and "还没有人办理的申请会撤回" in page
    assert {one.applicant for one in Application.objects.all()} == {world.alice}
    first = Application.objects.get(customer__code="C1")
    move(first, "investigating", timezone.now())
    note(first, "taken", actor=system("test"), at=timezone.now())
    client.post(address + "undo/", {"word": "撤销"})
    assert "撤回 1 份申请。1 份已有人办理，保留。" in text_of(client.get(address))
    assert Application.objects.get(customer__code="C2").state == "withdrawn"


def test_who_may_not_apply_is_not_offered_that_kind(world):
    offered = '<option value="applications"'
    assert offered in signed_in(world.alice).get("/imports/").content.decode()
    role = Role.objects.get(code="credit_manager")
    role.permissions = [word for word in role.permissions if word != "applications.write"]
    role.save()
    client = signed_in(world.alice)
    assert offered not in client.get("/imports/").content.decode()
    file = SimpleUploadedFile("a.csv", WISHES.encode())
    refused = client.post("/imports/", {"kind": "applications", "file": file})
    assert refused.status_code == 422 and not ImportBatch.objects.exists()
