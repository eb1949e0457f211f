"""Words that no person types, in every place where a page reads one: nothing breaks, nothing runs.

The names of the parameters are found in the source of the pages, so that a new one is tried the day
it is born. Markup that a file, an order or a reason carries stands on every page as text.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.house.plan import modules
from tests.security.expected import PAGES
from tests.security.scene import Scene, taken_back
from tests.security.test_permission_matrix import address, copy_of, relations, within_sight
from tests.web.pages import buyer
from tests.world import AT, ask
from xinheng.customers.models import Customer, OtherName
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.decisions.releasing import reject_hold
from xinheng.people.models import Company, User
from xinheng.web.orders.listing import order_href

pytestmark = pytest.mark.django_db
READ = re.compile(r"""\b(?:GET|POST|said|given|query)(?:\.get\(|\[)\s*["'](\w+)["']""")
MARKUP = "<script>alert(1)</script>"
HOSTILE = {
    "NUL": "a\x00b",
    "words": f"'\"`;--%_%%s%(x)s\\{{{{ 7|add:7 }}}}{{0.__class__}}../../etc/passwd{MARKUP}",
    "line break": "a\r\nSet-Cookie: x=1\u202e\ufeff",
    "digits": "9" * 5_000,
    "digits of another script": "١٢٣",
    "minus": "-9223372036854775809",
    "exponent": "1e999",
    "long": "长" * 300,
}


def parameters() -> list[str]:
    found = {name for m in modules() if m.part == "web" for name in READ.findall(m.source)}
    assert {"q", "currency", "reason", "bucket", "invoice"} <= found
    return sorted(found | {"after", "before", "sort", "view", "page", "csrfmiddlewaretoken"})


def places(scene: Scene, method: str) -> list[tuple[str, str]]:
    """(name, address) of each page that answers the method, for a row within Alice's sight."""
    found = []
    for name, page in PAGES.items():
        if getattr(page, method) is None or name in ("sign-out", "ledger-check"):
            continue
        for relation, arguments in relations(scene, page, "alice").items():
            if within_sight("alice", relation):
                found.append((name, address(name, arguments)))
                break
    return found


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_breaks_on_what_nobody_types(scene: Scene, kind: str, method: str) -> None:
    told = dict.fromkeys(parameters(), HOSTILE[kind])
    if method == "get" and kind == "long":
        told = dict.fromkeys(told, HOSTILE[kind][:300])
    broken = []
    for name, where in places(scene, method):
        with taken_back():
            client = copy_of(scene.clients["alice"])
            send: Any = client.post
            answer = (
                client.get(f"{where}?{urlencode(told)}") if method == "get" else send(where, told)
            )
            if answer.status_code >= 500:
                broken.append(f"{method} {name}: {answer.status_code}")
            assert "Set-Cookie: x=1" not in answer.serialize_headers().decode("latin-1")
            assert MARKUP.encode() not in answer.content, name
            assert answer.content[:2] != b"14"
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    "code", ["%00", "..%2f..%2f", "%27or%201=1", "x" * 3000, "%ff", "a%0d%0ab"]
)
def test_no_code_in_an_address_breaks_a_page(scene: Scene, code: str) -> None:
    client = copy_of(scene.clients["alice"])
    for shape in ("/customers/{}/", "/customers/{}/file/items/", "/limits/of/{}/CNY/"):
        assert client.get(shape.format(code)).status_code in (400, 404), shape


# --- Markup that is kept and shown

MARKS = (
    "<script>xss(1)</script>",
    "\"'><img src=x onerror=xss(2)>",
    "</script><svg onload=xss(3)>",
    "javascript:xss(4)",
    "{{constructor.constructor('xss(5)')()}}",
)


class Seen(HTMLParser):
    """Elements and attributes that could only come from what was kept."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (name in ("href", "src") and "xss" in (value or "")[:20]):
                self.found.append(f"<{tag} {name}={value!r}>")
        if tag == "script" and not any(
            name == "src" or (name, value) == ("type", "application/json") for name, value in attrs
        ):
            self.found.append(f"<{tag}> without src")

    def handle_data(self, text: str) -> None:
        if self.cdata_elem == "script" and "<" in text and "xss" in text:
            self.found.append(f"markup inside a script element: {text[:80]}")


def marked(scene: Scene, mark: str) -> Decision:
    """The mark in every column of text that a person or a file fills and a page shows."""
    world = scene.world
    text = dict.fromkeys(("name", "name_en"), mark)
    customer = buyer("MARK-1", world.units["EAST"], 1_00, **text)
    short = dict.fromkeys(("country", "city", "industry", "source"), mark[:60])
    Customer.objects.filter(pk=customer.pk).update(**short, uscc=mark[:18], search_text="mark")
    OtherName.objects.create(customer=customer, name=mark, first_seen_at=customer.created_at)
    Company.objects.update(name=mark, name_en=mark)
    User.objects.filter(username__in=["alice", "bob"]).update(name=mark, name_en=mark)
    reference = mark[:80]
    check_orders([ask(reference, "MARK-1", 900_00)], actor=world.actor("bob"))
    decision = Decision.objects.get(order_ref=reference)
    scene.batch.__class__.objects.filter(pk=scene.batch.pk).update(file_name=mark, message=mark)
    return decision


def shown(client: Client, decision: Decision) -> dict[str, bytes]:
    where = [
        "/portfolio/",
        "/open-items/",
        "/customers/?q=mark",
        "/customers/-/suggestions/?q=mark",
        "/customers/MARK-1/",
        "/customers/MARK-1/file/items/",
        "/customers/MARK-1/file/timeline/",
        "/customers/MARK-1/file/movements/",
        "/orders/check/?customer=MARK-1",
        "/orders/check/customers/?customer=mark",
        "/orders/",
        order_href(decision.order_ref),
        f"/decisions/{decision.pk}/",
        "/holds/",
        f"/holds/{decision.pk}/release/",
        "/limits/",
        "/limits/of/MARK-1/CNY/",
        "/imports/",
        "/ledger/",
    ]
    answers = {address: client.get(address) for address in where}
    assert {a.status_code for a in answers.values()} == {200}
    return {address: answer.content for address, answer in answers.items()}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_kept_markup_is_text_on_every_page(scene: Scene, mark: str, language: str) -> None:
    with taken_back():
        decision = marked(scene, mark)
        client = copy_of(scene.clients["alice"])
        client.cookies["django_language"] = language
        pages = shown(client, decision)
        reject_hold(decision.pk, f"because {mark}", actor=scene.world.actor("alice"), at=AT)
        pages["after"] = client.get(f"/decisions/{decision.pk}/").content
        for where, content in pages.items():
            seen = Seen()
            seen.feed(content.decode())
            assert not seen.found, (where, seen.found)
        assert sum(b"xss" in content for content in pages.values()) > 8  # it is shown, as text


def test_the_watch_finds_markup_that_is_let_through() -> None:
    for mark in MARKS[:3]:
        seen = Seen()
        seen.feed(f'<p title="{mark}">{mark}</p>')
        assert seen.found, mark
