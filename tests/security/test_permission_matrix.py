"""The permission matrix: every page × method × person × relation to the row that it names.

What is expected follows from the reviewed table in `expected.py`. Besides the answer's status each
cell watches two things: nothing ever breaks (5xx), and what only reads writes no row in any table.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from tests.house.test_guard_doors import addresses
from tests.security.expected import CAST, HOLDERS, PAGES, UNIT_OF, WHOLE_BOOK, Page
from tests.security.scene import EPOCH, NOBODY, UNITS, Scene, taken_back, written
from tests.web.pages import signed_in
from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.people.models import Role, User

pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "post", "put", "delete")
# HEAD, PUT and DELETE don't depend on whose row it is: one relation of each page tries them.
TRIED_IN_FULL = ("any", "EAST")
READING = ("get", "head")
TYPED = {
    "reason": "客户今天下午付款，见银行回单。",
    "amount": "700.00",
    "terms_days": "30",
    "page": "holds",
    "name": "我的",
    "verb": "release",
}
GONE = {
    "customer": ["NOBODY"],
    "document": ["NOBODY", NOBODY],
    "visit": [NOBODY],
    "section": [NOBODY, "staff"],
    "photo": [NOBODY, 10**9],
    "block": ["NOBODY", "basic"],
    "field": ["NOBODY", "registered_address"],
    "fact": ["NOBODY", 10**9],
    "statement": ["NOBODY", 10**9],
    "waiting": [10**9],
    "case": [10**9],
    "line": ["NOBODY", "CNY"],
    "decision": [NOBODY],
    "order": ["nobody/所问"],
    "hold": [NOBODY],
    "batch": [10**9],
    "trial": [10**9],
    "view": [10**9],
    "notice": [10**9],
    "deputy": [10**9],
    "result": [2],
    "entry": [10**9],
    "grant": [1],
    "token": ["x" * 43],
    "link": [NOBODY],
    "registration": [NOBODY],
    "reference": [NOBODY],
    "contract": [NOBODY],
    "talk": [NOBODY],
    "review": [10**9],
    "offer": [10**9],
    "regrade": [10**9],
    "other_grade": [10**9],
    "assessment": ["NOBODY", 10**9],
    "run": ["NOBODY", 10**9],
    "model": ["NOBODY", "6c"],
    "study": [10**9],
    "dated": [10**9],
    "wish": ["SX-0"],
    "letter": ["SX-0", 10**9],
    "voiced": ["SX-0"],
    "seat": ["SX-0", 10**9],
    "stage": ["SX-0", 10**9],
    "learnt": [10**9],
    "paper": [NOBODY],
    "challenger": [10**9],
    "sample": [10**9],
    "taught": [10**9],
}


_LOOKS = ("review", "offer", "regrade", "other_grade")


def _assessment(unit: str) -> int:
    return int(Rating.objects.get(customer__code=f"{unit}-1").assessment_id)


def relations(scene: Scene, page: Page, who: str) -> dict[str, list[Any]]:
    """unit or relation → what the address needs; rows that are nobody's stand under `any`."""
    if not page.row:
        return {"any": []}
    rows: dict[str, list[Any]] = {"gone": GONE[page.row]}
    if page.row == "token":  # more in it than the row: a step, a field
        return {"any": ["x" * 43]}
    if page.row in ("batch", "entry"):
        return rows | {"any": [scene.batch.pk if page.row == "batch" else 0]}
    if page.row == "trial":
        mine = scene.trials.get(who, scene.trials["alice"])
        other = scene.trials["alice" if who == "chen" else "chen"]
        return rows | {"any": [mine.pk], "stranger's": [other.pk]}
    if page.row in ("deputy", "result"):
        return rows | {"any": [scene.deputy.pk if page.row == "deputy" else 1]}
    if page.row in ("study", "challenger", "sample", "taught"):
        return rows | {"any": [getattr(scene, page.row)]}
    if page.row in ("learnt", "paper"):
        return rows | {"any": [scene.papers[page.row]]}
    if page.row in ("view", "notice"):
        own = scene.views if page.row == "view" else scene.notices
        mine, other = own.get(who, own["alice"]), own["bob" if who == "dora" else "dora"]
        return rows | {"any": [mine.pk], "stranger's": [other.pk]}
    for unit in UNITS:
        rows[unit] = {
            "customer": [f"{unit}-1"],
            "document": [f"{unit}-1", scene.documents[unit]],
            **{name: [scene.asked[unit][name]] for name in ("link", "registration", "reference")},
            **{name: [scene.kept[unit][name]] for name in ("contract", "talk")},
            **{name: [scene.looks[unit][name]] for name in _LOOKS},
            "assessment": [f"{unit}-1", _assessment(unit)],
            "visit": [scene.visits[unit][0]],
            "section": [scene.visits[unit][0], "staff"],
            "photo": list(scene.visits[unit]),
            "block": [f"{unit}-1", "basic"],
            "field": [f"{unit}-1", "registered_address"],
            "fact": [f"{unit}-1", scene.facts[unit]],
            "statement": [f"{unit}-1", scene.statements[unit]],
            "run": [f"{unit}-1", scene.runs[unit]],
            "model": [f"{unit}-1", "6c"],
            "waiting": [scene.waiting[unit]],
            "case": [scene.cases[unit]],
            "line": [f"{unit}-1", "CNY"],
            "decision": [scene.approved[unit].pk],
            "order": [scene.approved[unit].order_ref],
            "hold": [scene.held[unit].pk],
            **{name: [scene.papers[unit][name]] for name in ("dated", "wish")},
            "letter": [scene.papers[unit]["wish"], scene.letters[unit]],
            "voiced": [scene.voices[unit][0]],
            "seat": [scene.voices[unit][0], scene.voices[unit][1]],
            "stage": [scene.voices[unit][0], scene.voices[unit][2]],
            "grant": [int((scene.granted_at[unit] - EPOCH).total_seconds()) * 10**6],
        }[page.row]
    return rows


def within_sight(who: str, relation: str) -> bool:
    if relation == "any":
        return True
    return relation in UNITS and (who in WHOLE_BOOK or UNIT_OF.get(who) == relation)


def wanted(name: str, page: Page, method: str, who: str, relation: str) -> int:
    """The rule: who comes, then the word, then the method, then the row."""
    if who not in HOLDERS[page.word]:
        return 404 if who else 302
    if name == "sign-in" and who:
        return 302
    status = page.get if method in READING else page.post if method == "post" else None
    if status is None:
        return 405
    return status if within_sight(who, relation) else 404


def address(name: str, arguments: list[Any]) -> str:
    if name == "import-template":
        return reverse(name, args=["invoices", "csv"])
    if name == "export":
        return reverse(name, args=["customers"])
    if name in ("outside-step", "outside-check"):
        return reverse(name, args=[*arguments, "company"])
    return reverse(name, args=arguments)


# A picture in a page is read by GET, and the file's promise holds: who was given it is on record.
RECORDED = {"visit-photo-open": 1}


@pytest.mark.parametrize("name", PAGES)
def test_every_cell_of_a_page_answers_as_agreed(scene: Scene, name: str) -> None:
    page, wrong = PAGES[name], []
    for who in CAST:
        for relation, arguments in relations(scene, page, who).items():
            for method in METHODS if relation in TRIED_IN_FULL else ("get", "post"):
                with taken_back():
                    client = copy_of(scene.clients[who])
                    before = written()
                    answer = getattr(client, method)(address(name, arguments), data_for(method))
                    wrote = written() - before
                    cell = f"{method.upper()} {name} as {who or 'nobody'} ({relation})"
                    expected = wanted(name, page, method, who, relation)
                    if answer.status_code != expected:
                        wrong.append(f"{cell}: {answer.status_code} instead of {expected}")
                    wrote -= RECORDED.get(name, 0) if answer.status_code == 200 else 0
                    if wrote and (method in READING or expected >= 400 or not who):
                        wrong.append(f"{cell}: wrote {wrote} rows")
    assert not wrong, "\n".join(wrong)


def data_for(method: str) -> dict[str, str]:
    return TYPED if method == "post" else {}


def copy_of(client: Client) -> Client:
    """The same cookies in a client of its own: what one cell is told, the next does not know."""
    twin = Client(raise_request_exception=False)
    twin.handler = client.handler  # it keeps nothing; one stack of middleware is enough
    twin.cookies.load(client.cookies.output(header=""))
    return twin


def test_the_table_names_every_page_and_no_other(scene: Scene) -> None:
    named = {
        pattern.name
        for _, pattern in addresses(get_resolver())
        if getattr(pattern.callback, "permission", None)
    }
    assert named == set(PAGES)


def test_the_shipped_roles_hold_the_words_that_were_agreed(scene: Scene) -> None:
    # Catches a role file that quietly gives a word to somebody else.
    for word, holders in HOLDERS.items():
        if "." in word:
            held = {u.username for u in User.objects.filter(username__in=CAST) if u.may(word)}
            assert held == holders, word
    assert Role.objects.filter(permissions__contains=["people.manage"]).count() == 1


def test_the_matrix_finds_a_gate_that_stands_open(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The broken build: everybody may everything, so a salesperson finds the page of imports.
    monkeypatch.setattr(User, "may", lambda self, word: True)
    with pytest.raises(AssertionError, match="GET imports as bob"):
        test_every_cell_of_a_page_answers_as_agreed(scene, "imports")


def test_the_matrix_finds_a_row_that_every_unit_sees(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The broken build: the filter on business units is gone.
    monkeypatch.setattr(type(Customer.objects), "visible_to", lambda self, user: self.all())
    with pytest.raises(AssertionError, match=r"GET customer as bob \(WEST\)"):
        test_every_cell_of_a_page_answers_as_agreed(scene, "customer")


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.post])
def test_a_form_without_its_token_changes_nothing(scene: Scene, name: str) -> None:
    page = PAGES[name]
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(scene.clients["alice"].cookies.output(header=""))
    rows = relations(scene, page, "alice")
    with taken_back():
        before = written()
        answer = client.post(address(name, next(reversed(rows.values()))), TYPED)
        assert answer.status_code == 403
        assert written() == before
        assert "未被接受" in answer.content.decode()


def test_a_person_who_was_switched_off_is_out_at_the_next_request(scene: Scene) -> None:
    with taken_back():
        client = signed_in(scene.world.bob)
        assert client.get("/customers/").status_code == 200
        User.objects.filter(username="bob").update(is_active=False)
        answer = client.get("/customers/")
        assert (answer.status_code, answer["Location"][:9]) == (302, settings.LOGIN_URL)


def test_a_role_that_was_taken_away_is_gone_at_the_next_request(scene: Scene) -> None:
    with taken_back():
        client = signed_in(scene.world.alice)
        assert client.get("/imports/").status_code == 200
        User.objects.get(username="alice").roles.set(["sales"])
        assert client.get("/imports/").status_code == 404
