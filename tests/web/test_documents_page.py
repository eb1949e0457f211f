"""The documents of a file by page: listed, added, taken out; mistakes stand beside their field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.dossiers.corpus import pdf, png
from tests.web.pages import buyer, signed_in, text_of
from tests.world import make_world
from xinheng.dossiers.models import Document, DocumentAccess
from xinheng.people.queries import today

pytestmark = pytest.mark.django_db
TOLD = {"kind": "licence", "title": "营业执照<b>", "secrecy": "2"}
PAGE = "/customers/E1/documents/"


@pytest.fixture
def world():
    made = make_world()
    buyer("E1", made.units["EAST"], None, name="江南钢构")
    return made


def send(client: Client, name: str, content: bytes, **told: Any) -> Any:
    file = SimpleUploadedFile(name, content, "image/png")  # what the browser says is not believed
    return client.post(PAGE + "add/", TOLD | told | {"file": file})


def test_a_document_is_added_listed_and_taken_out(world):
    client = signed_in(world.bob)
    assert "还没有文件" in text_of(client.get(PAGE))
    assert PAGE in text_of(client.get("/customers/E1/"))
    assert send(client, "执照.pdf", pdf(pages=2))["Location"] == PAGE
    page = text_of(client.get(PAGE))
    assert "营业执照&lt;b&gt;" in page and "营业执照<b>" not in page
    assert "资质证照" in page and "PDF · 2 页" in page and "没有期限" in page and "bob" in page
    english = text_of(signed_in(world.bob, "en").get(PAGE))
    assert "Licence" in english and "pages: 2" in english and "no end" in english
    document = Document.objects.get()
    answer = client.post(reverse("file-document-open", args=["E1", document.pk]))
    assert (answer.status_code, answer.content) == (200, pdf(pages=2))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["Cache-Control"] == "private, no-store"
    assert DocumentAccess.objects.get().opened_by == f"user:{world.bob.pk}"


@pytest.mark.parametrize(
    ("name", "content", "told", "field", "said"),
    [
        ("logo.svg", b"<svg onload=a()>", {}, "file", "可能带脚本"),
        ("scan.pdf", png(), {}, "file", "改名为 .png"),
        ("a.pdf", pdf(catalog=b"/OpenAction 9 0 R"), {}, "file", "打开时执行的动作"),
        ("a.png", b"", {}, "file", "没有选择文件"),
        ("a.pdf", pdf(), {"title": ""}, "title", "请填写此项"),
        ("a.pdf", pdf(), {"kind": "poem"}, "kind", "从列表中选择"),
        ("a.pdf", pdf(), {"secrecy": "3"}, "secrecy", "从列表中选择"),
        ("a.pdf", pdf(), {"valid_until": "2026-13-01"}, "valid_until", "这样的日期"),
        (
            "a.pdf",
            pdf(),
            {"valid_from": "2026-11-20", "valid_until": "2026-11-19"},
            "valid_until",
            "早于开始",
        ),
    ],
)
def test_a_mistake_stands_beside_its_field(world, name, content, told, field, said):
    answer = send(signed_in(world.bob), name, content, **told)
    page = text_of(answer)
    assert answer.status_code == 422 and not Document.objects.exists()
    assert said in page.split(f'id="id_{field}_error"')[1].split("</div>")[0]
    if field != "file":
        assert "请重新选择文件" in page


def test_validity_is_said_in_days(world):
    client, day = signed_in(world.alice), today(timezone.now())
    for place, (left, said) in enumerate(
        [(-2, "已过期 2 天"), (0, "今天到期"), (20, "还有 20 天"), (99, "有效")]
    ):
        until = day + timedelta(days=left)
        send(client, "a.pdf", pdf(pages=place + 1), valid_until=until.isoformat())
        assert said in text_of(client.get(PAGE))


def test_a_secret_document_is_not_on_the_page_of_who_lacks_the_word(world):
    assert send(signed_in(world.alice), "a.pdf", pdf(), secrecy="3").status_code == 302
    document = Document.objects.get()
    address = reverse("file-document-open", args=["E1", document.pk])
    assert "营业执照" in text_of(signed_in(world.dora).get(PAGE))
    assert signed_in(world.dora).post(address).status_code == 200
    page = text_of(signed_in(world.bob).get(PAGE))
    assert "营业执照" not in page and "机密文件不在此列" in page
    assert signed_in(world.bob).post(address).status_code == 404


def test_a_document_is_not_reached_through_another_customer(world):
    buyer("E2", world.units["EAST"], None)
    send(signed_in(world.bob), "a.pdf", pdf())
    address = reverse("file-document-open", args=["E2", Document.objects.get().pk])
    assert signed_in(world.bob).post(address).status_code == 404


def test_a_document_is_withdrawn_with_a_reason(world):
    client = signed_in(world.alice)
    send(client, "a.pdf", pdf())
    address = reverse("file-document-withdraw", args=["E1", Document.objects.get().pk])
    short = client.post(address, {"reason": "旧"})
    assert short.status_code == 422 and "请写明撤下的理由" in text_of(short)
    page = text_of(client.post(address, {"reason": "换发了新证。"}, follow=True))
    assert "已撤下 1 份" in page and "换发了新证。" in page and "还没有文件" in page
    assert "撤下</button>" not in text_of(signed_in(world.bob).get(PAGE))


def test_reading_along_without_the_word_shows_no_form(world):
    assert "存入一份文件" not in text_of(signed_in(world.dora).get(PAGE))
    assert "存入一份文件" in text_of(signed_in(world.bob).get(PAGE))
