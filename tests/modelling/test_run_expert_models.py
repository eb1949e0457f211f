"""Persons run expert models: the worked figures of the reference go through the action and come out
of the table, what is not known never helps, and a run never changes.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.modelling.rated import CODE, acting, cam_1, rating_world, run, scored, stated
from tests.world import AT, TODAY, World, make_customer
from xinheng.dossiers.statement_filing import verify_statement
from xinheng.ledger.models import PendingEntry
from xinheng.merkle.commitment import read_leaf
from xinheng.modelling.expert_reading import compared, runs_of
from xinheng.modelling.expert_reckoning import Given
from xinheng.modelling.expert_refusals import ExpertRefusal
from xinheng.modelling.models import ExpertRun
from xinheng.people.actor import system
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return rating_world()


def refused(code: ExpertRefusal, call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, caught.value
    return caught.value


@pytest.mark.parametrize(
    ("answers", "pct", "band", "coverage", "named", "grade"),
    [
        (cam_1(), "66.70", ("66.70", "66.70"), 10_000, "CA2", "BB"),
        # one of weight 7 not known: out of both sums, at its lowest in the class
        (cam_1(bank_credit=None), "65.70", ("61.80", "68.10"), 9_300, "CA2", "BB"),
        (scored("character", 10), "100.00", ("100.00", "100.00"), 10_000, "CA1", "BBB"),
        (scored("character", 1), "10.00", ("10.00", "10.00"), 10_000, "CA6", "C"),
    ],
)
def test_character_analysis_as_worked(
    world: World,
    answers: dict[str, Given],
    pct: str,
    band: tuple[str, str],
    coverage: int,
    named: str,
    grade: str,
) -> None:
    made = ExpertRun.objects.get(pk=run("character", answers).pk)
    told = made.result
    assert (told["pct"], (told["lowest_pct"], told["highest_pct"])) == (pct, band)
    assert (made.coverage_bps, made.class_code, made.grade) == (coverage, named, grade)
    assert made.run_by.username == "anna" and made.adopted_at is None


def test_weightings_change_the_share(world: World) -> None:
    shares = {name: run("character", cam_1(), weighting=name).result["pct"] for name in PRESETS}
    assert shares["balanced"] == "66.70" and len(set(shares.values())) == 3


PRESETS = ("balanced", "sales", "finance")


@pytest.mark.parametrize(
    ("model", "other", "named", "grade"),
    [
        ("5c", {}, "CA2", "BB"),
        ("6c", {}, "CA2", "BB"),
        # a mandatory item not known: not rated, however good the rest
        ("6c", {"court_record": None}, "NR", ""),
        # of 100 points of weight more than 40 are not known
        ("5c", dict.fromkeys(("owner_reputation", "earnings", "experience", "gearing", "paid_in",
                              "security", "insurance"), None), "NR", ""),
    ],
)  # fmt: skip
def test_questionnaires(
    world: World, model: str, other: dict[str, None], named: str, grade: str
) -> None:
    made = run(model, scored(model, 8, **other))
    assert (made.class_code, made.grade) == (named, grade)


def test_an_answer_of_nothing_is_not_an_answer(world: World) -> None:
    answers = scored("6c")
    del answers["court_record"]
    wrong = refused(ExpertRefusal.BAD_ANSWERS, lambda: run("6c", answers))
    assert wrong.text.zh == "还有 1 项未答：请给分，或选“不详”。"
    refused(ExpertRefusal.BAD_ANSWERS, lambda: run("6c", scored("6c", 11)))
    refused(ExpertRefusal.BAD_ANSWERS, lambda: run("6c", {**scored("6c"), "beauty": Given(9)}))


def test_what_is_not_known_never_gives_a_better_class(world: World) -> None:
    ranks = ["CA1", "CA2", "CA3", "CA4", "CA5", "CA6", "NR"]
    for true in (1, 5, 10):
        for key in ("pays_us", "industry", "key_person"):
            told = run("6c", scored("6c", 7, **{key: true}))
            silent = run("6c", scored("6c", 7, **{key: None}))
            assert ranks.index(silent.class_code) >= ranks.index(told.class_code)
            low, high = (Decimal(silent.result[end]) for end in ("lowest_pct", "highest_pct"))
            assert low <= Decimal(told.result["lowest_pct"]) <= high and low < high


@pytest.mark.parametrize(
    ("model", "value", "named"),
    [("altman", ("score", "2.8626"), "safe"), ("bathory", ("score", "2.8058"), "low"),
     # v = 1.5 + 0.875 − 0.8 − 1.5 = 0.075 → 0.08, 17.5 % of 700
     ("working_assets", ("value_minor", 122_50), "limited")],
)  # fmt: skip
def test_statement_models_as_worked(
    world: World, model: str, value: tuple[str, Any], named: str
) -> None:
    statement = stated()
    made = run(model)
    assert made.result[value[0]] == value[1] and made.class_code == named
    assert made.grade == "" and made.used_unverified == ["statement"]
    assert made.result["statement"]["id"] == statement
    verify_statement(statement, "third_party", actor=acting("anna"), at=AT + timedelta(hours=1))
    assert run(model, at=AT + timedelta(hours=2)).used_unverified == []


def test_debt_beyond_all_assets_looks_good_to_no_model(world: World) -> None:
    # the arithmetic of working assets turns positive below zero of equity (WAM-4)
    stated(equity=-100_00, total_liabilities=2600_00)
    made = run("working_assets")
    assert (made.result["value_minor"], made.class_code) == (0, "none")
    assert run("bathory").class_code == "high"


def test_a_loss_over_negative_working_capital_is_judged_by_a_person(world: World) -> None:
    stated(current_assets=700_00, profit_before_tax=-50_00)
    made = run("bathory")
    assert made.class_code == "manual" and made.coverage_bps == 0


def test_a_statement_counts_from_when_it_was_known(world: World) -> None:
    refused(ExpertRefusal.NO_STATEMENT, lambda: run("altman"))
    stated()
    before = TODAY - timedelta(days=1)
    refused(ExpertRefusal.NO_STATEMENT, lambda: run("altman", as_of=before))
    assert run("altman").class_code == "safe"


def test_who_may_and_for_whom(world: World) -> None:
    answers = scored("6c")
    refused(ExpertRefusal.NOT_ALLOWED, lambda: run("6c", answers, by="bob"))
    refused(ExpertRefusal.NOT_ALLOWED, lambda: run("6c", answers, by="dora"))
    make_customer("W-1", unit=world.units["WEST"])
    refused(ExpertRefusal.UNKNOWN_CUSTOMER, lambda: run("6c", answers, code="W-0"))
    refused(ExpertRefusal.UNKNOWN_MODEL, lambda: run("7c", answers))
    refused(ExpertRefusal.UNKNOWN_WEIGHTING, lambda: run("6c", answers, weighting="ahp:1"))
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=400)):
        refused(ExpertRefusal.BAD_DAY, lambda day=day: run("6c", answers, as_of=day))
    from xinheng.modelling.expert_runs import record_run

    call = lambda: record_run(CODE, "6c", "shipped", answers, TODAY, actor=system("x"), at=AT)  # noqa: E731
    refused(ExpertRefusal.NAMED_PERSON, call)
    assert not ExpertRun.objects.exists()


def test_a_run_never_changes(world: World) -> None:
    made = run("6c", scored("6c"))
    for change in ({"grade": "AAA"}, {"answers": {}}, {"as_of": date(2026, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ExpertRun.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExpertRun.objects.filter(pk=made.pk).delete()


def test_each_run_leaves_one_entry_that_names_nobody(world: World) -> None:
    before = PendingEntry.objects.count()
    made = run("6c", scored("6c"))
    assert PendingEntry.objects.count() == before + 1
    entry = PendingEntry.objects.get(entry_id=made.entry_id)
    leaf = read_leaf(bytes(entry.leaf))
    assert leaf["kind"] == "expert.rated" and leaf["clear"] == {"model": "6c", "version": 1}


def test_two_raters_are_compared(world: World) -> None:
    one = run("6c", scored("6c", 8))
    assert compared(one, runs_of(world.alice, one.customer_id)) is None
    other = run("6c", scored("6c", 8, pays_us=4, industry=6), by="olaf")
    runs = runs_of(world.alice, one.customer_id)
    found = compared(other, runs)
    assert found is not None and found.other.pk == one.pk
    assert found.agreement.items == 18 and found.agreement.farthest == ("pays_us",)
    assert runs_of(world.eve, one.customer_id) == []


def test_the_tables_of_the_trigger_are_the_tables_of_the_room(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select tgname from pg_trigger where tgname like 'modelling_%'")
        names = {row[0] for row in cursor.fetchall()}
    assert {"modelling_expertrun_never_changes", "modelling_ahpjudgement_never_changes"} <= names
