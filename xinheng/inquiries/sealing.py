"""Words of outsiders, sealed under the customer's data key, each for its own place.

What is kept is JSON; an envelope that was moved to another row or column does not open. Where the
customer's key was destroyed nothing can be read any more, and readers get None. Worked: the answers
of a registration are sealed for "inquiries_registration.answers_sealed.<its id>".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from xinheng.customers.models import Customer
from xinheng.vault.queries import open_keys, open_living_keys
from xinheng.vault.seal import open_sealed, seal

BYTES_MAX: Final = 200_000


def kept(customer: Customer, table: str, column: str, row_id: UUID, told: Any) -> bytes:
    """The envelope of a JSON value."""
    text = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    if len(text) > BYTES_MAX:
        raise ValueError(f"{len(text)} bytes of answers; at most {BYTES_MAX}")
    key = open_keys([customer.data_key_id])[customer.data_key_id]
    return seal(key, _place(table, column, row_id), text)


def opened(customer: Customer, table: str, column: str, row_id: UUID, sealed: Any) -> Any:
    """What was kept; None where nothing was, or where its key is gone."""
    if sealed is None:
        return None
    keys = open_living_keys([customer.data_key_id])
    if customer.data_key_id not in keys:
        return None
    key = keys[customer.data_key_id]
    return json.loads(open_sealed(key, _place(table, column, row_id), bytes(sealed)))


def _place(table: str, column: str, row_id: UUID) -> str:
    return f"inquiries_{table}.{column}.{row_id}"


def all_opened(table: str, column: str, rows: Iterable[tuple[UUID, UUID, Any]]) -> dict[UUID, Any]:
    """Of many rows (data key, row, envelope) at once; what can't be read any more is absent."""
    asked = [row for row in rows if row[2] is not None]
    keys = open_living_keys({key_id for key_id, _, _ in asked}) if asked else {}
    return {
        row_id: json.loads(open_sealed(keys[key_id], _place(table, column, row_id), bytes(sealed)))
        for key_id, row_id, sealed in asked
        if key_id in keys
    }
