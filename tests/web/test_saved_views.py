"""Saved views of the hold queue: kept, opened, shared, changed, forgotten; nobody else's."""

from __future__ import annotations

import pytest

from tests.web.pages import signed_in, text_of
from tests.world import AT, World, make_world
from xinheng.people.models import SavedView
from xinheng.people.saved_views import QUERY_MAX, VIEWS_MAX

pytestmark = pytest.mark.django_db(transaction=True)
SAVE = "/saved-views/"


@pytest.fixture
def world() -> World:
    return make_world()


def told(
    name: str = "超期 CCC", query: str = "tab=overdue&grade=CCC", **extra: str
) -> dict[str, str]:
    return {"page": "holds", "name": name, "query": query, **extra}


def test_a_view_keeps_the_page_s_own_words_and_leads_back_to_them(world: World) -> None:
    alice = signed_in(world.alice)
    query = "tab=overdue&grade=CCC&after=Wzlv&evil=1&col=due&col=unit"
    answer = alice.post(SAVE, told(query=query))
    kept = "col=due&col=unit&grade=CCC&tab=overdue"
    assert (answer.status_code, answer["Location"]) == (302, f"/holds/?{kept}")
    assert SavedView.objects.get().query == kept
    page = alice.get(answer["Location"])
    assert page.context["open_view"].name == "超期 CCC"
    assert "视图“超期 CCC”已保存。" in text_of(page)


def test_the_same_name_again_changes_the_view(world: World) -> None:
    alice = signed_in(world.alice)
    alice.post(SAVE, told())
    alice.post(SAVE, told(query="tab=ready", shared="1"))
    view = SavedView.objects.get()
    assert (view.query, view.shared) == ("tab=ready", True)


@pytest.mark.parametrize(("shared", "seen"), [("1", True), ("", False)])
def test_only_a_shared_view_is_a_colleague_s_too(world: World, shared: str, seen: bool) -> None:
    signed_in(world.alice).post(SAVE, told(name="共同的", shared=shared))
    page = text_of(signed_in(world.bob).get("/holds/"))
    assert ("共同的" in page) is seen
    assert "/delete/" not in page  # nobody deletes another's


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (told(name="  "), "请填写"),
        (told(name="长" * 61), "最多 60 个字"),
        (told(query="q=" + "a" * QUERY_MAX), "筛选条件太长"),
    ],
    ids=["no name", "long name", "long query"],
)
def test_what_can_t_be_kept_is_said(world: World, form: dict[str, str], said: str) -> None:
    answer = signed_in(world.alice).post(SAVE, form, follow=True)
    assert said in text_of(answer)
    assert not SavedView.objects.exists()


def test_views_have_a_maximum(world: World) -> None:
    SavedView.objects.bulk_create(
        SavedView(user=world.alice, page="holds", name=f"{n}", saved_at=AT)
        for n in range(VIEWS_MAX)
    )
    alice = signed_in(world.alice)
    assert "最多保存 50 个" in text_of(alice.post(SAVE, told(), follow=True))
    alice.post(SAVE, told(name="7"))  # a name that is there may still be changed
    assert SavedView.objects.get(name="7").query == "grade=CCC&tab=overdue"


def test_a_view_is_forgotten_by_its_owner_alone(world: World) -> None:
    alice, bob = signed_in(world.alice), signed_in(world.bob)
    alice.post(SAVE, told(shared="1"))
    address = f"/saved-views/{SavedView.objects.get().pk}/delete/"
    assert bob.post(address).status_code == 404
    assert SavedView.objects.count() == 1
    assert alice.post(address).status_code == 302
    assert not SavedView.objects.exists()


def test_a_page_without_views_is_absent(world: World) -> None:
    assert signed_in(world.alice).post(SAVE, told() | {"page": "people"}).status_code == 404
