"""The data files that ship beside the rules: cards, scales, bands, currencies.

They are part of the release, like the code (an installation's own versions live in its database),
so each is read once and kept. Every number is read as int or `Decimal`: a float never enters a
rule by way of a JSON file.
"""

import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@lru_cache(maxsize=64)
def document(name: str) -> Any:
    """The shipped file `name` (such as "cards/behaviour_v1.json"). Callers treat the result as
    read-only.
    """
    return json.loads((_HERE / name).read_text(encoding="utf-8"), parse_float=Decimal)
