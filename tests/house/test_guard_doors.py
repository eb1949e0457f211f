"""Doors: every address asks who comes, and the JSON door's table is what the JSON door does.

A page stands in the permission table, a JSON operation asks for a key with a scope, and what anyone
may read is a short list here, each with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path

from tests.house.plan import HOUSE, modules
from xinheng.api.door import PATH, Door
from xinheng.api.openapi import document
from xinheng.api.operations import OPERATIONS
from xinheng.api.problems import TITLES
from xinheng.people.roles import permission_words
from xinheng.web.frame.permissions import PERMISSIONS, PUBLIC, SIGNED_IN

# Addresses outside the permission table that ask for nothing, and why anyone may come.
OPEN = {
    "healthz": "whether the process lives, for a supervisor",
    "readyz": "whether it can work, for a load balancer",
    "log/checkpoint": "the signed root; outsiders compare it",
    "log/tile/entries/…": "leaves hold only commitments; anyone may mirror the log",
    "log/tile/…": "hashes of the log",
    "api/v1/openapi.json": "how to call the door; nothing of anybody's",
    "api/v1/<path:rest>": "says that there is nothing",
    "api/v1/docs": "the same as a page",
}
PAGES_FOR_ANYONE = {"sign-in", "set-up", "language"} | {
    *("outside", "outside-step", "outside-papers", "outside-check"),  # a token opens one thing
}


def addresses(resolver: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, here)
        else:
            yield here, pattern


def shown(address: str) -> str:
    """The address without its regular expressions: log/tile/…"""
    return re.sub(r"\(\?P.*$", "…", address.replace("^", ""))


def unguarded(found: Iterator[tuple[str, URLPattern]]) -> set[str]:
    return {
        shown(address)
        for address, pattern in found
        if not getattr(pattern.callback, "permission", None)
        and not getattr(pattern.callback, "api_scope", None)
    }


def test_every_address_is_guarded_or_open_on_purpose() -> None:
    assert unguarded(addresses(get_resolver())) == set(OPEN)


def test_an_address_that_nobody_guards_is_found() -> None:
    def leaky(request: Any) -> HttpResponse:
        return HttpResponse("everything")

    forgotten = URLResolver(path("", leaky).pattern, [path("secrets/", leaky)])
    assert unguarded(addresses(forgotten)) == {"secrets/"}


def test_the_permission_table_and_the_pages_are_the_same_set() -> None:
    # Catches a line for a page that is gone, and a page whose name hides another's.
    named = [
        pattern.name
        for _, pattern in addresses(get_resolver())
        if getattr(pattern.callback, "permission", None)
    ]
    assert set(named) == set(PERMISSIONS)
    assert len(named) == len(set(named))


def test_each_page_is_behind_the_word_of_its_own_line() -> None:
    for _, pattern in addresses(get_resolver()):
        if word := getattr(pattern.callback, "permission", None):
            assert word == PERMISSIONS[pattern.name]


def test_words_are_permissions_that_roles_can_carry() -> None:
    known = {*permission_words(), PUBLIC, SIGNED_IN}
    assert set(PERMISSIONS.values()) <= known
    assert {operation.scope for operation in OPERATIONS} <= permission_words()


def test_few_pages_are_for_anyone() -> None:
    assert {name for name, word in PERMISSIONS.items() if word == PUBLIC} == PAGES_FOR_ANYONE


# --- The JSON door


def json_views() -> dict[str, tuple[str, Callable[..., HttpResponse]]]:
    """Operation name → its address as OpenAPI writes it, and its view."""
    return {
        pattern.name: ("/" + re.sub(r"<\w+:(\w+)>", r"{\1}", address), pattern.callback)
        for address, pattern in addresses(get_resolver())
        if getattr(pattern.callback, "api_scope", None)
    }


def test_the_table_of_operations_is_what_the_addresses_are() -> None:
    told = {operation.name: operation.path for operation in OPERATIONS}
    assert told == {name: address for name, (address, _) in json_views().items()}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_takes_the_method_and_scope_it_declares(operation: Any) -> None:
    _, view = json_views()[operation.name]
    refused = view(RequestFactory().generic("TRACE", operation.path))
    allowed = set(refused["Allow"].split(", ")) - {"HEAD"}
    assert refused.status_code == 405
    assert allowed == {operation.method.upper()}
    assert view.api_scope == operation.scope  # type: ignore[attr-defined]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_call_without_a_key_is_turned_away(operation: Any) -> None:
    _, view = json_views()[operation.name]
    answer = view(RequestFactory().generic(operation.method.upper(), operation.path))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_the_short_way_of_the_order_check_is_that_one_operation() -> None:
    one = OPERATIONS[0]
    assert (one.path, one.method) == (PATH, "post")
    door = Door()
    assert door.takes({"type": "http", "path": PATH, "method": "POST"})
    assert not door.takes({"type": "http", "path": f"{PATH}/batch", "method": "POST"})
    assert not door.takes({"type": "http", "path": PATH, "method": "GET"})


def statuses_said(source: str) -> set[int]:
    """Numbers given to `problem(…)` or to a table of refusals, and 200 to 599 only."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "problem" and node.args:
            if isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_STATUS_OF":
            values = getattr(node.value, "values", [])
            found |= {value.value for value in values if isinstance(value, ast.Constant)}
    return found


def test_every_status_that_is_said_is_declared() -> None:
    said = set().union(*(statuses_said(m.source) for m in modules() if m.part == "api"))
    declared = set().union(*(operation.errors for operation in OPERATIONS))
    assert {400, 401, 403, 404, 409, 422, 429, 503} <= said
    assert said <= declared <= set(TITLES)


def test_a_status_that_nobody_declared_is_found() -> None:
    assert statuses_said("problem(418, 'teapot', 'Ask for coffee.')") == {418}


def test_the_document_declares_every_operation_and_status() -> None:
    told = document()["paths"]
    for operation in OPERATIONS:
        responses = told[operation.path][operation.method]["responses"]
        assert set(responses) == {"200", *map(str, operation.errors)}
    assert set(told) == {operation.path for operation in OPERATIONS}


def test_refusals_become_http_in_one_place() -> None:
    # Only problems.py knows which refusal is which status; a view that decides for itself drifts.
    knowing = [
        str(m.path.relative_to(HOUSE))
        for m in modules()
        if m.part == "api" and "DecisionRefusal." in m.source
    ]
    assert knowing == ["api/problems.py"]
