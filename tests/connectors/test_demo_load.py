"""The demonstration book goes in by everybody's doors, and out again in one step."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from tests.world import ask
from xinheng.almanac.actions import record_rates
from xinheng.almanac.models import Rate
from xinheng.almanac.queries import plain
from xinheng.almanac.rows import RateRow
from xinheng.connectors.demo import accounts, filing, load, removal
from xinheng.connectors.demo.quoting import DAYS, SOURCE
from xinheng.contracts.models import Contract
from xinheng.credit.decide import Facts, decode
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Assessment, Decision, Rating
from xinheng.dossiers.measures import book_measures
from xinheng.dossiers.models import ConflictCase, Document, Fact
from xinheng.inquiries.visiting import NewVisit, plan_visit
from xinheng.intake.models import ImportBatch
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.queries import reconcile
from xinheng.people.actor import of_user, system
from xinheng.people.models import Company, User
from xinheng.people.queries import company, forget
from xinheng.policies import queries as policies
from xinheng.receivables.models import Invoice, Receipt
from xinheng.relations.models import Talk
from xinheng.vault.models import DataKey

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
PER_SOURCE = 12

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_caches():
    forget()
    policies.forget()
    yield
    forget()
    policies.forget()
    accounts.forget_sealed()


@pytest.fixture
def loaded() -> dict:
    return load.load(at=AT, buyers_max=PER_SOURCE)


def test_the_book_is_imported_assessed_granted_and_asked(loaded: dict) -> None:
    counts = loaded["counts"]
    assert counts["customers"] == Customer.objects.count() == 2 * PER_SOURCE + 8
    assert counts["invoices"] == Invoice.objects.count() > 100
    assert set(ImportBatch.objects.values_list("state", flat=True)) == {"done"}
    assert Rating.objects.count() == counts["customers"]
    again = counts["applications_assessed"]  # a snapshot of an application assesses anew
    assert Assessment.objects.count() == counts["customers"] + again
    assert counts["granted"] == Proposal.objects.filter(state="granted").count() > PER_SOURCE
    assert Decision.objects.count() == counts["asked"] > 0
    assert reconcile() == []


def test_it_has_a_group_a_part_a_season_and_an_insurance(loaded: dict) -> None:
    group = CreditLine.objects.get(scope="group")
    below = CreditLine.objects.filter(path__contains=[group.pk])
    assert {line.scope for line in below} == {"", "product:GIFT"}
    assert below.values("customer").distinct().count() == loaded["counts"]["grouped"] == 3
    assert Customer.objects.filter(payer=group.customer_id).count() == 1
    assert CreditLine.objects.get(temporary=True).amount_minor
    assert CreditLine.objects.get(covered_minor__gt=0).in_force_until
    waiting = Proposal.objects.filter(state="proposed", proposed_by="system:demonstration")
    assert waiting.count() >= loaded["counts"]["waiting_proposals"] > 0


@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP", "JPY"])
def test_an_order_in_another_currency_is_measured_against_the_books_own(
    loaded: dict, currency: str
) -> None:
    """A book without rates fails here: what can't be converted is not approved."""
    bob = User.objects.get(username="bob")
    line = CreditLine.objects.filter(
        customer__business_unit=bob.business_unit, customer__status="active", currency="CNY"
    ).latest("amount_minor")
    order = ask("PO-FX", line.customer.code, 100_00, currency=currency)
    [answer] = check_orders([order], actor=of_user(bob), at=AT)
    facts = decode(bytes(Decision.objects.get(pk=answer.decision_id).facts), Facts)
    assert not facts.rates_missing
    assert [(one.base, one.quote) for one in facts.rates] == [(currency, "CNY")]
    assert Rate.objects.count() == loaded["counts"]["rates"] == 4 * DAYS


def test_credit_files_have_facts_conflicts_stale_ones_and_papers(loaded: dict) -> None:
    counts = loaded["counts"]
    customers = Fact.objects.values("customer").distinct().count()
    assert counts["facts"] == Fact.objects.count() > 8 * customers
    told = Contract.objects.filter(state="in_force").count()  # each told the file
    assert counts["facts_waiting"] == Fact.objects.waiting().count() == filing.WAITING + told
    kept = (Contract.objects.count(), Talk.objects.count())
    assert (counts["contracts"], counts["talks"]) == kept and min(kept) > 0
    assert counts["conflicts"] == ConflictCase.objects.count() == filing.CONFLICTS
    alice = User.objects.get(username="alice")
    measured = book_measures(alice, AT.date())
    assert measured.timely is not None and measured.timely < 100 > measured.complete
    ends = sorted(Document.objects.filter(kind="licence").values_list("valid_until", flat=True))
    assert len(ends) == counts["scans"] == len(filing.SCANS)
    assert ends[0] < AT.date() < ends[1]
    assert not Fact.objects.filter(simulated=False).exists()
    seconded = Fact.objects.current().filter(critical=True, second_reviewer=None)
    assert not seconded.exists()


def test_everything_simulated_says_so(loaded: dict) -> None:
    for model in (Customer, Invoice, Receipt, ImportBatch):
        assert not model.objects.filter(simulated=False).exists(), model
    assert set(Rate.objects.values_list("source", flat=True)) == {SOURCE}


def test_the_cast_can_sign_in_and_eve_sees_only_her_unit(loaded: dict) -> None:
    told = {one["username"]: one["password"] for one in loaded["accounts"]}
    assert set(told) == {person.username for person in accounts.CAST}
    assert {"alice", "bob", "chen", "dora", "eve", "fang", "guo", "han", "wu"} < set(told)
    assert all(User.objects.get(username=name).check_password(told[name]) for name in told)
    eve, bob = User.objects.get(username="eve"), User.objects.get(username="bob")
    units = {c.business_unit.code for c in Customer.objects.visible_to(eve)}
    assert units == {"overseas"}
    assert not set(Customer.objects.visible_to(bob)) & set(Customer.objects.visible_to(eve))


def test_passwords_are_shown_once_and_kept_nowhere_in_plain(loaded: dict) -> None:
    told = {one["username"]: one["password"] for one in loaded["accounts"]}
    assert told["alice"].encode() not in accounts._sealed_file().read_bytes()
    assert accounts.take_sealed(at=AT) == told
    assert accounts.take_sealed(at=AT) == {}
    again = accounts.reset(actor=system("cli"), at=AT)
    assert not User.objects.get(username="alice").check_password(told["alice"])
    alice = next(one for one in again if one["username"] == "alice")
    assert User.objects.get(username="alice").check_password(alice["password"])


def test_a_second_start_loads_nothing(loaded: dict) -> None:
    entries = PendingEntry.objects.count()
    again = load.ensure(at=AT)
    assert [one["password"] for one in again] == [None] * len(accounts.CAST)
    assert PendingEntry.objects.count() == entries


def test_it_goes_in_one_step_and_does_not_come_back(loaded: dict) -> None:
    """With what somebody tried out on it: a visit to one of its customers."""
    alice = User.objects.get(username="alice")
    customer = Customer.objects.filter(simulated=True, status="active").first()
    visit = NewVisit(
        customer_code=customer.code, purpose="年度走访", planned_on=AT.date(), visitor=alice.pk
    )
    plan_visit(visit, actor=of_user(alice), at=AT)
    entries = PendingEntry.objects.count()
    removal.remove(at=AT)
    assert _rows_left() == {}
    assert not DataKey.objects.filter(kind="company", destroyed_at=None).exists()
    assert PendingEntry.objects.count() == entries + 1
    assert company() is None and load.ensure(at=AT) == []
    assert not Company.objects.exists()


def test_what_is_yours_stays(loaded: dict) -> None:
    """A removal that deleted every customer, or every line, fails here."""
    key = DataKey.objects.filter(kind="system").first()
    mine = Customer.objects.create(
        code="MINE", name="我的客户", data_key_id=key.pk, created_at=AT, updated_at=AT
    )
    line = CreditLine.objects.create(customer=mine, currency="CNY", updated_at=AT)
    me = User.objects.create(username="me", name="Me", created_at=AT)
    newest = Rate.objects.filter(base="EUR").latest("day").day
    rate = RateRow(base="EUR", quote="CNY", day=newest, rate=Decimal("7.9"), source="银行")
    record_rates([rate], actor=system("me"), at=AT)  # entered anew: no longer the book's
    removal.remove(at=AT)
    assert [plain(row.rate) for row in Rate.objects.all()] == ["7.9"]
    assert list(Customer.objects.all()) == [mine]
    assert list(CreditLine.objects.all()) == [line]
    assert list(User.objects.all()) == [me]
    assert company() is not None and not company().demonstration


def test_a_load_that_was_interrupted_is_begun_again(loaded: dict, monkeypatch) -> None:
    with connection.cursor() as cursor:  # as if it had stopped before the first order
        for table in ("decisions_override", "decisions_hold", "decisions_decision"):
            cursor.execute(f"delete from {table}")
    assert load.interrupted()
    whole = load.load
    monkeypatch.setattr(load, "load", lambda **given: whole(**given, buyers_max=3))
    told = load.ensure(at=AT)
    assert all(one["password"] for one in told)
    assert Customer.objects.count() == 3 + 3 + 3


def _rows_left() -> dict[str, int]:
    left = {}
    with connection.cursor() as cursor:
        for table in (*removal._ROWS, "people_user", "people_company"):
            cursor.execute(f"select count(*) from {table}")
            if count := cursor.fetchone()[0]:
                left[table] = count
    return left
