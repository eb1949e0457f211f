"""Every JSON operation on one page: path, method, scope, request, answers. The OpenAPI document and
the reference page are made from this table, and a test holds it against the addresses that exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from xinheng.api.answers import (
    BatchAnswer,
    CreditFile,
    CustomerPage,
    DecisionNow,
    ExplanationShown,
    OrderCheckAnswer,
    OrderLife,
)
from xinheng.api.applications import ApplicationShown, ApplicationWanted
from xinheng.api.documents import DocumentBatch, DocumentsAnswer, QuarantinePage
from xinheng.api.facts import FactBatch, FactsAnswer, FileShown
from xinheng.api.order_checks import OrderCheck, OrderCheckBatch
from xinheng.api.reviews import ReviewShown, ReviewWanted
from xinheng.api.statements import StatementKept, StatementTold
from xinheng.texts import T

# A parameter of the address: its name, its schema, what it says.
Parameter = tuple[str, dict[str, Any], str]


@dataclass(frozen=True)
class Operation:
    """One operation: its url name, how to call it, and each status it may answer."""

    name: str
    method: str
    path: str
    scope: str
    title: T
    answer: type
    errors: tuple[int, ...]
    body: type | None = None
    query: tuple[Parameter, ...] = ()


_PAGE: Final = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
_LIMIT: Final[Parameter] = ("limit", _PAGE, "1–1000")
_ALWAYS: Final = (401, 403, 405, 500, 503)
OPERATIONS: Final = (
    Operation(
        "api-order-checks",
        "post",
        "/api/v1/order-checks",
        "orders.check",
        T("检查一张订单并占用额度", "Check an order and reserve credit"),
        OrderCheckAnswer,
        (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503),
        OrderCheck,
    ),
    Operation(
        "api-order-checks-batch",
        "post",
        "/api/v1/order-checks/batch",
        "orders.check",
        T("一次检查至多 1,000 张订单", "Check up to 1,000 orders at once"),
        BatchAnswer,
        (400, 413, *_ALWAYS),
        OrderCheckBatch,
    ),
    Operation(
        "api-order-check",
        "get",
        "/api/v1/order-checks/{decision_id}",
        "orders.check",
        T("查看一个决定及其存证状态", "Read a decision and its proof status"),
        DecisionNow,
        (404, *_ALWAYS),
    ),
    Operation(
        "api-order-check-cancel",
        "post",
        "/api/v1/order-checks/{decision_id}/cancel",
        "orders.check",
        T("取消订单，释放占用", "Cancel an order and free its reservation"),
        DecisionNow,
        (404, 409, *_ALWAYS),
    ),
    Operation(
        "api-order-check-review",
        "post",
        "/api/v1/order-checks/{decision_id}/review",
        "orders.check",
        T("请人复核一个自动决定", "Ask that a person looks at an automatic answer"),
        ReviewShown,
        (400, 404, 409, 413, *_ALWAYS),
        ReviewWanted,
    ),
    Operation(
        "api-order-check-explanation",
        "get",
        "/api/v1/order-checks/{decision_id}/explanation",
        "orders.check",
        T("给客户看的说明", "An explanation that the customer may be shown"),
        ExplanationShown,
        (404, *_ALWAYS),
        query=(("lang", {"type": "string", "enum": ["zh", "en"]}, "one language only"),),
    ),
    Operation(
        "api-order",
        "get",
        "/api/v1/orders/{ref}",
        "orders.check",
        T("一张订单的全程", "An order's whole life"),
        OrderLife,
        (404, *_ALWAYS),
    ),
    Operation(
        "api-documents",
        "post",
        "/api/v1/documents",
        "documents.write",
        T("送来至多 1,000 张单据", "Send up to 1,000 documents"),
        DocumentsAnswer,
        (400, 409, 413, *_ALWAYS),
        DocumentBatch,
    ),
    Operation(
        "api-quarantine",
        "get",
        "/api/v1/quarantine",
        "documents.write",
        T("列出隔离中的单据", "List messages in quarantine"),
        QuarantinePage,
        (400, *_ALWAYS),
        query=(
            _LIMIT,
            ("before", {"type": "integer", "minimum": 1}, "上一页的 next · the page before's"),
        ),
    ),
    Operation(
        "api-customers",
        "get",
        "/api/v1/customers",
        "customers.view",
        T("按编码列出客户", "List customers by code"),
        CustomerPage,
        (400, *_ALWAYS),
        query=(
            _LIMIT,
            ("after", {"type": "string", "maxLength": 60}, "上一页的 next · the page before's"),
        ),
    ),
    Operation(
        "api-customer",
        "get",
        "/api/v1/customers/{code}",
        "customers.view",
        T("客户信用档案摘要", "A credit file's summary"),
        CreditFile,
        (404, *_ALWAYS),
    ),
    Operation(
        "api-file",
        "get",
        "/api/v1/customers/{code}/file",
        "customers.view",
        T("信用档案的信息，可看过去某一刻", "A credit file's facts, also of a past instant"),
        FileShown,
        (400, 404, *_ALWAYS),
        query=(
            (
                "known_at",
                {"type": "string", "format": "date-time"},
                "当时所知；空则为现在 · as it was known then",
            ),
            ("valid_on", {"type": "string", "format": "date"}, "说的是哪一天 · about which day"),
        ),
    ),
    Operation(
        "api-applications",
        "post",
        "/api/v1/applications",
        "applications.write",
        T("提出一份授信申请", "Apply for credit"),
        ApplicationShown,
        (400, 404, 409, 413, *_ALWAYS),
        ApplicationWanted,
    ),
    Operation(
        "api-application",
        "get",
        "/api/v1/applications/{number}",
        "applications.view",
        T("授信申请办到哪一步", "How far an application has come"),
        ApplicationShown,
        (404, *_ALWAYS),
    ),
    Operation(
        "api-facts",
        "post",
        "/api/v1/facts",
        "facts.enter",
        T("送来至多 1,000 项档案信息，逐项待核验", "Send up to 1,000 facts; each waits"),
        FactsAnswer,
        (400, 404, 409, 413, *_ALWAYS),
        FactBatch,
    ),
    Operation(
        "api-statements",
        "post",
        "/api/v1/statements",
        "facts.enter",
        T("送来一份财务报表，待另一人核验", "Send a financial statement, to be verified"),
        StatementKept,
        (400, 404, 409, 413, *_ALWAYS),
        StatementTold,
    ),
)
