"""The tree of lines: which limit lies above which, as a function of who belongs to whom.

An order is booked on one line and must fit into every limit on the way up. Where a line lies
follows from the state alone, so `arrange` may be called after any change, twice or too often,
and always makes the same tree. Example: the branch C-2 (parent C-1) has an own line in CNY and a
sub-limit for cement; C-1 has a group line. Then cement lies within C-2's own line, that within
C-1's group line, and `path` of cement is [own, group].

Who is above whom among customers is `merged_into`, else `parent`. Should a ring have been entered
(A owns B owns A), one edge of it does not count: a parent's before a merge's, of the lowest id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connections

from xinheng.limits import plan_sql, sql
from xinheng.people.queries import today

GROUP = "group"
OWN = ""
LineKey = tuple[int, str, str]  # customer, currency, scope


class Relation(NamedTuple):
    """To whom a customer belongs: the company it was merged into, or its parent."""

    parent: int | None
    merged_into: int | None


class TreeLine(NamedTuple):
    """A line as the tree sees it. `limited`: a base limit of its own has begun."""

    id: int
    customer: int
    currency: str
    scope: str
    limited: bool
    within: int | None = None
    path: tuple[int, ...] = ()
    root: int | None = None


class Place(NamedTuple):
    """Where a line lies: directly within, all above it, and the top of its tree."""

    within: int | None
    path: tuple[int, ...]
    root: int | None


def upward(relations: Mapping[int, Relation]) -> dict[int, int]:
    """Each customer's next one up, without rings."""
    up = {
        customer: above
        for customer, relation in relations.items()
        if (above := relation.merged_into or relation.parent) is not None
    }
    done: set[int] = set()
    for start in sorted(up):
        walk: list[int] = []
        one: int | None = start
        while one is not None and one not in done and one not in walk:
            walk.append(one)
            one = up.get(one)
        if one in walk:
            ring = walk[walk.index(one) :]
            owned = [c for c in ring if relations[c].merged_into is None]
            del up[min(owned or ring)]
        done.update(walk)
    return up


def chain(customer: int, up: Mapping[int, int]) -> list[int]:
    """The customer itself and everybody above it, nearest first."""
    found = [customer]
    while (above := up.get(found[-1])) is not None:
        found.append(above)
    return found


class Forest:
    """Lines and relations, and what follows from them; nothing here asks the database."""

    def __init__(self, lines: Iterable[TreeLine], relations: Mapping[int, Relation]) -> None:
        self.lines = sorted(lines, key=lambda line: line.id)
        self.relations = relations
        self.up = upward(relations)
        self.by_key = {(line.customer, line.currency, line.scope): line for line in self.lines}
        self.of_scope: dict[tuple[int, str], list[TreeLine]] = defaultdict(list)
        for line in self.lines:
            self.of_scope[line.customer, line.scope].append(line)

    def survivor(self, customer: int) -> int:
        """The company that a merged one lives on in; itself where it was not merged."""
        while customer in self.up and self.relations[customer].merged_into is not None:
            customer = self.up[customer]
        return customer

    def key_above(self, line: TreeLine) -> LineKey | None:
        """The line that this one lies within, by its key: it may have to be made first."""
        if line.scope not in (OWN, GROUP):
            return (line.customer, line.currency, OWN)
        if line.scope == OWN:
            survivor = self.survivor(line.customer)
            if survivor != line.customer:
                return (survivor, line.currency, OWN)
            main = self._main_line(line)
            if main is not None:
                return _key(main)
        companies = chain(line.customer, self.up)
        return self._group_key(companies if line.scope == OWN else companies[1:], line.currency)

    def _main_line(self, line: TreeLine) -> TreeLine | None:
        """The line with a limit that one without any counts on: what is used there is used here."""
        if line.limited:
            return None
        own = self.of_scope[line.customer, OWN]
        return next((other for other in own if other.limited), None)

    def _group_key(self, companies: Sequence[int], currency: str) -> LineKey | None:
        """The nearest group line: in the same currency, else the company's first. None escapes."""
        for company in companies:
            lines = self.of_scope.get((company, GROUP), [])
            same = [line for line in lines if line.currency == currency]
            if lines:
                return _key((same or lines)[0])
        return None

    def missing(self) -> list[LineKey]:
        """Lines that others lie within and that nobody has made yet."""
        above = {self.key_above(line) for line in self.lines}
        return sorted(key for key in above if key is not None and key not in self.by_key)

    def places(self) -> dict[int, Place]:
        """Where each line lies."""
        within: dict[int, int | None] = {}
        for line in self.lines:
            key = self.key_above(line)
            within[line.id] = None if key is None else self.by_key[key].id
        holding = {above for above in within.values() if above is not None}
        found = {}
        for line in self.lines:
            path = _path(line.id, within)
            root = path[-1] if path else (line.id if line.id in holding else None)
            found[line.id] = Place(within[line.id], path, root)
        return found


def _key(line: TreeLine) -> LineKey:
    return (line.customer, line.currency, line.scope)


def _path(line: int, within: Mapping[int, int | None]) -> tuple[int, ...]:
    path: list[int] = []
    above = within[line]
    while above is not None:
        path.append(above)
        above = within[above]
    return tuple(path)


def arrange(
    customer_ids: Iterable[int], *, at: datetime, alone: bool = False, using: str = "default"
) -> list[int]:
    """Put the lines of these customers, and of all they belong with, where they belong.

    A step: call it in the transaction that changed a relation or made a line; with `alone` where a
    group line is made or a line gets its first limit or loses its last, because lines that somebody
    else is making at this moment depend on that. The customers are locked in id order, then, only
    where something differs, all lines of their trees. Returns the lines that moved.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return []
    with connections[using].cursor() as cursor:
        forest = _read(ids, cursor, alone, today(at, using=using))
        if not forest.missing() and not _differing(forest):
            return []
        while missing := forest.missing():
            cursor.execute(sql.MISSING_LINES, [at, *_columns(missing, 3)])
            forest = _read(ids, cursor, alone, today(at, using=using))
        cursor.execute(plan_sql.LOCK_TREES, [[line.id for line in forest.lines]])
        moved = _differing(_read(ids, cursor, alone, today(at, using=using)))
        if moved:
            rows = [(line, p.within, _array(p.path), p.root) for line, p in sorted(moved.items())]
            cursor.execute(plan_sql.PLACE_LINES, [at, *_columns(rows, 4)])
        return sorted(moved)


def hold_trees(customer_ids: Iterable[int], *, using: str = "default") -> None:
    """Lock these customers and all they belong with, then all lines of theirs, each in id order.

    For who changes limits: nobody enters a relation or makes a line beside it.
    """
    with connections[using].cursor() as cursor:
        forest = _read(sorted(set(customer_ids)), cursor, True, date.min)
        cursor.execute(plan_sql.LOCK_TREES, [[line.id for line in forest.lines]])


def _differing(forest: Forest) -> dict[int, Place]:
    places = forest.places()
    return {
        line.id: places[line.id]
        for line in forest.lines
        if places[line.id] != (line.within, line.path, line.root)
    }


def _read(customer_ids: Sequence[int], cursor: Any, alone: bool, day: date) -> Forest:
    """All who belong together with these customers, or did when their lines were last arranged."""
    related = plan_sql.RELATED_ALONE if alone else plan_sql.RELATED_SHARED
    known = set(customer_ids)
    while True:
        cursor.execute(related, [sorted(known)])
        relations = {row[0]: Relation(row[1], row[2]) for row in cursor.fetchall()}
        cursor.execute(plan_sql.TREE_LINES, [sorted(relations), day])
        lines = [_tree_line(row) for row in cursor.fetchall()]
        # a lock that was waited for shows relations that the search did not know yet
        above = {one for relation in relations.values() for one in relation if one is not None}
        strangers = (above | {line.customer for line in lines}) - relations.keys()
        if not strangers:
            return Forest(lines, relations)
        known |= relations.keys() | strangers


def _tree_line(row: tuple[Any, ...]) -> TreeLine:
    *rest, path, root = row
    return TreeLine._make((*rest, tuple(path), root))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


def find_line(
    customer_id: int, currency: str, scope: str = OWN, *, using: str = "default"
) -> int | None:
    """The id of a line by its key, or None."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql.FIND_LINES, [[customer_id], [currency], [scope]])
        rows = cursor.fetchall()
    return int(rows[0][-1]) if rows else None


def paths(line_ids: Iterable[int], *, using: str = "default") -> dict[int, tuple[int, ...]]:
    """The ids above each line, nearest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(plan_sql.PATHS_OF, [sorted(set(line_ids))])
        return {row[0]: tuple(row[1]) for row in cursor.fetchall()}
