"""A real order check, from its answer to an offline proof; and one changed behind its leaf."""

import json

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
