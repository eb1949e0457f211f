"""The queue of facts that wait: who sees which, what stands beside them, one and many at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.web.pages import HTMX, signed_in, text_of
from tests.web.verification.staged import WHY, desk, disputed, entered, person, standing
from tests.world import World
from xinheng.dossiers.facts import verify_fact
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.intake.models import ImportBatch
from xinheng.people.actor import of_user

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "/verification/"
HOW = {"how": "public_record", "confidence": "90"}


@pytest.fixture
def world(transactional_db: None) -> World:
    return desk()


def shown(client: Any, query: str = "") -> list[int]:
    answer = client.get(f"{QUEUE}{query}")
    assert answer.status_code == 200
    return [row.fact.pk for row in answer.context["queue"].rows]


def test_the_queue_shows_what_this_person_may_verify_and_no_more(world: World) -> None:
    bobs, alices = entered("trade_permit", "许可 1"), entered("court_cases", "无", by="alice")
    west = entered("goods_bought", "砂石", by="eve", customer="C2")
    assert sorted(shown(signed_in(world.alice))) == [bobs, west]
    assert sorted(shown(signed_in(person("fay")))) == [bobs, alices, west]
    assert shown(signed_in(person("wu"))) == [west]
    assert signed_in(world.bob).get(QUEUE).status_code == 404


def test_who_checked_a_critical_fact_first_does_not_see_it_again(world: World) -> None:
    fact = entered("enforced_debtor", "no")
    signed_in(world.alice).post(f"{QUEUE}{fact}/verify/", HOW)
    assert shown(signed_in(world.alice)) == []
    assert shown(signed_in(person("fay")), "?tab=second") == [fact]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?tab=first", ["a", "c", "d"]),
        ("?tab=second", ["b"]),
        ("?tab=critical", ["b"]),
        ("?tab=corrected", ["d"]),
        ("?tab=late", ["c"]),
        ("?block=finance", ["c"]),
        ("?source=bureau:qcc", ["c"]),
        ("?q=长江", ["a", "b", "d"]),
        ("?q=nobody", []),
        ("?batch=7", []),
        ("?tab=nonsense&block=nonsense&batch=x", ["a", "b", "c", "d"]),
        ("?sort=-customer", ["c", "d", "b", "a"]),
    ],
)
def test_tabs_and_filters_narrow_the_queue(world: World, query: str, found: list[str]) -> None:
    from xinheng.dossiers.facts import correct_fact

    now = timezone.now()
    old = standing("goods_bought", "水泥", at=now - timedelta(days=9))
    made = {
        "c": entered(
            "sales_of_year",
            "100 CNY",
            customer="C2",
            by="eve",
            source="bureau:qcc",
            at=now - timedelta(days=20),  # over two working days, whatever the calendar
        ),
        "a": entered("trade_permit", "许可 1", at=now),
        "b": entered("enforced_debtor", "no", at=now),
    }
    bob, fay = of_user(world.bob), of_user(person("fay"))
    made["d"] = correct_fact(old, "熟料", "录入有误", actor=bob, at=now)
    verify_fact(made["b"], "public_record", 80, actor=fay, at=now)
    told = shown(signed_in(world.alice), query)
    wanted = [made[one] for one in found]
    assert told == wanted if "sort" in query else set(told) == set(wanted)


def test_a_row_tells_what_stands_and_what_verifying_would_do(world: World) -> None:
    standing("registered_capital", "8000000 CNY", source="licence", reliability="A")
    standing("goods_bought", "水泥")
    entered("registered_capital", "10000000 CNY", source="bureau:qcc")
    entered("goods_bought", "熟料")
    entered("court_cases", "无")
    entered("enforced_debtor", "no")
    page = text_of(signed_in(world.alice).get(QUEUE))
    for words in (
        *("10,000,000.00 CNY", "8,000,000.00 CNY", "与其他来源不一致，将立冲突案"),
        *("同一来源此前：<b>水泥</b>", "档案中还没有这一项", "关键字段，还需第二人复核"),
    ):
        assert words in page, words
    english = text_of(signed_in(world.alice, "en").get(QUEUE))
    assert "Sources differ: opens a case" in english and "Nothing in the file yet" in english


def test_the_queue_costs_the_same_for_one_row_and_for_thirty(world: World) -> None:
    entered("person_in_charge", "王芳")
    client = signed_in(world.alice)
    shown(client)
    with CaptureQueriesContext(
        connection,
    ) as one:
        shown(client)
    for n in range(29):
        entered("person_in_charge", f"李伟{n}", source=f"源{n}")
    with CaptureQueriesContext(connection) as thirty:
        assert len(shown(client)) == 30
    assert len(thirty) <= len(one) + 1  # the keys, once


def test_the_queue_pages_by_key(world: World) -> None:
    made = [entered("goods_bought", f"品种{n}", source=f"源{n}") for n in range(35)]
    client = signed_in(world.alice)
    answer = client.get(QUEUE)
    following = client.get(answer.context["queue"].page.next_url)
    both = [row.fact.pk for one in (answer, following) for row in one.context["queue"].rows]
    assert both == made
    assert client.get(f"{QUEUE}?after=bm9uc2Vuc2U").status_code == 200


def test_one_is_verified_with_how_and_how_sure(world: World) -> None:
    fact = entered("court_cases", "无")
    client = signed_in(world.alice)
    answer = client.post(f"{QUEUE}{fact}/verify/", {"how": "third_party", "confidence": "75"})
    assert answer["Location"] == QUEUE
    row = Fact.objects.get(pk=fact)
    assert (row.how, row.confidence, row.verified_by_id) == ("third_party", 75, world.alice.pk)
    assert row.known_since is not None
    assert "已入档" in text_of(client.get(f"{QUEUE}{fact}/")) or "在档" in text_of(
        client.get(f"{QUEUE}{fact}/")
    )


def test_a_critical_fact_takes_two_and_the_second_only_agrees(world: World) -> None:
    fact = entered("enforced_debtor", "no")
    signed_in(world.alice).post(f"{QUEUE}{fact}/verify/", HOW)
    page = signed_in(person("fay")).get(f"{QUEUE}{fact}/verify/", headers=HTMX)
    assert "沿用第一次核验" in text_of(page)
    signed_in(person("fay")).post(f"{QUEUE}{fact}/verify/")
    row = Fact.objects.get(pk=fact)
    assert row.known_since and row.second_reviewer_id == person("fay").pk
    assert (row.how, row.confidence) == ("public_record", 90)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"confidence": "80"}, "请选择核验方式"),
        ({"how": "dreams", "confidence": "80"}, "请选择核验方式"),
        ({"how": "customer", "confidence": "101"}, "0 至 100 的整数"),
        ({"how": "customer", "confidence": "八十"}, "0 至 100 的整数"),
    ],
)
def test_a_mistake_stands_beside_its_box_and_nothing_typed_is_lost(
    world: World, told: dict[str, str], words: str
) -> None:
    fact = entered("court_cases", "无")
    answer = signed_in(world.alice).post(f"{QUEUE}{fact}/verify/", told)
    assert answer.status_code == 422 and words in text_of(answer)
    assert f'value="{told["confidence"]}"' in text_of(answer)
    inline = signed_in(world.alice).post(f"{QUEUE}{fact}/verify/", told, headers=HTMX)
    assert inline["HX-Retarget"] == f"#judge-{fact}" and words in text_of(inline)
    assert Fact.objects.waiting().count() == 1


def test_what_is_one_s_own_says_so_before_anybody_tries(world: World) -> None:
    fact = entered("court_cases", "无", by="alice")
    client = signed_in(world.alice)
    assert "这一项是您录入的，由另一人核验" in text_of(client.get(f"{QUEUE}{fact}/"))
    answer = client.post(f"{QUEUE}{fact}/verify/", HOW)
    assert answer.status_code == 422 and "须是不同的人" in text_of(answer)


def test_a_rejection_takes_a_reason_and_who_entered_it_reads_it(world: World) -> None:
    fact = entered("court_cases", "无")
    client = signed_in(world.alice)
    short = client.post(f"{QUEUE}{fact}/reject/", {"reason": "不"})
    assert short.status_code == 422 and "至少四个字" in text_of(short)
    done = client.post(f"{QUEUE}{fact}/reject/", {"reason": WHY}, headers=HTMX)
    assert "已退回" in text_of(done)
    mine = text_of(signed_in(world.bob).get(f"{QUEUE}mine/?state=rejected"))
    assert WHY in mine and "重新录入" in mine
    assert "未通过" in text_of(client.get(f"{QUEUE}{fact}/"))


def test_a_fact_out_of_sight_is_absent(world: World) -> None:
    east = entered("court_cases", "无")
    client = signed_in(person("wu"))
    for path in ("", "verify/", "reject/"):
        assert client.get(f"{QUEUE}{east}/{path}").status_code == 404
    assert client.post(f"{QUEUE}{east}/verify/", HOW).status_code == 404
    assert Fact.objects.waiting().count() == 1


# --- Many at once


def seal_of(answer: Any) -> str:
    found = re.search(r'name="seal" value="(\w+)"', text_of(answer))
    assert found, text_of(answer)
    return found[1]


def judged(client: Any, verb: str, facts: list[int], **told: str) -> Any:
    given = {"verb": verb, "pick": [str(one) for one in facts]}
    seal = seal_of(client.post(f"{QUEUE}summary/", given))
    return client.post(f"{QUEUE}judge/", given | {"seal": seal} | told)


def mixed(world: World) -> dict[str, int]:
    """One of each: enters the file, waits for a second, opens a case, is one's own."""
    standing("goods_bought", "水泥", source="licence", reliability="A")
    return {
        "stands": entered("court_cases", "无"),
        "second": entered("enforced_debtor", "no"),
        "conflict": entered("goods_bought", "熟料", source="bureau:qcc"),
        "again": entered("goods_bought", "砂石", source="visit"),
        "own": entered("trade_permit", "许可 1", by="alice"),
    }


def test_the_summary_tells_what_the_act_then_does(world: World) -> None:
    """A foresight that forgets what it foretold before (`again` opens no second case) fails."""
    made = mixed(world)
    client = signed_in(world.alice)
    given = {"verb": "verify", "pick": [str(one) for one in [*made.values(), 10**9]]}
    summary = client.post(f"{QUEUE}summary/", given)
    selection = summary.context["selection"]
    assert {name: selection.would.get(pk) for name, pk in made.items()} == {
        "stands": "stands",
        "second": "second",
        "conflict": "conflict",
        "again": "joins",
        "own": None,
    }
    assert [row.fact.pk for row in selection.refused] == [made["own"]] and selection.gone == 1
    assert "4 项将核验" in text_of(summary) and "1 项不能" in text_of(summary)
    assert Fact.objects.waiting().count() == 5  # nothing has been done

    answer = judged(client, "verify", list(made.values()), **HOW)
    result = client.get(answer["Location"])
    assert result.status_code == 200
    known = set(Fact.objects.current().values_list("pk", flat=True))
    assert {made["stands"], made["conflict"], made["again"]} <= known
    assert Fact.objects.get(pk=made["second"]).verified_by_id == world.alice.pk
    assert ConflictCase.objects.get().opened_by_fact_id == made["conflict"]
    assert set(Fact.objects.waiting().values_list("pk", flat=True)) == {
        made["second"],
        made["own"],
    }
    assert "已核验 4 项" in text_of(result)


def test_many_are_turned_down_with_one_reason(world: World) -> None:
    made = [entered("court_cases", "无"), entered("trade_permit", "许可 1")]
    client = signed_in(world.alice)
    given = {"verb": "reject", "pick": [str(one) for one in made]}
    seal = seal_of(client.post(f"{QUEUE}summary/", given))
    short = client.post(f"{QUEUE}judge/", given | {"seal": seal, "reason": "不"})
    assert short.status_code == 422
    done = client.post(f"{QUEUE}judge/", given | {"seal": seal, "reason": WHY})
    assert "已退回 2 项" in text_of(client.get(done["Location"]))
    assert set(Fact.objects.values_list("reject_reason", flat=True)) == {WHY}


def test_what_changed_since_the_summary_is_shown_again_instead(world: World) -> None:
    fact, other = entered("goods_bought", "熟料", source="a"), entered("court_cases", "无")
    client = signed_in(world.alice)
    given = {"verb": "verify", "pick": [str(fact), str(other)]}
    seal = seal_of(client.post(f"{QUEUE}summary/", given))
    standing("goods_bought", "水泥", source="b")  # now it would open a case
    answer = client.post(f"{QUEUE}judge/", given | {"seal": seal} | HOW)
    assert answer.status_code == 422 and "情况有变" in text_of(answer)
    assert Fact.objects.waiting().count() == 2


@pytest.mark.parametrize("told", [{"verb": "verify"}, {"verb": "verify", "pick": ["x", "-1"]}])
def test_nothing_chosen_leads_back_with_words(world: World, told: dict[str, Any]) -> None:
    answer = signed_in(world.alice).post(f"{QUEUE}summary/", told | {"back": "tab=first&x=1"})
    assert answer["Location"] == f"{QUEUE}?tab=first"
    assert signed_in(world.alice).post(f"{QUEUE}summary/", {"verb": "eat"}).status_code == 404


def test_a_result_of_another_session_is_absent(world: World) -> None:
    fact = entered("court_cases", "无")
    done = judged(signed_in(world.alice), "verify", [fact], **HOW)
    assert signed_in(person("fay")).get(done["Location"]).status_code == 404
    assert signed_in(world.alice).get(f"{QUEUE}done/9999999999999999999/").status_code == 404


def test_the_rail_counts_what_waits_for_this_person(world: World) -> None:
    entered("court_cases", "无")
    entered("trade_permit", "许可 1", by="alice")
    rails = {
        name: {
            item.room.name: item.count
            for item in signed_in(person(name)).get("/customers/").context["rail"]()
        }
        for name in ("alice", "fay", "bob", "dora")
    }
    assert rails["alice"]["verification"] == 1 and rails["fay"]["verification"] == 2
    assert "verification" not in rails["bob"] and "verification-mine" in rails["bob"]
    assert "verification-mine" not in rails["alice"] and "verification" not in rails["dora"]


def test_one_s_own_entries_tell_what_became_of_them(world: World) -> None:
    standing("goods_bought", "水泥")
    entered("bank_account", "6222 0000")
    client = signed_in(world.bob)
    waiting = text_of(client.get(f"{QUEUE}mine/"))
    assert "付款账户" in waiting and "6222" not in waiting  # class 3, masked for who can't verify
    assert "水泥" in text_of(client.get(f"{QUEUE}mine/?state=known"))
    assert signed_in(world.dora).get(f"{QUEUE}mine/").status_code == 404
    assert "没有被退回的录入" in text_of(client.get(f"{QUEUE}mine/?state=rejected"))


def test_disputes_are_made_as_the_tests_say(world: World) -> None:
    assert ConflictCase.objects.get(pk=disputed()).field == "goods_bought"


def test_a_row_shows_what_the_rules_remark(world: World) -> None:
    standing("total_assets", "100 CNY")
    entered("total_liabilities", "150 CNY")
    answer = signed_in(world.alice).get(QUEUE)
    row = answer.context["queue"].rows[0]
    assert row.remarks and str(row.remarks[0].text) in text_of(answer)


def test_second_reviews_alone_are_agreed_to_without_questions(world: World) -> None:
    made = [entered("enforced_debtor", "no"), entered("security_given", "无")]
    for fact in made:
        signed_in(world.alice).post(f"{QUEUE}{fact}/verify/", HOW)
    client = signed_in(person("fay"))
    answer = judged(client, "verify", made)
    assert "已核验 2 项" in text_of(client.get(answer["Location"]))
    rows = Fact.objects.current().filter(pk__in=made)
    assert set(rows.values_list("how", "confidence")) == {("public_record", 90)}


def test_all_that_an_import_brought_is_verified_at_once(world: World) -> None:
    batch = ImportBatch.objects.create(
        kind="facts",
        file_name="档案.csv",
        file_sha256="0" * 64,
        state="done",
        started_by=world.bob,
        started_at=timezone.now(),
        options={},
    )
    made = [entered("court_cases", "无"), entered("enforced_debtor", "no")]
    alices = entered("trade_permit", "许可 1", by="alice")
    with connection.cursor() as cursor:  # as an import would have written them
        cursor.execute("alter table dossiers_fact disable trigger user")
        cursor.execute("update dossiers_fact set batch_id = %s", [batch.pk])
        cursor.execute("alter table dossiers_fact enable trigger user")
    client = signed_in(world.alice)
    assert "核验整个批次" in text_of(client.get(f"{QUEUE}?batch={batch.pk}"))
    page = text_of(client.get(f"{QUEUE}batches/{batch.pk}/"))
    assert "2 项等您核验" in page and "其中 1 项是关键字段" in page and "1 项是您录入" in page
    wrong = client.post(f"{QUEUE}batches/{batch.pk}/", {"confidence": "90"})
    assert wrong.status_code == 422 and Fact.objects.waiting().count() == 3
    done = client.post(f"{QUEUE}batches/{batch.pk}/", HOW, follow=True)
    assert "1 项入档，1 项待第二人复核" in text_of(done)
    assert Fact.objects.current().get().pk == made[0]
    assert set(Fact.objects.waiting().values_list("pk", flat=True)) == {made[1], alices}
    assert signed_in(person("wu")).get(f"{QUEUE}batches/{batch.pk}/").status_code == 404
    assert client.get(f"{QUEUE}batches/{10**9}/").status_code == 404
