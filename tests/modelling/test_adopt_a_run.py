"""A second person makes a run the rating: who may, of which run, and what an expert's word may
never do: lift what the ledger says, or pass a red line.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from tests.modelling.rated import CODE, acting, rating_world, run, scored, stated
from tests.world import AT, TODAY, World, rate
from xinheng.credit import scale
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Rating
from xinheng.dossiers.facts import enter_fact
from xinheng.dossiers.rows import NewFact
from xinheng.dossiers.verifying import verify_facts
from xinheng.modelling.adopting import adopt_run, red_lines_of
from xinheng.modelling.expert_refusals import ExpertRefusal
from xinheng.modelling.models import ExpertRun
from xinheng.people.actor import system
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return rating_world()


def adopt(made: ExpertRun, by: str = "alice", at: Any = AT) -> Assessment:
    return adopt_run(made.pk, actor=acting(by), at=at)


def refused(code: ExpertRefusal, call: Any) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, caught.value


def test_a_new_customer_without_a_ledger_is_rated_by_two_persons(world: World) -> None:
    made = run("6c", scored("6c"))
    assert not Rating.objects.exists()
    assessment = adopt(made)
    made.refresh_from_db()
    rating = Rating.objects.get()
    assert (rating.grade, rating.valid_until) == ("BB", TODAY + timedelta(days=180))
    assert assessment.by_expert and rating.assessment_id == assessment.pk
    assert (made.adopted_by_id, made.assessment_id) == (world.alice.pk, assessment.pk)
    assert assessment.inputs["pays_us"] == "8" and assessment.points is None


def test_who_may(world: World) -> None:
    made = run("6c", scored("6c"))
    for name in ("anna", "olaf", "bob", "dora", "eve"):
        refused(ExpertRefusal.NOT_ALLOWED, lambda name=name: adopt(made, name))
    refused(ExpertRefusal.NAMED_PERSON, lambda: adopt_run(made.pk, actor=system("x"), at=AT))
    own = run("5c", scored("5c"), by="alice")
    refused(ExpertRefusal.OWN_RUN, lambda: adopt(own))
    refused(ExpertRefusal.UNKNOWN_RUN, lambda: adopt(ExpertRun(pk=0)))
    adopt(own, "fred")
    with pytest.raises(IntegrityError), transaction.atomic():
        ExpertRun.objects.filter(pk=made.pk).update(adopted_by=F("run_by"), adopted_at=AT)


def test_which_run(world: World) -> None:
    older = run("6c", scored("6c", 10))
    newer = run("6c", scored("6c"), by="olaf")
    # nobody picks the kinder one of two
    refused(ExpertRefusal.NEWER_RUN, lambda: adopt(older))
    adopt(newer)
    refused(ExpertRefusal.ALREADY_ADOPTED, lambda: adopt(newer))
    unrated = run("5c", scored("5c", 9, court_record=None))
    refused(ExpertRefusal.NO_GRADE, lambda: adopt(unrated))
    stated()
    refused(ExpertRefusal.NO_GRADE, lambda: adopt(run("altman")))
    old = run("character", scored("character"), as_of=TODAY - timedelta(days=31))
    refused(ExpertRefusal.TOO_OLD, lambda: adopt(old))
    adopt(run("character", scored("character"), as_of=TODAY - timedelta(days=30)))


@pytest.mark.parametrize(
    ("ledger", "until", "allowed"),
    [
        ("CCC", date(2027, 1, 1), False),  # BB would lift it
        ("BB", date(2027, 1, 1), True),  # the same
        ("BBB", date(2027, 1, 1), True),  # a worse one is heard
        ("CCC", TODAY - timedelta(days=1), True),  # it has run out
        ("CCC", TODAY, False),  # its last day
        ("", date(2027, 1, 1), True),  # too little known for the card
    ],
)
def test_an_expert_never_lifts_what_the_ledger_says(
    world: World, ledger: str, until: date, allowed: bool
) -> None:
    rate(Customer.objects.get(code=CODE), ledger, until)
    made = run("6c", scored("6c"))
    if allowed:
        assert adopt(made).grade == "BB"
    else:
        refused(ExpertRefusal.CARD_RATES, lambda: adopt(made))


def test_an_expert_s_rating_may_follow_an_expert_s(world: World) -> None:
    adopt(run("6c", scored("6c", 5)))
    assert Rating.objects.get().grade == "B"
    adopt(run("6c", scored("6c")), "fred")
    assert Rating.objects.get().grade == "BB"


def test_red_lines_of_the_ledger_cap_it(world: World) -> None:
    customer = Customer.objects.get(code=CODE)
    rate(customer, "", date(2027, 1, 1))
    Assessment.objects.filter(customer=customer).update(inputs={"oldest_dpd": "120"})
    assert red_lines_of(customer) == ("overdue_90",)
    assert adopt(run("6c", scored("6c", 10))).grade == scale.RED_LINES["overdue_90"] == "CCC"


def test_a_source_that_names_a_dishonest_debtor_caps_it(world: World) -> None:
    new = NewFact(
        customer_code=CODE,
        field="enforced_debtor",
        value="yes",
        source="执行信息公开网",
        reliability="A",
        observed_on=TODAY,
    )
    fact = enter_fact(new, actor=acting("bob"), at=AT)
    customer = Customer.objects.get(code=CODE)
    assert red_lines_of(customer) == ()
    for name in ("alice", "fred"):
        verify_facts([fact], "public_record", 90, actor=acting(name), at=AT)
    assert red_lines_of(customer) == ("dishonest_debtor",)
    assert adopt(run("6c", scored("6c", 10))).grade == "C"
