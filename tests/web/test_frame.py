"""The frame: the gate in front of every address, the words and drawings of the pages, the budget
of the first load.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import URLPattern, get_resolver, path
from django.utils.translation import override

from tests.world import World, make_customer, make_line, make_world
from xinheng.web.frame import drawings, specimens
from xinheng.web.frame.access import gate, guarded
from xinheng.web.frame.permissions import PERMISSIONS
from xinheng.web.frame.tables import pack, unpack

WEB = Path(__file__).parents[2] / "xinheng" / "web"
ASSETS = Path(__file__).parents[2] / "tools" / "assets.json"
KIB = 1024


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def signed_in(user: Any) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-CN")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def pages() -> Iterator[URLPattern]:
    """Every address under web/: the root's last include."""
    waiting = [
        p for p in get_resolver().url_patterns if "web" in str(getattr(p, "urlconf_name", ""))
    ]
    assert waiting, "the pages are no longer included from xinheng/urls.py"
    while waiting:
        found = waiting.pop()
        if isinstance(found, URLPattern):
            yield found
        else:
            waiting.extend(found.url_patterns)


def test_every_page_stands_behind_the_gate_with_the_word_of_the_table() -> None:
    # Broken build: drop `guarded` in web/urls.py and no view carries a word.
    for page in pages():
        assert getattr(page.callback, "permission", None) == PERMISSIONS[str(page.name)], page.name


def test_an_address_without_a_line_in_the_table_does_not_start() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"permissions\.py"):
        guarded([path("new/", lambda request: HttpResponse(), name="new-page")])


def test_a_stranger_is_led_to_the_door_and_back(world: World) -> None:
    answer = Client().get("/customers/?q=a")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/sign-in/?next=/customers/%3Fq%3Da",
    )


def test_htmx_is_told_to_load_the_door_as_a_whole_page(world: World) -> None:
    answer = Client().get(
        "/customers/-/suggestions/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/portfolio/?x=1"},
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/?next=/portfolio/%3Fx%3D1"


def test_what_a_person_may_not_open_looks_absent(world: World) -> None:
    # Broken build: answer 403 in the gate.
    assert signed_in(world.bob).get("/ledger/").status_code == 404
    assert signed_in(world.alice).get("/ledger/").status_code == 200


def test_a_refusal_that_a_view_lets_through_is_one_page_with_its_sentence(world: World) -> None:
    from django.test import RequestFactory

    from xinheng.people.refusals import PeopleRefusal
    from xinheng.refusals import Refused

    def refusing(request: Any) -> HttpResponse:
        raise Refused(PeopleRefusal.USERNAME_TAKEN, username="bob")

    request = RequestFactory().get("/")
    request.user = world.alice
    answer = gate(refusing, "customers.view")(request)
    assert answer.status_code == 409 and "bob" in answer.content.decode()


def test_pages_are_asked_for_again_after_signing_out(world: World) -> None:
    assert signed_in(world.alice).get("/customers/")["Cache-Control"] == "private, no-store"


def test_the_rail_shows_only_rooms_that_the_person_may_enter(world: World) -> None:
    html = signed_in(world.bob).get("/components/").content.decode()
    rail = html[html.index('id="rail"') : html.index("</nav>")]
    assert "/customers/" in rail and "/ledger/" not in rail


def test_a_wrapped_view_is_not_wrapped_again() -> None:
    once = gate(lambda request: HttpResponse(), "public")
    assert gate(once, "customers.view") is once


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_carries_inline_code_or_a_foreign_address(world: World, language: str) -> None:
    client = signed_in(world.alice)
    client.cookies["django_language"] = language
    for address in ("/components/", "/portfolio/", "/customers/", "/nowhere/"):
        html = client.get(address).content.decode()
        scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", html)
        assert not scripts, (address, scripts)
        assert not re.search(r"\son[a-z]+\s*=|javascript:|<style|\sstyle=", html), address
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html), address


def test_each_language_is_whole(world: World) -> None:
    """No Chinese in the English page but names of people, companies and the language switch."""
    client = signed_in(world.alice)
    client.cookies["django_language"] = "en"
    html = client.get("/components/").content.decode()
    said = re.sub(r'<form[^>]*class="language".*?</form>|测试水泥', "", html, flags=re.S)
    assert re.findall(r"[\u4e00-\u9fff]+", said) == []


def test_the_reader_chooses_the_unit_of_amounts(world: World) -> None:
    client = signed_in(world.alice)
    assert "1,234,567.00 元" in client.get("/components/").content.decode()
    client.cookies["xinheng_unit"] = "wan"
    assert (
        '<span title="1,234,567.00">123.46</span> 万元'
        in client.get("/components/").content.decode()
    )


def test_language_is_switched_by_a_form_and_kept(world: World) -> None:
    client = signed_in(world.alice)
    assert client.post("/language/", {"language": "en", "next": "/customers/"}).status_code == 302
    assert 'lang="en"' in client.get("/customers/").content.decode()


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ('{% t "共 {n} 户" "{n} customers" n=3 %}', "共 3 户", "3 customers"),
        ('{% t "{x}" "{x}" x=bad %}', "&lt;b&gt;", "&lt;b&gt;"),
        ('{{ -1234567|money:"CNY" }}', "−12,345.67", "−12,345.67"),
        ('{{ 1234567|money:"JPY" }}', "1,234,567", "1,234,567"),
        ('{{ none|money:"CNY" }}', "–", "–"),
        ('{{ 1234567800|short:"CNY" }}', "1,234.6 万", "12.3M"),
        ('{{ -99900|short:"CNY" }}', "−999", "−999"),
        ("{{ 125|pct:1000 }}", "12.5%", "12.5%"),
        ("{{ 1|pct:0 }}", "–", "–"),
        ("{{ 100000|count }}", "100,000", "100,000"),
        ("{{ late|ago:now }}", "2 天", "2 days"),
        ("{{ late|moment }}", "2026-11-20 02:00", "2026-11-20 02:00"),
    ],
)
def test_words_and_figures(source: str, zh: str, en: str) -> None:
    context = Context(
        {
            "none": None,
            "bad": "<b>",
            "late": datetime(2026, 11, 20, 2, tzinfo=UTC),
            "now": datetime(2026, 11, 22, 3, tzinfo=UTC),
        }
    )
    for language, wanted in (("zh-hans", zh), ("en", en)):
        with override(language):
            assert Template(source).render(context) == wanted


FORGED = [
    ["x' or 1=1 --", 1],
    ["nul\x00", 1],
    ["half \ud83d", 1],
    ["2026-13-45", "x"],
    ["0001-01-01", -1],
    [10**30, 1],
    [1, 10**30],
    [2**63 - 1, 2**63 - 1],
    [True, "00000000-0000-0000-0000-000000000000"],
    [None, 1],
    [{"a": 1}, [2]],
    [[[[]]], 1],
]
PAGED = [
    "/open-items/?sort=number",
    "/open-items/?sort=due",
    "/open-items/?sort=-open",
    "/open-items/?view=receipts&sort=received",
    "/limits/?view=all",
    "/limits/?sort=-amount",
    "/holds/?tab=",
    "/customers/?sort=name",
    "/customers/?sort=-days",
    "/customers/K1/file/timeline/?x=",
    "/customers/K1/file/movements/?x=",
    "/customers/K1/file/items/?x=",
]


@pytest.mark.filterwarnings("ignore:.*received a naive datetime")
@pytest.mark.parametrize("address", PAGED)
def test_a_forged_place_in_a_list_is_never_an_error(world: World, address: str) -> None:
    # Broken build: let any text or number through `unpack`; PostgreSQL refuses NUL and 10**30.
    make_line(make_customer("K1", unit=world.units["EAST"]), 100_000_00)
    client = signed_in(world.alice)
    for forged in FORGED:
        word = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        assert client.get(f"{address}&after={word}").status_code == 200, (address, forged)


def test_a_true_place_in_a_list_is_read_back_whatever_the_name_holds() -> None:
    # Broken build: let only printable texts through; a name with a wide space never turns the page.
    for name in ("重庆\u3000长安", "O\u2019Neill\u00a0Ltd", "\U0001f600", ""):
        assert unpack(pack([name, 7]), 2) == [name, 7]


def test_headroom_is_red_only_when_it_is_itself_negative() -> None:
    # Broken build: colour it by the bar's level, which also counts the order asked about.
    source = '{% limit_bar components ceiling "CNY" asked=asked %}'
    for used, asked, red in ((900, 500, False), (1000, 0, False), (1001, 0, True)):
        parts = {"open_items": used}
        html = Template(source).render(
            Context({"components": parts, "ceiling": 1000, "asked": asked})
        )
        room = html[html.index('class="headroom"') :]
        assert ("is-stop" in room) == red, (used, asked)


def test_the_limit_bar_of_exp_1() -> None:
    bar = drawings.limit_bar(specimens.EXP_1, 100_000_000, asked=18_000_000)
    assert (bar.used_minor, bar.headroom_minor, bar.used_pct) == (88_000_000, 12_000_000, 88)
    assert (bar.ceiling_x, bar.used_x, bar.level) == (943, 830, "stop")
    assert bar.asked is not None and bar.used_x + bar.asked.width == drawings.WIDTH


@pytest.mark.parametrize(
    ("used", "ceiling", "unlimited", "level"),
    [
        (80, 100, False, "within"),
        (81, 100, False, "watch"),
        (96, 100, False, "act"),
        (100, 100, False, "act"),
        (101, 100, False, "stop"),
        (1, 0, False, "stop"),
        (0, 0, False, "within"),
        (1, None, False, "none"),
        (10**15, None, True, "within"),
    ],
)
def test_exceeded_means_more_than(
    used: int, ceiling: int | None, unlimited: bool, level: str
) -> None:
    assert drawings.level_of(used, ceiling, unlimited) == level


def test_the_parts_of_a_bar_touch_and_end_where_they_must() -> None:
    # Broken build: round widths instead of edges, and seven thirds of a bar leave a gap.
    for parts in (
        drawings.ageing_bar(dict.fromkeys(drawings.AGEING, 333)),
        drawings.grade_bar({"AAA": 1, "BB": 1, "": 1}),
    ):
        end = 0
        for part in parts:
            assert part.x == end
            end = part.x + part.width
        assert end == drawings.WIDTH


def test_the_ageing_bar_keeps_its_seven_places() -> None:
    assert [part.key for part in drawings.ageing_bar({})] == list(drawings.AGEING)


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    wanted = set()
    for template in (WEB / "templates").rglob("*.html"):
        wanted |= set(re.findall(r'{% icon "([a-z0-9-]+)"', template.read_text()))
    for module in WEB.rglob("*.py"):
        wanted |= set(re.findall(r'(?:Change|icon)\(\s*"([a-z0-9-]+)"', module.read_text()))
    assert wanted - set(json.loads(ASSETS.read_text())["icons"]) == set()


def test_the_first_load_fits_the_budget() -> None:
    """Everything but the charts, compressed: at most 200 kB."""
    import django_htmx

    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    static = WEB / "static"
    files = [
        static / "vendor" / "tabler.min.css",
        static / "vendor" / "icons.svg",
        static / "xinheng" / "app.css",
        static / "xinheng" / "app.js",
        htmx,
    ]
    if not files[0].exists():
        pytest.skip("front-end assets are not built: make run builds them")
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 190 * KIB


def test_grades_darken_with_risk_and_their_letters_can_be_read() -> None:
    """The ramp is ordered by lightness, so that a colour-blind reader can tell; contrast ≥ 4.5."""
    css = (WEB / "static" / "xinheng" / "app.css").read_text()
    found = re.findall(r"\.grade-([a-d]+) { --g: (#[0-9a-f]{6}); --f: (#[0-9a-f]{3,6}); }", css)
    assert [grade.upper() for grade, _, _ in found] == list(drawings.GRADES)
    light = [luminance(ground) for _, ground, _ in found]
    assert light == sorted(light, reverse=True)
    for grade, ground, ink in found:
        high, low = sorted((luminance(ground), luminance(ink)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, grade


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "500.html"])
def test_error_pages_say_what_to_do(world: World, name: str) -> None:
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    html = render_to_string(
        name, {"reference": "AB12"}, None if name == "500.html" else RequestFactory().get("/")
    )
    assert 'href="/' in html
