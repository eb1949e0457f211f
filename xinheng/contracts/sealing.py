"""The one name of an outsider in a contract, sealed under the customer's data key.

Who signed for the customer is a person; with the customer's key destroyed the name can't be read,
and readers get "". An envelope that was moved to another contract does not open.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from xinheng.customers.models import Customer
from xinheng.vault.queries import open_keys, open_living_keys
from xinheng.vault.seal import open_sealed, seal


def kept(customer: Customer, contract_id: UUID, name: str) -> bytes | None:
    """The envelope of a name; None for none."""
    if not name:
        return None
    key = open_keys([customer.data_key_id])[customer.data_key_id]
    return seal(key, _place(contract_id), name.encode())


def opened(customer: Customer, contract_id: UUID, sealed: Any) -> str:
    """The name; "" where there is none or its key is gone."""
    keys = open_living_keys([customer.data_key_id]) if sealed is not None else {}
    if customer.data_key_id not in keys:
        return ""
    found = open_sealed(keys[customer.data_key_id], _place(contract_id), bytes(sealed))
    return found.decode()


def _place(contract_id: UUID) -> str:
    return f"contracts_contract.their_signatory_sealed.{contract_id}"
