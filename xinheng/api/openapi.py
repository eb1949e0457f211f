"""The OpenAPI 3.1 document and the reference page, both made from the table in `operations.py`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xinheng.api.answers import Problem
from xinheng.api.operations import OPERATIONS, Operation
from xinheng.api.problems import TITLES

REFERENCE = "#/components/schemas/{name}"
PATH_PARAMETERS = {
    "decision_id": {"type": "string", "format": "uuid"},
    "code": {"type": "string", "minLength": 1, "maxLength": 60},
    "ref": {"type": "string", "minLength": 1, "maxLength": 80},
    "number": {"type": "string", "minLength": 1, "maxLength": 24},
}


@cache
def document() -> dict[str, Any]:
    """The whole document. Every status that an operation may answer is declared."""
    types = {Problem} | {op.answer for op in OPERATIONS} | {op.body for op in OPERATIONS if op.body}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "信衡 Xinheng",
            "version": "1",
            "description": "Money is decimal strings; times are UTC; errors are problem+json.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name.removeprefix("api-").replace("-", "_"),
        "summary": f"{operation.title.zh} · {operation.title.en}",
        "description": f"Scope: {operation.scope}",
        "parameters": _parameters(operation),
        "responses": {
            "200": _response("OK", operation.answer, "application/json"),
            **{
                str(status): _response(TITLES[status], Problem, "application/problem+json")
                for status in sorted(operation.errors)
            },
        },
    }
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(operation.body)}},
        }
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": PATH_PARAMETERS[name]}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    in_query = [
        {"name": name, "in": "query", "schema": schema, "description": words}
        for name, schema, words in operation.query
    ]
    return in_path + in_query


def _response(words: str, kind: type, content_type: str) -> dict[str, Any]:
    return {"description": words, "content": {content_type: {"schema": _ref(kind)}}}


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=kind.__name__)}


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json: the document, readable by anyone."""
    body = msgspec.json.format(msgspec.json.encode(document()), indent=2)
    return HttpResponse(body, content_type="application/json")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/docs: the same, as a page that needs nothing from outside."""
    rows = [
        {
            "operation": operation,
            "body": _schema_text(operation.body),
            "answer": _schema_text(operation.answer),
            "errors": [(status, TITLES[status]) for status in sorted(operation.errors)],
        }
        for operation in OPERATIONS
    ]
    return render(request, "api/reference.html", {"operations": rows})


def _schema_text(kind: type | None) -> str:
    if kind is None:
        return ""
    schema = document()["components"]["schemas"][kind.__name__]
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode()
