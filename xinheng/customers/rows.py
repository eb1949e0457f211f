"""The row that a file, an ERP or the demonstration book hands to this room: a plain frozen value.

`None` and empty text mean "not told": they never erase what is known. Example: a row with code
"C-7" and city "重庆" changes the city and leaves name, status and USCC as they are.
"""

from __future__ import annotations

from msgspec import Struct

STATUSES = ("active", "watch", "blocked", "closed")


class CustomerRow(Struct, frozen=True, kw_only=True):
    code: str
    name: str = ""
    name_en: str = ""
    uscc: str = ""
    country: str = ""
    city: str = ""
    industry: str = ""
    status: str = ""
    business_unit_code: str = ""
    other_names: tuple[str, ...] = ()
    simulated: bool = False
    source: str = ""
