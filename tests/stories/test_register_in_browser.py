"""A new customer on a phone: from the link to a verified file, and back again once with a reason.

In a real browser, 390 px wide: Bob makes the link, the applicant fills in, uploads a licence and
hands in; Vera returns it, it comes again, Vera and Walt verify, Vera accepts. A supplier answers a
reference. Nothing is wider than the screen, axe finds nothing serious, the console stays empty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone

from tests.dossiers.corpus import pdf
from tests.world import AT, PASSWORD, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.facts import verify_fact
from xinheng.dossiers.measures import measure
from xinheng.dossiers.models import Fact
from xinheng.inquiries.models import Registration
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import User
from xinheng.people.queries import WholeBook, today

pytestmark = pytest.mark.django_db(transaction=True)
COMPANY = {
    "name": "厦门海沧建材有限公司",
    "street": "沧林路 8 号",
    "capital": "500 万",
    "established": "2016-03-01",
    "legal_representative": "林海生",
}
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def house(transactional_db: None, served: str) -> str:
    world = make_world()
    for name in ("vera", "walt"):
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=["analyst"],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    hashed = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    User.objects.update(password=hashed)
    make_customer("C-1", unit=world.units["EAST"], name="江南钢构工程有限公司")
    return served


class Reader:
    """A browser of one person, and what its console complained of."""

    def __init__(self, browser: Any, served: str, language: str = "zh-hans") -> None:
        self.context = browser.new_context(viewport=NARROW)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.heard: list[str] = []
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("console", self._hear)
        cookie = {"name": "django_language", "value": language, "url": served}
        self.context.add_cookies([cookie])

    def _hear(self, message: Any) -> None:
        if "Content Security" in message.text:
            self.heard.append(message.text)

    def looks_fine(self) -> None:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{self.page.url}: {wide} px wide"
        found = Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        assert self.heard == [], self.page.url


def signed_in(browser: Any, served: str, name: str, where: str) -> Reader:
    reader = Reader(browser, served)
    reader.page.goto(f"{served}/sign-in/?next={where}")
    reader.page.fill("#id_username", name)
    reader.page.fill("#id_password", PASSWORD)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(served + where)
    return reader


def invited(browser: Any, served: str) -> str:
    """Bob makes a link; its address."""
    bob = signed_in(browser, served, "bob", "/inquiries/links/")
    bob.page.fill("#id_note", "厦门 王经理")
    bob.page.click("form[method=post]:has(#id_note) button[type=submit]")
    address = str(bob.page.inner_text("#address")).strip()
    bob.looks_fine()
    bob.context.close()
    return address


def onward(page: Any) -> None:
    page.click("button:has-text('保存并继续'), button:has-text('Save and continue')")


def fill_in(reader: Reader, address: str, licence: Path) -> None:
    page = reader.page
    page.goto(address)
    reader.looks_fine()
    page.click("a.btn-primary")
    page.fill("#id_code", "91350100M000100Y44")
    page.press("#id_code", "Tab")
    page.wait_for_selector("#said-code .error")  # said on leaving the box, before anything is sent
    page.fill("#id_code", "91350100m000100y43")
    page.press("#id_code", "Tab")
    page.wait_for_selector("#said-code .is-within")
    for name, value in COMPANY.items():
        page.fill(f"#id_{name}", value)
    page.type("#id_place", "海沧区")
    page.wait_for_selector("#said-place .is-within")
    page.fill("#id_industry", "3011")
    page.select_option("#id_kind", "limited")
    reader.looks_fine()
    onward(page)
    page.wait_for_url("**/people/")
    page.fill("#id_contact", "陈小敏")
    page.fill("#id_phone", "0592-888 6666")
    onward(page)
    page.wait_for_url("**/business/")
    page.fill("#id_goods", "普通硅酸盐水泥")
    page.fill("#id_sales", "1200 万")
    onward(page)
    page.wait_for_url("**/bank/")
    page.fill("#id_bank", "厦门银行海沧支行")
    page.fill("#id_account", "6222 0000 1111 2222")
    onward(page)
    page.wait_for_url("**/papers/")
    page.set_input_files("#file", str(licence))
    page.fill("#until", "2036-03-01")
    page.click("form[data-progress] button[type=submit]")
    page.wait_for_selector(".brought li")
    reader.looks_fine()


def hand_in(reader: Reader) -> None:
    page = reader.page
    page.click("nav.step-marks a[href$='/review/']")
    page.wait_for_selector("#consent-credit")
    assert page.locator("input[type=checkbox]:checked").count() == 0
    reader.looks_fine()
    page.check("#consent-credit")
    page.check("#consent-people")
    page.click("button:has-text('提交登记'), button:has-text('Hand it in')")
    page.wait_for_url("**/status/")
    reader.looks_fine()


def verify_everything() -> None:
    """By two people, as the queue's pages do it."""
    people = [of_user(User.objects.get(username=name)) for name in ("vera", "walt")]
    for fact in Fact.objects.waiting().order_by("pk"):
        for person in people:
            if verify_fact(fact.pk, "public_record", 90, actor=person, at=timezone.now()):
                break


def test_from_the_link_to_a_verified_file(browser: Any, house: str, tmp_path: Path) -> None:
    licence = tmp_path / "执照.pdf"
    licence.write_bytes(pdf())
    address = invited(browser, house)
    applicant = Reader(browser, house)
    fill_in(applicant, address, licence)
    hand_in(applicant)
    row = Registration.objects.get()
    decide = f"/inquiries/registrations/{row.pk}/"

    vera = signed_in(browser, house, "vera", decide)
    vera.looks_fine()
    vera.page.fill("#reason", "执照照片不清楚，请重新上传。")
    vera.page.click("button[value=return]")
    vera.page.wait_for_url("**/inquiries/registrations/")
    vera.looks_fine()

    applicant.page.reload()
    assert "执照照片不清楚" in applicant.page.inner_text("main")
    applicant.looks_fine()
    applicant.page.click("a.btn-primary")
    applicant.page.click("a[href$='/papers/'] >> nth=0")
    applicant.page.click("button[name=remove]")
    applicant.page.wait_for_selector(".brought", state="detached")
    licence.write_bytes(pdf() + b"\n")
    applicant.page.set_input_files("#file", str(licence))
    applicant.page.click("form[data-progress] button[type=submit]")
    applicant.page.wait_for_selector(".brought li")
    hand_in(applicant)

    verify_everything()
    vera.page.goto(house + decide)
    vera.page.click("button[value=accept]")
    vera.page.wait_for_url("**/inquiries/registrations/")
    customer = Customer.objects.get(pk=row.customer_id)
    assert customer.status == "active"
    file = file_as_of(WholeBook(), customer, valid_on=today(timezone.now()))
    assert measure(file, "normal").complete > 40
    vera.page.goto(f"{house}/customers/{customer.code}/file/basic/")
    assert "福建省 厦门市 海沧区 沧林路 8 号" in vera.page.inner_text("main")
    applicant.page.reload()
    assert "已通过" in applicant.page.inner_text("main")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_supplier_answers_on_a_phone(browser: Any, house: str, language: str) -> None:
    bob = signed_in(browser, house, "bob", "/customers/C-1/references/ask/")
    bob.page.fill("#id_company", "老供应商有限公司")
    bob.page.select_option("#id_language", language)
    bob.looks_fine()
    bob.page.click("form:has(#id_company) button[type=submit]")
    words = str(bob.page.inner_text("#words"))
    bob.looks_fine()
    address = next(part for part in words.split() if "/in/" in part).split("：")[-1]
    supplier = Reader(browser, house, language)
    supplier.page.goto(address)
    supplier.looks_fine()
    for group in supplier.page.locator("fieldset.choices").all():
        group.locator("input").first.check()
    supplier.page.click("button.btn-primary")
    supplier.page.wait_for_selector(".empty")
    supplier.looks_fine()
    bob.page.goto(f"{house}/inquiries/references/")
    bob.looks_fine()
    bob.page.click("table.rows a")
    bob.page.wait_for_selector("#asked")
    bob.looks_fine()
