"""A real order check, from its answer to an offline proof; and one changed behind its leaf."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from typer.testing import CliRunner

from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.cli import ledger as command
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.ledger import sequencer
from xinheng.ledger.signer import load_signer
from xinheng.operate import database
from xinheng.people.actor import system
from xinheng.vault.actions import destroy_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def decision(transactional_db, settings, monkeypatch):
    monkeypatch.setattr(database, "django_ready", lambda: None)
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_000_00)
    check_orders([ask("PO-1", "C1", 180_000_00)], actor=world.actor("bob"), at=AT)
    signer = load_signer(
        settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR
    )
    with sequencer.connect() as own:
        sequencer.run_once(own, signer, at=AT)
    return Decision.objects.get()


def run(*words):
    return CliRunner().invoke(command.app, [str(word) for word in words])


def test_a_decision_is_proved_offline_down_to_its_exact_answer(decision, settings, tmp_path):
    proof, opening = json.loads(run("proof", decision.pk, "--out", tmp_path, "--json").stdout)[
        "files"
    ]
    key = settings.XINHENG_LEDGER_DIR / "ledger.vkey"
    done = run("verify", proof, "--key", key, "--disclosure", opening, "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["kind"]) == (0, "order_check.decided")
    assert answer["clear"]["outcome"] == "approve" and answer["hidden"] == []
    assert answer["shown"]["answer"] == bytes(decision.answer).decode()
    assert answer["shown"]["customer"] == "C1"


def test_a_decision_changed_behind_its_leaf_is_found(decision):
    assert run("verify", "--rows").exit_code == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "update decisions_decision set answer ="
            " convert_to(replace(convert_from(answer, 'utf8'), 'approve', 'decline'), 'utf8')"
        )
    done = run("verify", "--rows")
    assert done.exit_code == 1 and "field answer" in done.stdout
    assert run("verify").exit_code == 0  # the log itself is untouched


def test_an_erased_customer_does_not_look_like_damage(decision):
    destroy_key(decision.customer.data_key_id, at=AT)
    assert run("verify", "--rows").exit_code == 0


def removed(decision):
    """The row goes with all that hangs on it, as `demo remove` does it."""
    with connection.cursor() as cursor:
        cursor.execute("delete from decisions_decision where id = %s", [decision.pk])


def test_a_decision_removed_with_its_key_is_no_damage(decision):
    # Catches a check that calls every erasure damage: after `demo remove` the log was "damaged".
    removed(decision)
    destroy_key(decision.customer.data_key_id, at=AT)
    done = run("verify", "--rows", "--json")
    assert (done.exit_code, json.loads(done.stdout)["damages"]) == (0, [])


def test_a_decision_that_vanished_without_an_erasure_is_damage(decision):
    removed(decision)
    done = run("verify", "--rows", "--json")
    (damage,) = json.loads(done.stdout)["damages"]
    assert done.exit_code == 1 and "判断记录已不存在" in damage["text"]["zh"]
    assert run("verify").exit_code == 0  # the log by itself is sound


def test_a_decision_without_an_entry_is_found_from_the_other_side(decision):
    # Catches a check from the leaves alone: a row slipped in past the ledger has no leaf.
    Decision.objects.filter(pk=decision.pk).update(entry_id=uuid4())
    done = run("verify", "--rows", "--json")
    found = json.loads(done.stdout)["damages"]
    assert done.exit_code == 1
    assert {"zh": "判断没有对应的存证条目", "en": "the decision has no entry in the ledger"} in [
        one["text"] for one in found
    ]
    assert f"decision {decision.pk}" in [one["where"] for one in found]


def test_a_decision_that_waits_for_the_sequencer_is_recorded(decision):
    waiting = check_orders([ask("PO-2", "C1", 100_00)], actor=system("tests"), at=AT)
    assert waiting[0].status == 200
    assert run("verify", "--rows").exit_code == 0
