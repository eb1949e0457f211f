"""The scene of the security tests: the whole cast, a customer in each unit, an order that was
approved and one that waits, a granted limit, an import of a colleague's, a signed ledger.

Everything happens in one transaction that is taken back at the end, and each cell of the matrix in
a savepoint of its own, so thousands of requests leave the scene as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tests.dossiers.corpus import png
from tests.learning.test_prepare import rows_of
from tests.limits.proposals import suggest
from tests.modelling.assessed import challenger as challenging
from tests.modelling.rated import scored
from tests.web.pages import buyer, signed_in
from tests.web.papers.rows import printed
from tests.world import AT, PASSWORD, World, ask, make_world
from xinheng.applications.letters import put_letter
from xinheng.applications.models import (
    Application,
    IncreaseOffer,
    RegradeProposal,
    Review,
    Seat,
    Snapshot,
    Stage,
)
from xinheng.applications.models import Proposal as PutForward
from xinheng.contracts.actions import record_contract
from xinheng.contracts.rows import NewContract
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, GradeOverride, Notice
from xinheng.dossiers.facts import enter_fact, verify_fact
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.models import ConflictCase
from xinheng.dossiers.rows import NewFact, StatementRow
from xinheng.dossiers.statement_filing import file_statement
from xinheng.dossiers.uploads import check_upload
from xinheng.inquiries.links import NewLink, make_link
from xinheng.inquiries.models import BureauQuery, Registration
from xinheng.inquiries.referring import NewReference, ask_reference
from xinheng.inquiries.registering import begin, guest_with
from xinheng.inquiries.visiting import NewVisit, Taken, add_photo, plan_visit
from xinheng.intake.models import ImportBatch
from xinheng.learning.preparing import Wish
from xinheng.ledger.sequencer import run_once
from xinheng.ledger.signer import load_signer
from xinheng.limits.conditions import usual
from xinheng.limits.held_back import nobody
from xinheng.limits.models import Proposal
from xinheng.limits.proposing import grant_proposals
from xinheng.modelling.ahp_studies import make_study
from xinheng.modelling.expert_runs import record_run
from xinheng.modelling.samples import keep_file
from xinheng.modelling.training import ask_training, train_next
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import Deputy, SavedView, User
from xinheng.people.queries import today
from xinheng.relations.actions import record_talk
from xinheng.relations.rows import NewTalk
from xinheng.texts import T

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = ("EAST", "WEST")
NOBODY = UUID(int=0)
TRIED = {"mapping": {}, "default_currency": None, "date_order": "", "skip_bad": False}


@dataclass
class Scene:
    """Rows by unit, and a client per person."""

    world: World
    clients: dict[str, Client]
    approved: dict[str, Decision]
    held: dict[str, Decision]
    granted_at: dict[str, datetime]
    batch: ImportBatch
    trials: dict[str, ImportBatch]
    deputy: Deputy
    views: dict[str, SavedView]  # one of each person's own
    notices: dict[str, Notice]
    documents: dict[str, UUID]
    asked: dict[str, dict[str, UUID]]  # by unit: a link, a registration, a reference
    statements: dict[str, int]  # one of each unit's first customer
    waiting: dict[str, int]  # a fact of each unit's first customer that waits to be verified
    cases: dict[str, int]  # an open conflict case of each
    visits: dict[str, tuple[UUID, int]]  # a planned visit of each unit, and a photo of it
    kept: dict[str, dict[str, UUID]]  # by unit: a draft of a contract, a talk to follow up
    looks: dict[str, dict[str, int]]  # by unit: a review, an offer that was made, a regrade
    runs: dict[str, int]  # of an expert model by alice, on each unit's first customer
    study: int  # weights to be compared, made by alice
    challenger: int  # a model that scores beside the live card
    sample: int  # rows with outcomes, to learn models from
    taught: int  # a model learnt from them, a draft
    facts: dict[str, int]  # one that stands in the file of each unit's first customer
    papers: dict[str, Any]  # by unit: a granted limit, a wish; a model, an entry of a paper
    voices: dict[str, tuple[str, int, int]]  # an application with a committee's seat and stage
    letters: dict[str, int]  # of each unit's wish, not handed over yet


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens inside is undone, also what thinks that it has been committed for good."""
    inside = transaction.atomic()
    inside._from_testcase = True  # so that `durable` blocks may open within
    with inside:
        yield
        transaction.set_rollback(True)


def set_scene(folder: Path) -> Scene:
    world = make_world()
    for name, role, unit in [("chen", "collector", "EAST"), ("adam", "admin", None)]:
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=[role],
            unit_code=unit,
            sees_all_units=unit is None,
            actor=system("tests"),
            at=AT,
        )
    people = {name: User.objects.get(username=name) for name in _NAMES}
    approved, held, granted_at = {}, {}, {}
    for place, unit in enumerate(UNITS):
        seller = "bob" if unit == "EAST" else "eve"
        code = f"{unit}-1"
        buyer(code, world.units[unit], 1_000_00, name=f"{unit}建材")
        check_orders(
            [ask(f"{unit}-ok", code, 10_00), ask(f"{unit}-held", code, 9_000_00)],
            actor=world.actor(seller),
        )
        approved[unit] = Decision.objects.get(order_ref=f"{unit}-ok")
        held[unit] = Decision.objects.get(order_ref=f"{unit}-held")
        granted_at[unit] = _granted(world, unit, place)
    _signed(folder)
    clients = {"": Client()} | {name: signed_in(user) for name, user in people.items()}
    trials = {name: _batch_of(people[name], "trial", TRIED) for name in ("chen", "alice")}
    batch = _batch_of(people["alice"], "done", {})
    (folder / "errors.csv").write_text("a,b\n")
    ImportBatch.objects.update(errors_file="errors.csv")
    deputy = Deputy.objects.create(
        person=people["alice"],
        deputy=User.objects.get(username="root"),
        valid_from=AT.date(),
        valid_until=date(2099, 1, 1),
        entered_by="tests",
        entered_at=AT,
    )
    views, notices = {}, {}
    for name, user in people.items():
        views[name] = SavedView.objects.create(user=user, page="holds", name="其一", saved_at=AT)
        order = held["WEST" if name == "eve" else "EAST"]
        notices[name] = Notice.objects.create(user=user, kind="held", decision=order, told_at=AT)
    papers = {unit: _filed(world, f"{unit}-1") for unit in UNITS}
    known = {unit: _known(world, f"{unit}-1") for unit in UNITS}
    own = {"deputy": deputy, "views": views, "notices": notices, "documents": papers}
    own["asked"] = {unit: _asked(world, unit) for unit in UNITS}
    own["visits"] = {unit: _visited(world, unit) for unit in UNITS}
    own["facts"] = known
    own["kept"] = {unit: _kept(world, unit) for unit in UNITS}
    own["waiting"] = {unit: _entered(world, unit, "许可证", "trade_permit") for unit in UNITS}
    own["cases"] = {unit: _disputed(world, unit) for unit in UNITS}
    own["runs"] = {unit: _rated(world, f"{unit}-1") for unit in UNITS}
    own["looks"] = {unit: _looked(unit) for unit in UNITS}
    own["challenger"] = challenging().pk
    own["sample"], own["taught"] = _sampled(world)
    own["study"] = make_study("权重", "6c", actor=world.actor("alice"), at=AT).pk
    own["statements"] = {unit: _stated(world, f"{unit}-1") for unit in UNITS}
    own["papers"] = printed(world)
    own["letters"] = {unit: _told(own["papers"][unit]["wish"]) for unit in UNITS}
    own["voices"] = {unit: _asked_to_vote(f"{unit}-2") for unit in UNITS}
    return Scene(world, clients, approved, held, granted_at, batch, trials, **own)


_NAMES = ("bob", "eve", "chen", "dora", "alice", "adam")


def _sampled(world: World) -> tuple[int, int]:
    """A small file with outcomes, and a card of it."""
    alice, wish = world.actor("alice"), Wish("late", drop=("firm",))
    sample = keep_file("样本", "rows.csv", rows_of(400).encode(), wish, actor=alice, at=AT)
    asked = ask_training(sample.pk, "scorecard", "试卡", actor=alice, at=AT)
    train_next(lambda: AT)
    asked.refresh_from_db()
    return sample.pk, asked.model.pk


def _granted(world: World, unit: str, place: int) -> datetime:
    """A proposal for the unit's second customer, granted at an instant of its own."""
    at = AT + timedelta(minutes=place)
    customer = buyer(f"{unit}-2", world.units[unit], None)
    suggest(customer, 500_00)
    ids = list(Proposal.objects.filter(customer=customer).values_list("pk", flat=True))
    done = grant_proposals(
        ids,
        held_back=nobody,
        valid_from=date(2026, 11, 20),
        valid_until=date(2027, 6, 30),
        conditions=usual(),
        actor=world.actor("alice"),
        at=at,
    )
    assert done.lines
    return at


def _told(number: str) -> int:
    """A letter of a wish that nobody has handed over."""
    row = Application.objects.get(number=number)
    text = T("暂不能提供。", "Not now.")
    made = put_letter(row.customer, "refusal", text, application=row, by="system:x", at=AT)
    return int(made.pk)


def _asked_to_vote(code: str) -> tuple[str, int, int]:
    """An application that lies before a committee: its number, a seat, the stage."""
    fields: dict[str, Any] = {"currency": "CNY", "asked_minor": 1, "asked_terms_days": 30}
    fields |= {"source": "sales", "kind": "new", "state": "deciding", "applied_by": "user:0"}
    row = Application.objects.create(
        number=f"SX-V-{code}",
        customer=Customer.objects.get(code=code),
        created_at=AT,
        state_since=AT,
        **fields,
    )
    group = {"now": {"currency": "CNY", "total_minor": 1, "members": 1}}
    limits = {"methods": [], "red_lines": [], "limit_minor": None, "currency": "CNY"}
    file = {"complete_bps": None, "gaps": None, "conflicts": 0, "waiting": 0}
    payload = {"rating": {"grade": "BB", "model_grade": "BB", "override": None}, "group": group}
    payload |= {"assessment": {"points": None, "unverified": [], "reasons": []}, "file": file}
    told = json.dumps(payload | {"limits": limits, "overdue": [], "as_of": "2026-11-20"}).encode()
    seen = Snapshot.objects.create(
        application=row, number=1, payload=told, sha256=b"x" * 32, made_at=AT
    )
    day = AT.date()
    asked = {"verdict": "grant", "amount_minor": 1, "terms_days": 30, "why": "many years"}
    put = PutForward.objects.create(
        application=row, snapshot=seen, valid_from=day, valid_until=day, made_at=AT, **asked
    )
    stage = Stage.objects.create(proposal=put, order=1, mode="committee", state="open", quorum=1)
    seat = Seat.objects.create(stage=stage, order=10, person=User.objects.get(username="root"))
    return row.number, seat.pk, stage.pk


def _filed(world: World, code: str) -> UUID:
    new = NewDocument(customer_code=code, kind="licence", title="营业执照", secrecy=2)
    upload = check_upload("执照.csv", b"a,b")
    paper = add_document(new, upload, actor=world.actor("alice"), at=AT)
    BureauQuery.objects.create(  # as if it were a consent under which a bureau was asked
        id=uuid4(),
        customer=Customer.objects.get(code=code),
        bureau="tianyancha",
        product="baseinfo",
        purpose="review",
        legal_basis="consent",
        consent_id=paper,
        asked_by="tests",
        asked_at=AT,
        outcome="failed",
    )
    return paper


def _stated(world: World, code: str) -> int:
    row = StatementRow(
        customer_code=code,
        period_end=date(2025, 12, 31),
        currency="CNY",
        standard="cas",
        lines={"cash": 100, "short_term_loans": 40, "paid_in_capital": 60},
        source="审计报告",
    )
    return file_statement(row, actor=world.actor("alice"), at=AT)


def _rated(world: World, code: str) -> int:
    alice = world.actor("alice")
    return record_run(code, "6c", "shipped", scored("6c"), AT.date(), actor=alice, at=AT).pk


def _known(world: World, code: str) -> int:
    new = NewFact(
        customer_code=code,
        field="registered_address",
        value="上海市",
        source="营业执照",
        reliability="A",
    )
    fact = enter_fact(new, actor=world.actor("bob" if code.startswith("EAST") else "eve"), at=AT)
    verify_fact(fact, "public_record", 80, actor=world.actor("alice"), at=AT)
    return fact


def _entered(world: World, unit: str, source: str, field: str, value: str = "甲") -> int:
    new = NewFact(
        customer_code=f"{unit}-1", field=field, value=value, source=source, reliability="B"
    )
    return enter_fact(new, actor=world.actor("bob" if unit == "EAST" else "eve"), at=AT)


def _disputed(world: World, unit: str) -> int:
    """Two sources that disagree about what is bought."""
    for source, value in (("合同", "水泥"), ("来函", "熟料")):
        fact = _entered(world, unit, source, "goods_bought", value)
        verify_fact(fact, "third_party", 80, actor=world.actor("alice"), at=AT)
    return ConflictCase.objects.get(customer__code=f"{unit}-1").pk


def _asked(world: World, unit: str) -> dict[str, UUID]:
    """What outsiders are asked: a link, a registration that was handed in, an open reference."""
    at = timezone.now()
    seller = world.actor("bob" if unit == "EAST" else "eve")
    link = make_link(NewLink("register", world.units[unit]), actor=seller, at=at).link
    told = {"name": f"{unit}新户", "code": "91350100M000100Y43"}
    row = begin(link.pk, told, actor=guest_with(link), at=at).registration
    Registration.objects.filter(pk=row.pk).update(
        state="submitted", submitted_at=at, consented_at=at, consent_version="1"
    )
    due = at.date() + timedelta(days=7)
    new = NewReference(f"{unit}-1", "trade", "同行", "", "", "评估", due)
    reference = ask_reference(new, actor=seller, at=at).reference
    return {"link": link.pk, "registration": row.pk, "reference": reference.pk}


def _looked(unit: str) -> dict[str, int]:
    """What waits for a person about a customer: a review, more credit offered, another grade."""
    customer, at = Customer.objects.get(code=f"{unit}-1"), timezone.now()
    day = today(at)
    review = Review.objects.create(
        customer=customer, cause="event", about="overdue", due_on=day, made_at=at
    )
    figures: dict[str, Any] = {"usage_days": 90, "usage_pct": "80.00", "payment_index": "90.00"}
    figures |= {"days_late_max": 0, "grade": "A", "complete_bps": 9000, "suggested_minor": 3}
    offer = IncreaseOffer.objects.create(
        customer=customer,
        currency="CNY",
        from_minor=1,
        to_minor=2,
        reasons=figures,
        state="offered",
        valid_until=day,
        made_at=at,
    )
    grade = RegradeProposal.objects.create(
        customer=customer, from_grade="BBB", to_grade="BB", evidence={"oldest_dpd": 61}, made_at=at
    )
    asked = GradeOverride.objects.create(
        customer=customer,
        model_grade="BBB",
        grade="A",
        notches=1,
        reason="its parent vouches",
        valid_until=day,
        asked_by=User.objects.get(username="alice"),
        asked_at=at,
    )
    told = {"review": review.pk, "offer": offer.pk, "regrade": grade.pk}
    return told | {"other_grade": asked.pk}


def _kept(world: World, unit: str) -> dict[str, UUID]:
    """A draft of a contract without its paper, and a talk that is to be followed up."""
    seller = world.actor("bob" if unit == "EAST" else "eve")
    at = timezone.now()
    day = today(at)
    new = NewContract(number="K-1", kind="frame", title="框架", valid_from=day)
    contract = record_contract(f"{unit}-1", new, actor=seller, at=at)
    told: dict[str, Any] = {"customer_code": f"{unit}-1", "day": day, "follow_up_on": day}
    call = NewTalk(kind="call", concerns="payment", subject="催收", **told)
    return {"contract": contract.pk, "talk": record_talk(call, actor=seller, at=at).pk}


def _visited(world: World, unit: str) -> tuple[UUID, int]:
    """A visit on the calendar of the unit's seller and Alice, with a photo."""
    seller = world.actor("bob" if unit == "EAST" else "eve")
    at = timezone.now()
    told: dict[str, Any] = {
        "customer_code": f"{unit}-1",
        "purpose": "复评",
        "visitor": seller.person(),
    }
    told["companions"] = (world.alice.pk,)
    visit = plan_visit(NewVisit(planned_on=today(at), **told), actor=seller, at=at)
    photo = check_upload("a.png", png(width=3 if unit == "EAST" else 4))
    return visit, add_photo(visit, photo, "", Taken("person"), actor=seller, at=at)


def _signed(folder: Path) -> None:
    signer = load_signer(settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, folder)
    connection.ensure_connection()
    while run_once(connection.connection, signer, at=AT):
        pass


def _batch_of(user: User, state: str, options: dict[str, Any]) -> ImportBatch:
    return ImportBatch.objects.create(
        kind="invoices",
        file_name="发票.csv",
        file_sha256="0" * 64,
        state=state,
        started_by=user,
        started_at=AT,
        options=options,
    )


def written() -> int:
    """Rows that this transaction has inserted, changed or deleted so far, in all tables of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
            " from pg_stat_xact_user_tables where relname <> 'django_session'"
        )
        return int(cursor.fetchone()[0])
