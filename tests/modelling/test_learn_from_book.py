"""A sample of the own book or of a file, a model of it, two persons who put it to work."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from tests.learning.test_prepare import rows_of
from tests.receivables.conftest import Desk, desk, invoice  # noqa: F401
from tests.world import AT, World, make_world
from xinheng.decisions.features import card_inputs
from xinheng.learning.preparing import Wish
from xinheng.ledger.models import PendingEntry
from xinheng.modelling import own_book, promoting, samples, training
from xinheng.modelling.models import LearntModel, Sample, Training
from xinheng.modelling.own_book import Late
from xinheng.modelling.refusals import ModelRefusal
from xinheng.people.actor import of_user, system
from xinheng.people.models import User
from xinheng.policies.bodies import CARD_INPUTS
from xinheng.policies.models import Policy
from xinheng.policies.queries import live
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
JOBS = system("jobs")


@pytest.fixture
def world() -> World:
    return make_world()


def carl() -> Any:
    """A second credit manager."""
    from xinheng.people.actions import create_user

    found = User.objects.filter(username="carl").first()
    return of_user(
        found
        or create_user(
            *("carl", "a long enough passphrase"),
            name="carl",
            roles=["credit_manager"],
            unit_code=None,
            sees_all_units=True,
            actor=JOBS,
            at=AT,
        )
    )


def refused(code: ModelRefusal, act: Any) -> None:
    with pytest.raises(Refused) as found:
        act()
    assert found.value.code is code


def a_file(world: World, rows: int = 900) -> Sample:
    return samples.keep_file(
        *("测试样本", "rows.csv", rows_of(rows).encode("gb18030"), Wish("late", drop=("firm",))),
        actor=world.actor("alice"),
        at=AT,
    )


def learnt(world: World, kind: str = "scorecard", sample: Sample | None = None) -> LearntModel:
    given = sample or a_file(world)
    asked = training.ask_training(given.pk, kind, "试卡", actor=world.actor("alice"), at=AT)
    assert training.train_next(lambda: AT) == 1
    asked.refresh_from_db()
    assert asked.state == "done", asked.message
    return asked.model


# --- The own book


@pytest.mark.parametrize(
    ("late", "open_minor", "said"),
    [
        # The worked example: 90 days past due from 8 June to 19 June.
        ([Late(date(2025, 3, 10), date(2025, 6, 20), 500_000)], 800_000, "1"),
        ([Late(date(2025, 3, 10), date(2025, 6, 8), 500_000)], 800_000, None),  # 89 days, paid
        ([Late(date(2025, 3, 10), date(2025, 6, 20), 99_999)], 800_000, "0"),  # below 1,000.00
        # 1 % of what was open is more than 1,000.00
        ([Late(date(2025, 3, 10), None, 500_000)], 60_000_000, "0"),
        # two parts count together only while both are open
        ([Late(date(2025, 3, 1), None, 60_000), Late(date(2025, 3, 2), None, 60_000)], 0, "1"),
        (
            [
                Late(date(2025, 3, 1), date(2025, 6, 1), 60_000),
                Late(date(2025, 3, 4), None, 60_000),
            ],
            0,
            None,
        ),
        ([Late(date(2025, 11, 5), None, 500_000)], 0, None),  # 90 days come after the year's end
        ([Late(date(2024, 1, 5), date(2025, 1, 31), 500_000)], 0, "0"),  # over before the day
        ([], 0, "0"),
    ],
)
def test_what_became_of_a_customer(late: list[Late], open_minor: int, said: str | None) -> None:
    assert own_book.outcome(late, date(2025, 1, 31), open_minor, "CNY") == said


def test_days_are_month_ends_with_a_whole_year_after_them() -> None:
    days = own_book.observation_days(date(2024, 1, 10), date(2026, 3, 15))
    assert (days[0], days[-1], len(days)) == (date(2024, 4, 30), date(2025, 2, 28), 11)
    assert own_book.observation_days(date(2025, 12, 1), date(2026, 3, 15)) == []
    assert len(own_book.observation_days(date(2010, 1, 1), date(2026, 3, 15))) == 36


def a_book(desk: Desk) -> None:  # noqa: F811
    """70 customers over 30 months; the further down, the later they pay; some stop paying."""
    chance = random.Random(5)
    rows = []
    for n in range(70):
        slow = n % 7
        for month in range(30):
            issued = date(2024, 1, 5) + timedelta(days=30 * month + n % 20)
            due = issued + timedelta(days=30)
            late = max(-5, int(chance.gauss(9 * slow, 12)))
            if slow >= 5 and chance.random() < 0.12:
                late = 130
            settled = due + timedelta(days=late)
            more = {"customer_code": f"K{n:03d}", "customer_name": f"客户{n}"}
            if settled <= date(2026, 7, 1):
                more["settled_on"] = settled
            rows.append(invoice(f"I{n}-{month}", 900_000, issued, due, **more))
    desk.invoices(*rows)


def test_a_card_of_the_own_book_goes_live_by_two_persons(world: World, desk: Desk) -> None:  # noqa: F811
    a_book(desk)
    asked = samples.ask_own_book("自有账本", actor=world.actor("alice"), at=AT)
    refused(
        ModelRefusal.NOT_DRAWN,
        lambda: training.ask_training(
            asked.pk, "scorecard", "自有", actor=world.actor("alice"), at=AT
        ),
    )
    assert samples.draw_waiting(actor=JOBS, at=AT) == 1
    assert samples.draw_waiting(actor=JOBS, at=AT) == 0
    asked.refresh_from_db()
    assert asked.rows > 300 and asked.bads > 60, (asked.rows, asked.bads, asked.outcome)
    columns = samples.opened(asked).columns
    assert set(columns) == CARD_INPUTS | {"customer", "day", "bad"}
    model = learnt(world, sample=asked)
    assert model.report["protocol"].startswith("out of time")
    assert "no customer both taught and tried" in model.report["protocol"]
    card = model.body["card"]
    assert not promoting.wrong_way(card)
    assert {one["key"] for one in card["characteristics"]} <= CARD_INPUTS

    before = live("scorecard")
    promoting.propose(model.pk, "champion", "自有账本更准", actor=world.actor("alice"), at=AT)
    assert live("scorecard").pk == before.pk
    refused(
        ModelRefusal.OWN_MODEL,
        lambda: promoting.promote(model.pk, "同意启用它", actor=world.actor("alice"), at=AT),
    )
    promoting.promote(model.pk, "同意启用它", actor=carl(), at=AT)
    model.refresh_from_db()
    now = Policy.objects.get(kind="scorecard", status="live")
    assert (model.state, model.policy_id) == ("champion", now.pk)
    assert now.body["red_lines"] == before.body["red_lines"]
    assert now.approved_by.username == "carl"

    # It judges from now on.
    from xinheng.decisions.assess import assess
    from xinheng.decisions.models import Assessment

    ids = list(Assessment.objects.model.customer.field.related_model.objects.values_list("pk"))
    assess([one[0] for one in ids], as_of=date(2026, 7, 1), actor=JOBS, at=AT)
    assert Assessment.objects.filter(card__startswith="试卡").count() == 70

    # The next champion retires it.
    second = learnt(world, sample=asked)
    assert second.version == model.version + 1
    promoting.propose(second.pk, "champion", "新样本更准", actor=world.actor("alice"), at=AT)
    promoting.promote(second.pk, "同意替换它", actor=carl(), at=AT)
    model.refresh_from_db()
    assert (model.state, model.retired_at) == ("retired", AT)


def test_a_young_book_says_so(world: World, desk: Desk) -> None:  # noqa: F811
    desk.invoices(invoice("A", 100, date(2026, 9, 1), date(2026, 10, 1)))
    asked = samples.ask_own_book("自有账本", actor=world.actor("alice"), at=AT)
    assert samples.draw_waiting(actor=JOBS, at=AT) == 1
    asked.refresh_from_db()
    assert "15" in asked.outcome["failed"]["zh"] and not bytes(asked.sha256)
    assert not training.work_waits(at=AT)


def test_what_policies_ask_of_a_card_is_what_assessments_supply() -> None:
    from xinheng.receivables.queries import Behaviour

    names = dict.fromkeys(Behaviour.__struct_fields__)
    assert set(card_inputs(Behaviour(**names), None, manufacturing=False)) == CARD_INPUTS
    assert set(own_book.DIRECTIONS) < CARD_INPUTS


# --- Files and trainings


def test_a_file_is_kept_sealed_and_comes_back_to_the_byte(world: World) -> None:
    sample = a_file(world)
    assert (sample.rows, sample.source, sample.outcome["bad"]) == (900, "file", "1")
    kinds = {one["key"]: one["kind"] for one in sample.columns}
    assert kinds["pay"] == "number" and kinds["trade"] == "words" and kinds["id"] == "aside"
    assert sum(bar["rows"] for bar in sample.columns[1]["bars"]) == 900
    raw = bytes(Sample.objects.get(pk=sample.pk).content_sealed)
    assert b"trade" not in raw
    assert samples.opened(sample).columns["day"][:1] == ["2025-01-01"]
    Sample.objects.filter(pk=sample.pk).update(sha256=bytes(32))
    with pytest.raises(ValueError, match="not what was kept"):
        samples.opened(Sample.objects.get(pk=sample.pk))


@pytest.mark.parametrize(
    ("content", "wish", "code"),
    [
        (b"", Wish("late"), ModelRefusal.FILE),
        (rows_of(100).encode(), Wish("nobody"), ModelRefusal.FILE),
        (b"x" * (samples.FILE_BYTES_MAX + 1), Wish("x"), ModelRefusal.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    world: World, content: bytes, wish: Wish, code: ModelRefusal
) -> None:
    alice = world.actor("alice")
    refused(code, lambda: samples.keep_file("样本", "x.csv", content, wish, actor=alice, at=AT))
    assert not Sample.objects.exists()


def test_who_may_not_edit_models_keeps_nothing(world: World) -> None:
    for name in ("bob", "dora"):
        who = world.actor(name)
        refused(ModelRefusal.NOT_ALLOWED, lambda: samples.ask_own_book("x1", actor=who, at=AT))  # noqa: B023
    refused(ModelRefusal.NAMED_PERSON, lambda: samples.ask_own_book("x1", actor=JOBS, at=AT))


def test_too_few_bads_end_in_words(world: World) -> None:
    sample = a_file(world, 120)
    asked = training.ask_training(sample.pk, "scorecard", "试卡", actor=world.actor("alice"), at=AT)
    assert training.train_next(lambda: AT) == 1
    asked.refresh_from_db()
    assert (asked.state, asked.message["code"]) == ("failed", "few_bads")
    assert "50" in asked.message["zh"] and asked.model is None


def test_a_training_is_asked_once_and_survives_a_stop(world: World) -> None:
    sample = a_file(world)
    ask = lambda: training.ask_training(  # noqa: E731
        sample.pk, "scorecard", "试卡", actor=world.actor("alice"), at=AT
    )
    first = ask()
    refused(ModelRefusal.ASKED_ALREADY, ask)
    claimed = training.claim(at=AT)
    assert claimed is not None and training.claim(at=AT) is None
    # The process dies; half an hour later the work is found again, and the first one's result is
    # not taken any more.
    later = AT + training.LEFT_AFTER + timedelta(seconds=1)
    again = training.claim(at=later)
    assert again is not None and again.pk == first.pk
    taught = training.learn(claimed)
    assert training.put_away(claimed, taught, at=later) is None
    assert training.put_away(again, taught, at=later) is not None
    assert LearntModel.objects.count() == 1
    Training.objects.filter(pk=first.pk).update(state="running")
    assert training.left_running_waits_again(at=later + timedelta(days=1)) == 1


@pytest.mark.parametrize("kind", ["scorecard", "boosting"])
def test_a_challenger_is_put_to_work_by_two_and_retired(world: World, kind: str) -> None:
    model = learnt(world, kind)
    assert bytes(model.sha256) and model.report["auc"]["value"] > 0.6 and model.plan["bins"]
    refused(
        ModelRefusal.REASON,
        lambda: promoting.propose(model.pk, "challenger", "x", actor=world.actor("alice"), at=AT),
    )
    wanted = ModelRefusal.NOTHING_SUPPLIED if kind == "scorecard" else ModelRefusal.ONLY_CARDS
    why = promoting.why_not_champion(model)
    assert why is not None and why.code is wanted
    promoting.propose(model.pk, "challenger", "先旁观三个月", actor=world.actor("alice"), at=AT)
    promoting.promote(model.pk, "同意先旁观", actor=carl(), at=AT)
    model.refresh_from_db()
    assert (model.state, model.policy_id) == ("challenger", None)
    promoting.retire(model.pk, "不再需要了", actor=carl(), at=AT)
    refused(
        ModelRefusal.NOT_IN_USE,
        lambda: promoting.retire(model.pk, "不再需要了", actor=carl(), at=AT),
    )
    kinds = [one["kind"] for one in _leaves()]
    for kind_ in ("sample.kept", "model.learnt", "model.proposed", "model.promoted"):
        assert kinds.count(kind_) == 1


def test_a_refused_draft_is_over(world: World) -> None:
    model = learnt(world)
    promoting.propose(model.pk, "challenger", "先旁观三个月", actor=world.actor("alice"), at=AT)
    promoting.refuse(model.pk, "样本太旧了", actor=carl(), at=AT)
    model.refresh_from_db()
    assert model.state == "refused"
    refused(
        ModelRefusal.NOT_A_DRAFT,
        lambda: promoting.propose(
            model.pk, "challenger", "再试一次吧", actor=world.actor("alice"), at=AT
        ),
    )


def test_a_card_that_pays_for_being_worse_is_no_champion() -> None:
    bands = [{"points": 10}, {"points": 30}]
    card = {"characteristics": [{"key": "oldest_dpd", "bins": bands}]}
    assert promoting.wrong_way(card) == ["oldest_dpd"]
    assert promoting.wrong_way({"characteristics": [{"key": "payment_index", "bins": bands}]}) == []


def _leaves() -> list[dict[str, Any]]:
    from xinheng.merkle.commitment import read_leaf

    found = []
    for row in PendingEntry.objects.order_by("pk"):
        leaf = read_leaf(bytes(row.leaf))
        found.append({"kind": leaf["kind"]})
    return found
