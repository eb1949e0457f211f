"""One version of a policy governs, it was approved first, and its body never changes afterwards."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from xinheng.credit import policy as core
from xinheng.credit import scorecard
from xinheng.ledger.models import PendingEntry
from xinheng.people import actions as people
from xinheng.people.actor import of_user, system
from xinheng.policies import actions, bodies, queries
from xinheng.policies.models import Policy
from xinheng.policies.refusals import PolicyRefusal
from xinheng.refusals import Refused

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SYSTEM = system("test")

pytestmark = pytest.mark.django_db


def test_the_shipped_versions_govern_after_set_up_and_adopting_twice_changes_nothing() -> None:
    assert actions.adopt_shipped(actor=SYSTEM, at=AT) == len(bodies.KINDS)
    assert actions.adopt_shipped(actor=SYSTEM, at=AT) == 0
    assert PendingEntry.objects.count() == len(bodies.KINDS)
    assert {policy.kind for policy in queries.all_versions()} == set(bodies.KINDS)


def test_what_the_database_keeps_is_what_the_core_ships() -> None:
    actions.adopt_shipped(actor=SYSTEM, at=AT)
    assert core.load(queries.live("order_check").body) == core.shipped()
    assert scorecard.load(queries.live("scorecard").body) == scorecard.shipped()


def test_nothing_governs_before_somebody_says_so() -> None:
    assert queries.live("order_check") is None


def test_a_new_version_retires_the_one_before_it() -> None:
    actions.adopt_shipped(actor=SYSTEM, at=AT)
    first = queries.live("order_check")
    second = actions.draft("order_check", first.body, actor=SYSTEM, at=AT)
    assert second.version == first.version + 1
    actions.approve(second.pk, actor=SYSTEM, at=AT)
    actions.go_live(second.pk, actor=SYSTEM, at=AT)
    assert queries.live("order_check").pk == second.pk
    assert queries.version_of(first.pk).status == "retired"
    assert queries.version_of(first.pk).body == first.body


def test_a_draft_is_not_yet_a_rule() -> None:
    actions.adopt_shipped(actor=SYSTEM, at=AT)
    made = actions.draft("assessment", queries.live("assessment").body, actor=SYSTEM, at=AT)
    with pytest.raises(Refused) as refused:
        actions.go_live(made.pk, actor=SYSTEM, at=AT)
    assert refused.value.code is PolicyRefusal.NOT_APPROVED


def test_a_policy_is_approved_once() -> None:
    made = actions.draft("assessment", bodies.shipped_body("assessment"), actor=SYSTEM, at=AT)
    actions.approve(made.pk, actor=SYSTEM, at=AT)
    with pytest.raises(Refused) as refused:
        actions.approve(made.pk, actor=SYSTEM, at=AT)
    assert refused.value.code is PolicyRefusal.NOT_A_DRAFT


def _unsupplied() -> dict:
    body = bodies.shipped_body("order_check")
    body["sources"]["grade"] = "a bureau that is not connected"
    return body


def _lenient_scale() -> dict:
    body = bodies.shipped_body("scale")
    body["grades"][0]["score_above"] = "1.00"
    return body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("order_check", {"name": "order_check", "version": 1}),
        ("order_check", _unsupplied()),
        ("scorecard", {}),
        ("scale", _lenient_scale()),
        ("assessment", {"rating_valid_days": 0}),
        ("assessment", bodies.shipped_body("assessment") | {"rating_valid_days": 1.5}),
    ],
)
def test_a_body_that_can_not_be_used_is_refused(kind: str, body: dict) -> None:
    with pytest.raises(Refused) as refused:
        actions.draft(kind, body, actor=SYSTEM, at=AT)
    assert refused.value.code is PolicyRefusal.BODY_UNUSABLE
    assert not Policy.objects.exists()


def test_two_live_versions_are_impossible_whatever_the_code_believes() -> None:
    # Without the unique index policy_one_live this row would be accepted.
    actions.adopt_shipped(actor=SYSTEM, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.create(
            kind="order_check", name="rogue", version=9, status="live", body={}, created_at=AT
        )


def test_a_seller_changes_no_policy() -> None:
    people.set_up("信衡", "CNY", "Asia/Shanghai", "admin", "a long phrase 77", actor=SYSTEM, at=AT)
    bob = people.create_user(
        "bob", "a long phrase 77", actor=SYSTEM, at=AT, name="Bob", roles=["sales"]
    )
    with pytest.raises(Refused) as refused:
        actions.draft("assessment", bodies.shipped_body("assessment"), actor=of_user(bob), at=AT)
    assert refused.value.code is PolicyRefusal.NOT_PERMITTED
