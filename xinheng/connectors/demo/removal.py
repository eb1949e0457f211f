"""The demonstration book goes in one step: everything it made, in one transaction, from the top
floor down.

This is the one place that deletes rows of every room, and only rows of customers marked as
simulated; a customer of your own stays, with all that belongs to it. Ledger entries stay (nothing
ever leaves the ledger), but the data keys of the removed companies are destroyed, so that what the
entries commit to can't be read any more. Batches, decisions, lines and users of the demonstration
go. Without a user of your own the company row goes too, and the next start asks for the first
administrator.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from xinheng.connectors.demo import accounts
from xinheng.connectors.demo.quoting import SOURCE
from xinheng.ledger.actions import append_one
from xinheng.people import queries as people
from xinheng.people.models import User
from xinheng.vault.queries import open_key_cache

# Top room first; `gone` holds the simulated customers, `gone_line` their lines.
_ROWS = {
    # a review or an offer may name the application that it became
    **dict.fromkeys(
        (
            *("applications_review", "applications_increaseoffer"),
            "applications_regradeproposal",
        ),
        "customer_id in {c}",
    ),
    **dict.fromkeys(
        ("applications_minutes", "applications_seat"),
        "stage_id in (select s.id from applications_stage s"
        " join applications_proposal p on p.id = s.proposal_id"
        " join applications_application a on a.id = p.application_id where a.customer_id in {c})",
    ),
    "applications_stage": (
        "proposal_id in (select p.id from applications_proposal p"
        " join applications_application a on a.id = p.application_id where a.customer_id in {c})"
    ),
    **dict.fromkeys(
        (
            *("applications_proposal", "applications_snapshot", "applications_task"),
            "applications_step",
        ),
        "application_id in (select id from applications_application where customer_id in {c})",
    ),
    "applications_letter": "customer_id in {c}",
    "applications_application": "customer_id in {c}",
    "modelling_expertrun": "customer_id in {c}",
    "modelling_shadowscore": "customer_id in {c}",
    "decisions_override": (
        "decision_id in (select id from decisions_decision where customer_id in {c})"
    ),
    "decisions_notice": (
        "customer_id in {c}"
        " or decision_id in (select id from decisions_decision where customer_id in {c})"
    ),
    **dict.fromkeys(
        ("decisions_recheck", "decisions_reviewrequest"),
        "decision_id in (select id from decisions_decision where customer_id in {c})",
    ),
    "decisions_hold": "customer_id in {c}",
    "decisions_decision": "customer_id in {c}",
    "decisions_rating": "customer_id in {c}",
    "decisions_gradeoverride": "customer_id in {c}",
    "decisions_assessment": "customer_id in {c}",
    "contracts_contract": "customer_id in {c}",
    "relations_followup": "talk_id in (select id from relations_talk where customer_id in {c})",
    "relations_talk": "customer_id in {c}",
    "inquiries_visitphoto": "visit_id in (select id from inquiries_visit where customer_id in {c})",
    **dict.fromkeys(
        (
            *("inquiries_visit", "inquiries_bureauquery", "inquiries_bureaureport"),
            *("inquiries_reference", "inquiries_registration", "inquiries_consentwithdrawal"),
        ),
        "customer_id in {c}",
    ),
    **dict.fromkeys(
        ("dossiers_documentaccess", "dossiers_documentpiece"),
        "document_id in (select id from dossiers_document where customer_id in {c})",
    ),
    "dossiers_document": "customer_id in {c}",
    "dossiers_statement": "customer_id in {c}",
    "dossiers_conflictcase": "customer_id in {c}",
    "dossiers_factentry": "fact_id in (select id from dossiers_fact where customer_id in {c})",
    "dossiers_fact": "customer_id in {c}",
    "dossiers_filestanding": "customer_id in {c}",
    "receivables_allocation": (
        "invoice_id in (select id from receivables_invoice where customer_id in {c})"
    ),
    "receivables_receipt": "customer_id in {c}",
    "receivables_invoice": "customer_id in {c}",
    "receivables_order": "customer_id in {c}",
    "receivables_delivery": "customer_id in {c}",
    "receivables_orderchain": "customer_id in {c}",
    "receivables_bill": "customer_id in {c}",
    "receivables_guarantee": "customer_id in {c}",
    "receivables_quarantined": ("batch_id in (select id from intake_importbatch where simulated)"),
    "limits_proposal": "customer_id in {c}",
    "limits_reservationlevel": (
        "line_id in {l} or reservation_id in (select id from limits_reservation"
        " where line_id in {l})"
    ),
    "limits_reservation": "line_id in {l}",
    "limits_movement": "line_id in {l}",
    "limits_opendue": "line_id in {l}",
    "limits_orderdue": "line_id in {l}",
    "limits_disputeddue": "line_id in {l}",
    "limits_datedlimit": "line_id in {l}",
    "limits_cover": "line_id in {l}",
    "limits_creditline": "customer_id in {c}",
    "customers_contact": "customer_id in {c}",
    "customers_othername": "customer_id in {c}",
    "customers_identity": "customer_id in {c}",
    "customers_alikepair": "one_id in {c} or other_id in {c}",
    "customers_control": "owner_id in {c} or owned_id in {c}",
    "customers_merge": "alias_id in {c} or survivor_id in {c}",
    "customers_customer": "id in {c}",
    "almanac_rate": f"source = '{SOURCE}'",  # one that a person entered anew has another
    "intake_change": "batch_id in (select id from intake_importbatch where simulated)",
    "intake_importbatch": "simulated",
}
_CUSTOMERS = "(select id from gone)"
_LINES = "(select id from gone_line)"


def remove(*, at: datetime) -> dict[str, int]:
    """Remove it all; returns how many rows went, by table. Harmless when nothing is left."""
    with transaction.atomic(), connection.cursor() as cursor:
        _choose(cursor)
        keys = _destroy_keys(cursor, at)
        removed = {"data_keys": keys}
        for table, rows in _ROWS.items():
            cursor.execute(f"delete from {table} where {rows.format(c=_CUSTOMERS, l=_LINES)}")
            if cursor.rowcount:
                removed[table] = cursor.rowcount
        removed |= _remove_people(cursor)
        append_one("demonstration.removed", {"data_keys": keys}, {}, at=at)
    accounts.forget_sealed()
    open_key_cache.clear()
    people.forget()
    return removed


def _choose(cursor: Any) -> None:
    cursor.execute(
        "create temp table gone on commit drop as"
        " select id, data_key_id from customers_customer where simulated"
    )
    cursor.execute(
        "create temp table gone_line on commit drop as"
        " select id from limits_creditline where customer_id in (select id from gone)"
    )
    # The book's own triggers and locks: nobody may draw on a line while it goes.
    cursor.execute(
        "select id from limits_creditline where id in (select id from gone_line)"
        " order by id for update"
    )


def _destroy_keys(cursor: Any, at: datetime) -> int:
    """All companies' and their contacts' keys at once; `vault.actions.destroy_key` does one."""
    cursor.execute(
        "update vault_datakey set wrapped = '', destroyed_at = %s where destroyed_at is null and id"
        " in (select data_key_id from gone union select data_key_id from customers_contact"
        " where customer_id in (select id from gone))",
        [at],
    )
    count: int = cursor.rowcount
    return count


def _remove_people(cursor: Any) -> dict[str, int]:
    """The cast, as far as nothing of yours refers to them (those are switched off instead)."""
    cursor.execute(
        "delete from people_apikey where owner_id in"
        " (select id from people_user where demonstration)"
    )
    keys = cursor.rowcount
    cursor.execute(
        "delete from people_deputy where person_id in (select id from people_user where"
        " demonstration) and deputy_id in (select id from people_user where demonstration)"
    )
    gone = switched_off = 0
    for user in User.objects.filter(demonstration=True):
        try:
            with transaction.atomic():
                user.roles.clear()
                user.delete()
                gone += 1
        except (IntegrityError, ProtectedError):
            User.objects.filter(pk=user.pk).update(is_active=False)
            switched_off += 1
    if not User.objects.filter(demonstration=False).exists():
        cursor.execute("delete from people_company")
    else:
        cursor.execute("update people_company set demonstration = false")
    return {"people_user": gone, "users_switched_off": switched_off, "people_apikey": keys}
