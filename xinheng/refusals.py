"""A refusal: the request can't be carried out, and nothing was changed.

It is one of three kinds of trouble that are never mixed (house.md §3): a *verdict* is a value that
a decision returns; a *refusal* is raised by an action with a code from its room's enum; a broken
*invariant* is a bug and raises whatever it raises. Doors turn refusals into HTTP, exit codes or
form errors in one place each.
"""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class Refused(Exception):
    """An action refused; `code` is a room's enum member whose value is a bilingual text."""

    def __init__(self, code: Enum, **fields: object) -> None:
        self.code = code
        text = code.value
        self.text: T = text.format(**fields) if fields else text
        super().__init__(f"{code.name}: {self.text.en}")
