"""The map of docs/house.md as values, and readers that find where the code differs from it.

Every reader takes source text and returns faults as sentences, so that each can be fed a bad
sample: a check that never fails is no check. `modules()` reads the house from disk once; nothing is
imported and no database is needed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
HOUSE = REPOSITORY / "xinheng"

# From the roof to the ground; those side by side never import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("asgi",),
    ("urls",),
    ("web", "api", "jobs"),
    ("connectors", "papers"),
    ("portfolio",),
    ("applications",),
    ("modelling",),
    ("decisions",),
    ("inquiries", "contracts", "relations"),
    ("dossiers",),
    ("receivables",),
    ("limits",),
    ("policies",),
    ("customers",),
    ("almanac",),
    ("intake",),
    ("people",),
    ("ledger",),
    ("vault",),
    ("learning",),
    ("credit", "merkle"),
    ("refusals",),
    ("texts",),
    ("settings",),
    ("operate",),
)
DEPTH = {part: depth for depth, floor in enumerate(FLOORS) for part in floor}
DOORS = ("cli", "asgi", "urls", "web", "api", "jobs", "connectors", "papers")
PURE = ("credit", "learning", "merkle")
ROOMS = tuple(part for floor in FLOORS[DEPTH["portfolio"] : DEPTH["vault"] + 1] for part in floor)

# What stands in a room besides the files that every room may have: each with a name that says why.
ROOM_FILES = {"__init__", "apps", "models", "actions", "queries", "refusals"}
OTHER_FILES = {
    "applications": {
        *("review_refusals", "review_rules", "review_sql", "review_words"),
        *("regrades", "review_queries"),
        *("offer_letter", "offer_sql", "offers", "reviews", "starting"),
        *("applying", "assessing", "checklist", "clauses", "clocks", "counting", "gathering"),
        *("granting", "letters", "measuring", "proposing", "rows", "staging", "telling"),
        *("trail", "voting", "automatic", "escalating", "importing", "inviting", "minutes"),
    },
    "almanac": {"checking", "rows", "working_days"},
    "contracts": {"rows", "sealing", "telling"},
    "customers": {
        *("alike_sql", "duplicates", "identities", "prospects", "relations", "rows"),
        *("control", "naming", "search_text", "told_numbers"),
    },
    "decisions": {
        *("answering", "assess", "batch", "facts", "features", "judging", "pipeline", "sql"),
        *("again", "asked", "governing", "ground", "promising"),
        *("regrouping", "holding", "releasing", "weighing"),
        *("forcing", "moved", "notices", "reviewing", "rechecking"),
        *("explaining", "replaying", "scenes", "values", "waiting", "ways_out"),
        *("file_gaps", "licences", "reminding"),
        *("assessing_again", "effective", "known", "records", "suggesting"),
        *("overriding", "overrides", "taking_expert"),
    },
    "dossiers": {
        *("fact_import", "lineage", "remarking", "rules", "verifying"),
        *("balance", "credit_file", "facts", "fields", "measures", "rows"),
        *("filing", "pdfs", "picture_facts", "pictures", "sheets", "uploads"),
        *("statement_checks", "statement_filing", "statement_ratios", "statement_templates"),
        "statement_versions",
        *("breakdown", "disputes", "ending", "freshness", "kept", "standing", "waiting"),
    },
    "inquiries": {
        *("bureau_keeping", "bureau_rows", "bureau_terms", "bureaus", "reports"),
        *("visit_form", "visit_review", "visiting", "visits"),
        *("deciding", "links", "reference_form", "referring", "registering", "registration"),
        *("handing_in", "sealing", "consents", "retention"),
    },
    "intake": {"counts"},
    "ledger": {"entries", "fsck", "sequencer", "signer", "verifying"},
    "limits": {
        *("arrays", "locking", "conditions", "sql", "values"),
        *("in_force", "plan_sql", "tree", "tree_use", "card", "planning", "raising", "proposing"),
        *("granting", "covering", "adjusting", "held_back", "suspending"),
        "taking_over",
    },
    "modelling": {
        *("own_book", "promoting", "samples", "training"),
        *("bands", "comparing", "drifting", "inputs", "shadowing", "telling"),
        *("adopting", "ahp_studies", "expert_forms", "expert_grades", "expert_reading"),
        *("expert_reckoning", "expert_refusals", "expert_runs"),
    },
    "people": {"actor", "deputies", "keys", "roles", "saved_views"},
    "policies": {"bodies"},
    "portfolio": {
        *("collecting", "collecting_trials"),
        *("book", "exposure", "file", "levels", "overview", "order_life", "order_papers"),
        "ratings",
    },
    "relations": {"rows", "sealing"},
    "receivables": {
        *("as_of", "balances", "behaviour", "bringing_in", "chains", "counted", "own_receipts"),
        "posting",
        *("quarantine", "reconciling", "recorded", "row_checks", "rows", "settling", "staging"),
        *("tables", "watching"),
    },
    "vault": {"keyring", "seal"},
}

LINES_MAX = 600
LINES_LOOK = 400
FUNCTION_LINES_MAX = 60
BANNED = {"manager", "helper", "util", "common", "service", "handler", "data", "info"}


class Module(NamedTuple):
    """One module of the house: its dotted name, where it lies, what it says."""

    name: str
    path: Path
    source: str

    @property
    def part(self) -> str:
        """The room, door or single module under xinheng/ that it belongs to."""
        return self.name.split(".")[1] if "." in self.name else ""

    @property
    def stem(self) -> str:
        return self.path.stem


@cache
def modules() -> tuple[Module, ...]:
    """Every module under xinheng/ but migrations, which Django writes."""
    found = []
    for path in sorted(HOUSE.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, path.read_text(encoding="utf-8")))
    return tuple(found)


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


# --- Imports


@cache  # each guard asks again about every module
def imported(source: str) -> tuple[tuple[int, str], ...]:
    """(line, module) of everything of ours that a source imports, also inside functions."""
    return tuple(_imported(source))


def _imported(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "xinheng"
            names = [f"xinheng.{a.name}" for a in node.names] if whole else [node.module]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "xinheng")


def import_faults(part: str, source: str) -> list[str]:
    """Imports of `part` that go up or sideways."""
    faults = []
    for line, name in imported(source):
        other = name.split(".")[1] if "." in name else ""
        if not other or other == part:
            continue
        if other not in DEPTH:
            faults.append(f"line {line}: {name} is not on the map")
        elif DEPTH[other] <= DEPTH[part]:
            faults.append(f"line {line}: {part} may not import {other}")
    return faults


# --- Sizes and names


def size_faults(source: str) -> list[str]:
    lines = source.count("\n") + 1
    faults = [f"{lines} lines, at most {LINES_MAX}"] if lines > LINES_MAX else []
    for node in functions(source):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES_MAX:
            faults.append(f"line {node.lineno}: {node.name} has {length} lines")
    return faults


def words_of(name: str) -> set[str]:
    """Lower-case word parts: `HoldQueueView` and `hold_queue_view` are the same three."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    parts = {word for word in spaced.lower().split("_") if word}
    return parts | {word.removesuffix("s") for word in parts}


def banned_names(module_name: str, source: str, excused: frozenset[str] = frozenset()) -> list[str]:
    """Names of modules, classes and functions that say nothing."""
    names = [module_name.split(".")[-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
    return [name for name in names if words_of(name) & BANNED and name not in excused]


# --- Writes, clocks, chance

_ORM_CREATES = {
    *("create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("acreate", "abulk_create", "aget_or_create", "aupdate_or_create"),
}
_SQL_WRITE = re.compile(
    r"\b(?:insert\s+into\s|delete\s+from\s|merge\s+into\s|truncate\s+(?:table\s+)?\w"
    r"|copy\s+\"?[a-z_{]+[^.]*?from\s+stdin|update\s+[\w{}.\"]+(?:\s+as)?(?:\s+\w+)?\s+set\s)",
    re.IGNORECASE | re.DOTALL,
)


def writes(source: str) -> list[str]:
    """Places that change rows: the ORM's verbs, and SQL in strings that are not documentation."""
    tree = ast.parse(source)
    found = [f"line {line}: {what}" for line, what in _orm_writes(tree)]
    for node, text in _texts(tree):
        if _SQL_WRITE.search(text):
            found.append(f"line {node.lineno}: SQL that writes")
    return found


def _orm_writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        verb, bare = node.func.attr, not node.args
        chained = "objects" in {n.attr for n in ast.walk(node.func) if isinstance(n, ast.Attribute)}
        if (
            (verb in _ORM_CREATES and chained)
            or verb in ("save", "asave")
            or (verb in ("update", "aupdate") and bare and node.keywords)
            or (verb in ("delete", "adelete") and bare and not node.keywords)
        ):
            yield node.lineno, f".{verb}()"


def _texts(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """String literals, f-strings as one, without docstrings."""
    spoken = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    inner = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        if id(node) in spoken or id(node) in inner:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
            yield node, "".join(str(part) for part in parts)


_CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now"),
    *("timezone.localdate", "timezone.localtime", "time.time", "time.time_ns"),
}
_CHANCES = {"os.urandom", "uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1"}
_CHANCE_MODULES = {"random", "secrets"}


def clock_reads(source: str) -> list[str]:
    """Calls that ask what time it is. (`time.monotonic` measures durations and tells no time.)"""
    return [f"line {line}: {name}()" for line, name in _calls(source) if name in _CLOCKS]


def chance_reads(source: str) -> list[str]:
    """Calls and imports that draw lots."""
    found = [f"line {line}: {name}()" for line, name in _calls(source) if name in _CHANCES]
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        drawn = set(names) & _CHANCE_MODULES
        found += [f"line {node.lineno}: import {name}" for name in sorted(drawn)]  # type: ignore[attr-defined]
    return found


def _calls(source: str) -> Iterator[tuple[int, str]]:
    """(line, "object.name") of every call, the last two parts of the chain."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node.lineno, ".".join(ast.unparse(node.func).split(".")[-2:])
