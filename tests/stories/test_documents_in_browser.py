"""Alice keeps the documents of a file on a narrow phone: one in, one refused, one out again.

In a real browser: nothing wider than the screen, an empty console, axe content, and a photo that a
browser still draws after it has lost its place.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.dossiers.corpus import exif, pdf, segment
from tests.world import PASSWORD, make_customer, make_world
from xinheng.dossiers.models import Document, DocumentAccess

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/customers/C-1001/documents/"
TITLE = "#id_title"
DRAWN = """async url => { const image = new Image(); image.src = url; await image.decode();
return [image.naturalWidth, image.naturalHeight] }"""
PHOTO = """() => { const drawn = document.createElement('canvas'); drawn.width = 60;
drawn.height = 40; drawn.getContext('2d').fillRect(0, 0, 30, 40);
return drawn.toDataURL('image/jpeg').split(',')[1] }"""


@pytest.fixture
def desk(transactional_db: None, served: str, page: Any) -> Any:
    world = make_world()
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.save(update_fields=["password"])
    make_customer("C-1001", unit=world.units["EAST"], name="江南钢构工程有限公司")
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_default_timeout(10_000)
    page.goto(f"{served}/sign-in/?next={PAGE}")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(served + PAGE)
    return page


def hand_over(page: Any, path: Path, title: str) -> None:
    page.set_input_files("#id_file", str(path))
    page.fill(TITLE, title)
    page.click("section#add button[type=submit]")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_phone_shows_it_all_and_axe_is_content(
    desk: Any, served: str, tmp_path: Path, language: str
) -> None:
    heard: list[str] = []
    desk.on("pageerror", lambda error: heard.append(str(error)))
    desk.on("console", lambda m: heard.append(m.text) if "Content Security" in m.text else None)
    desk.context.add_cookies([{"name": "django_language", "value": language, "url": served}])
    desk.goto(served + PAGE)
    good, bad = tmp_path / "licence.pdf", tmp_path / "logo.png"
    good.write_bytes(pdf())
    bad.write_bytes(b"<svg onload=a()></svg>")
    hand_over(desk, good, "营业执照（副本，二〇二六年换发，长标题也要放得下）")
    desk.wait_for_selector("td:has-text('营业执照')")
    hand_over(desk, bad, "徽标")
    desk.wait_for_selector("#id_file_error")
    assert desk.input_value(TITLE) == "徽标"
    desk.click("td details > summary")
    wide = desk.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"{wide} px wide"
    found = Axe().run(desk, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()
    with desk.expect_download() as taken:
        desk.click("td form:has(svg) button")
    assert Path(taken.value.path()).read_bytes() == pdf()
    assert DocumentAccess.objects.count() == 1
    assert heard == []


def test_a_photo_is_drawn_upright_without_its_place(desk: Any, tmp_path: Path) -> None:
    given = base64.b64decode(desk.evaluate(PHOTO))
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(given[:2] + segment(0xE1, exif(6)) + given[2:])
    hand_over(desk, photo, "现场照片")
    desk.wait_for_selector("td:has-text('现场照片')")
    assert Document.objects.get().form == "jpeg"
    with desk.expect_download() as taken:
        desk.click("td form:has(svg) button")
    kept = Path(taken.value.path()).read_bytes()
    assert b"GPS" not in kept
    url = "data:image/jpeg;base64," + base64.b64encode(kept).decode()
    assert desk.evaluate(DRAWN, url) == [40, 60]  # turned by a quarter, as it was taken
