"""Which column is which field: by header names in Chinese and English, a profile, or a mapping.

The header row is the first of the file's first rows in which the required columns are found, so
that a title above the table does no harm. Two columns that both look like one field are never
chosen between: the person names one. A mapping "number=row,issued_on=due_in_date" overrides both
names and profiles, field by field. Example: 单据编号, Invoice No. and invoice_number are `number`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from xinheng.connectors.files import fields
from xinheng.connectors.files.field import Field
from xinheng.connectors.files.fields import FIELDS, field_of
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.connectors.files.values import text
from xinheng.refusals import Refused

HEADER_ROWS_MAX = 20
_FOLDER = Path(__file__).parent
_BRACKET = re.compile(r"[(\[【].*?[)\]】]\s*$")


class Source(Struct, frozen=True):
    """Where a field's values stand: a column, and what a profile says must be done to them.

    empty: the value of an empty cell; strip: an ending that a number carries by mistake (".0");
    minus_days: another column whose days are subtracted, where it has any.
    """

    column: int
    header: str
    empty: str = ""
    strip: str = ""
    minus_days: int | None = None


class Layout(Struct, frozen=True):
    """The columns of a file: row number of the header, a source per field, what was not used."""

    header_row: int  # as the file counts, from 1
    headers: list[str]
    sources: dict[str, Source]
    profile: str = ""

    @property
    def unused(self) -> list[str]:
        used = {source.column for source in self.sources.values()}
        return [h for i, h in enumerate(self.headers) if h and i not in used]


def plain(header: Any) -> str:
    """Letters and digits only, one width, small: "Invoice No." → "invoiceno"."""
    folded = unicodedata.normalize("NFKC", text(header)).casefold()
    return "".join(character for character in folded if character.isalnum())


def find(kind: str, rows: list[list[Any]], mapping: dict[str, str] | None = None) -> Layout:
    """The layout of a file. Refuses COLUMNS_MISSING, COLUMN_TWICE, MAPPING_WRONG, EMPTY."""
    first: Layout | None = None
    for position, row in enumerate(rows[:HEADER_ROWS_MAX]):
        headers = [text(cell) for cell in row]
        if sum(bool(header) for header in headers) < 2:
            continue
        layout = _layout(kind, position + 1, headers, mapping or {})
        if not missing(kind, layout.sources):
            _check_mapping(kind, headers, mapping or {})
            return layout
        first = first or layout
    if first is None:
        raise Refused(FileRefusal.EMPTY)
    _check_mapping(kind, first.headers, mapping or {})
    names = "; ".join(_named(kind, field) for field in missing(kind, first.sources))
    found = ", ".join(header for header in first.headers if header)[:400]
    raise Refused(FileRefusal.COLUMNS_MISSING, missing=names, found=found)


def missing(kind: str, sources: dict[str, Source]) -> list[Field]:
    return [
        field
        for field in FIELDS[kind]
        if field.required
        and field.name not in sources
        and not any(other in sources for other in field.unless)
    ]


def _named(kind: str, field: Field) -> str:
    """A missing field with headers that would do."""
    would_do = [field.label.zh, field.label.en, *aliases(kind).get(field.name, [])]
    return f"{field.label.zh} {field.label.en} ({', '.join(dict.fromkeys(would_do[:8]))})"


def _layout(kind: str, row: int, headers: list[str], mapping: dict[str, str]) -> Layout:
    sources = {
        name: Source(column, headers[column])
        for name, wanted in mapping.items()
        if (column := _column(headers, wanted)) is not None
    }
    profile = profile_of(kind, headers)
    if profile is not None:
        sources = _by_profile(profile, headers) | sources
    else:
        sources = _by_name(kind, headers, sources)
    return Layout(row, headers, sources, profile["name"] if profile else "")


def _column(headers: list[str], wanted: str) -> int | None:
    """An exact header first, else the one that is equal in letters and digits."""
    if wanted in headers:
        return headers.index(wanted)
    same = [i for i, header in enumerate(headers) if header and plain(header) == plain(wanted)]
    return same[0] if len(same) == 1 else None


def _check_mapping(kind: str, headers: list[str], mapping: dict[str, str]) -> None:
    names = [field.name for field in FIELDS[kind]]
    for name, wanted in mapping.items():
        if name not in names or _column(headers, wanted) is None:
            raise Refused(
                FileRefusal.MAPPING_WRONG,
                part=f"{name}={wanted}",
                fields=", ".join(names),
                found=", ".join(h for h in headers if h)[:400],
            )


def _by_name(kind: str, headers: list[str], told: dict[str, Source]) -> dict[str, Source]:
    """Strong names first, then weak ones for fields and columns that are still free."""
    sources = dict(told)
    for weak in (False, True):
        taken = {source.column for source in sources.values()} if weak else set()
        for field in FIELDS[kind]:
            if field.name in sources:
                continue
            names = aliases(kind, weak).get(field.name, [])
            found = [i for i, h in enumerate(headers) if i not in taken and _is_one(h, names)]
            if len(found) > 1 and not weak:
                raise _twice(field, [headers[i] for i in found])
            if found:
                sources[field.name] = Source(found[0], headers[found[0]])
                taken.add(found[0])
    return sources


def _is_one(header: str, names: list[str]) -> bool:
    if not header:
        return False
    bare = _BRACKET.sub("", unicodedata.normalize("NFKC", header))
    return plain(header) in names or plain(bare) in names


def _twice(field: Field, columns: list[str]) -> Refused:
    return Refused(
        FileRefusal.COLUMN_TWICE, field=field.name, columns=", ".join(columns), first=columns[0]
    )


@cache
def aliases(kind: str, weak: bool = False) -> dict[str, list[str]]:
    """Accepted headers per field; a field's own name and labels always are."""
    tables = tomllib.loads((_FOLDER / "aliases.toml").read_text(encoding="utf-8"))
    own = {field.name for field in FIELDS[kind]}
    if weak:
        merged = tables["common"]["weak"] | tables[kind].get("weak", {})
        return {name: merged[name] for name in own if name in merged}
    merged = {n: v for part in (tables["common"], tables[kind]) for n, v in part.items()}
    return {
        field.name: [
            *dict.fromkeys(
                [
                    *(plain(field.name), plain(field.label.zh), plain(field.label.en)),
                    *merged.get(field.name, []),
                ]
            )
        ]
        for field in FIELDS[kind]
    }


@cache
def profiles() -> list[dict[str, Any]]:
    """Known files of known systems, each in a data file of its own."""
    files = sorted((_FOLDER / "profiles").glob("*.toml"))
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]


def profile_of(kind: str, headers: list[str]) -> dict[str, Any] | None:
    """The profile whose signature, a set of headers, the file has in full."""
    there = {header.strip() for header in headers}
    for profile in profiles():
        if profile["kind"] == kind and there.issuperset(profile["signature"]):
            return profile
    return None


def _by_profile(profile: dict[str, Any], headers: list[str]) -> dict[str, Source]:
    sources = {}
    for name, rule in profile["fields"].items():
        days = rule.get("minus_days")
        sources[name] = Source(
            headers.index(rule["column"]),
            rule["column"],
            rule.get("empty", ""),
            rule.get("strip", ""),
            headers.index(days) if days else None,
        )
    return sources


def parse_mapping(kind: str, written: str) -> dict[str, str]:
    """ "number=row,amount=total" → a mapping. Refuses MAPPING_WRONG."""
    names = [field.name for field in fields.FIELDS[kind]]
    mapping: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, equals, header = part.partition("=")
        if not equals or name.strip() not in names or not header.strip():
            raise Refused(FileRefusal.MAPPING_WRONG, part=part, fields=", ".join(names), found="–")
        mapping[field_of(kind, name.strip()).name] = header.strip()
    return mapping
