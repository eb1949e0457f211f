"""Bob visits a customer with a phone: the net goes and comes, nothing typed is lost; Alice reviews.

In a real browser at 390 px: sections are kept as they are typed, what could not be sent is sent
again, the device says where it is, a photo goes in, axe is content and the console empty.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.inquiries.test_visit_customers import filled
from tests.stories.test_documents_in_browser import PHOTO
from tests.world import PASSWORD, make_customer, make_world
from xinheng.dossiers.models import Fact
from xinheng.inquiries.models import Visit
from xinheng.inquiries.visits import one_visit

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = "/customers/C-1001/visits/plan/"


def sign_in(page: Any, served: str, name: str, where: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{served}/sign-in/?next={where}")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(served + where)


@pytest.fixture
def world(transactional_db: None) -> Any:
    made = make_world()
    for user in (made.alice, made.bob):
        user.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
        user.save(update_fields=["password"])
    make_customer("C-1001", unit=made.units["EAST"], name="江南钢构工程有限公司")
    return made


def content(page: Any) -> None:
    """Nothing wider than the phone, nothing for axe to find."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


def typed(page: Any, code: str, answers: dict[str, str]) -> None:
    form = page.locator(f"#section-{code} form")
    for name, answer in answers.items():
        field = form.locator(f"[name={name}]").first
        if field.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value='{answer}']").dispatch_event("click")
        else:
            field.fill(answer)


def test_a_visit_on_a_phone(world: Any, served: str, page: Any, tmp_path: Path) -> None:
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda m: heard.append(m.text) if "Content Security" in m.text else None)
    page.on("dialog", lambda dialog: dialog.accept())
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_default_timeout(15_000)
    page.context.grant_permissions(["geolocation"], origin=served)
    page.context.set_geolocation({"latitude": 30.21, "longitude": 120.18, "accuracy": 12})
    sign_in(page, served, "bob", PLAN)
    page.fill("#id_purpose", "年度复评")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/inquiries/visits/*/")
    address = page.url.removeprefix(served)
    page.click("[data-locate]")
    page.wait_for_selector("[data-located]:has-text('30.21')")
    page.click("#where button[type=submit]")
    page.wait_for_selector("#where >> text=± 12 m")
    form = filled("4")
    typed(page, "overview", form.pop("overview"))
    page.wait_for_selector("#section-overview .section-status .is-within")
    content(page)
    # the net goes while Bob types, and comes back
    page.context.set_offline(True)
    typed(page, "premises", form.pop("premises"))
    page.wait_for_selector("#section-premises .section-status .is-act")
    visit = Visit.objects.get()
    assert "premises" not in one_visit(world.bob, visit.pk, visit.planned_on).told
    page.context.set_offline(False)
    page.wait_for_selector("#section-premises .section-status .is-within")
    for code, answers in form.items():
        typed(page, code, answers)
        page.wait_for_selector(f"#section-{code} .section-status .is-within")
    typed(page, "staff", {"headcount": "viele"})
    page.wait_for_selector("#section-staff .section-status .is-stop")
    typed(page, "staff", {"headcount": "86"})
    page.wait_for_selector("#section-staff .section-status .is-within")
    photo = tmp_path / "门口.jpg"
    photo.write_bytes(base64.b64decode(page.evaluate(PHOTO)))
    page.set_input_files("#photo-file", str(photo))
    page.click(".photo-form button[type=submit]")
    page.wait_for_selector(".photos img")
    page.click("#submit button[type=submit]")
    page.wait_for_selector("text=待复核")
    visit.refresh_from_db()
    told = one_visit(world.bob, visit.pk, visit.planned_on).told
    assert told == filled("4") and (visit.state, visit.points) == ("done", 75)
    sign_in(page, served, "alice", address)
    content(page)
    picture = page.locator(".photos img")
    picture.scroll_into_view_if_needed()
    assert (
        picture.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 60
    )
    page.fill("#statement", "照片与地址相符")
    page.click("#review button[value=accept]")
    page.wait_for_selector("text=已复核")
    assert Fact.objects.get(field="employees").known_since is not None
    assert heard == []
