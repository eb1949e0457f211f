"""What was said and with whom, sealed under the customer's data key, each text for its own place.

With the customer's key destroyed nothing can be read any more, and readers get "…". An envelope
that was moved to another row or column does not open. Keys of many customers open in one question.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xinheng.customers.models import Customer
from xinheng.relations.models import Talk
from xinheng.vault.queries import open_keys, open_living_keys
from xinheng.vault.seal import open_sealed, seal


def kept(customer: Customer, column: str, row_id: object, text: str) -> bytes | None:
    """The envelope of a text; None for none."""
    if not text:
        return None
    key = open_keys([customer.data_key_id])[customer.data_key_id]
    return seal(key, _place(column, row_id), text.encode())


def keys_of(talks: Iterable[Talk]) -> dict[Any, Any]:
    """The keys that still live, of the customers of these talks."""
    return open_living_keys({one.customer.data_key_id for one in talks})


def opened(keys: dict[Any, Any], talk: Talk, column: str, row_id: object, sealed: Any) -> str:
    """A text; "" where there is none, "…" where its key is gone."""
    if sealed is None:
        return ""
    key = keys.get(talk.customer.data_key_id)
    if key is None:
        return "…"
    return open_sealed(key, _place(column, row_id), bytes(sealed)).decode()


def _place(column: str, row_id: object) -> str:
    return f"relations.{column}.{row_id}"
