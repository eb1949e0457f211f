"""The JSON door's addresses under /api/v1/."""

from django.urls import path

from xinheng.api import (
    applications,
    customers,
    decisions,
    documents,
    explanations,
    facts,
    openapi,
    orders,
    reviews,
    statements,
)
from xinheng.api.keys import nothing_here

urlpatterns = [
    path("order-checks", decisions.check_one, name="api-order-checks"),
    path("order-checks/batch", decisions.check_batch, name="api-order-checks-batch"),
    path("order-checks/<uuid:decision_id>", decisions.show, name="api-order-check"),
    path(
        "order-checks/<uuid:decision_id>/cancel",
        decisions.cancel_one,
        name="api-order-check-cancel",
    ),
    path("order-checks/<uuid:decision_id>/review", reviews.ask, name="api-order-check-review"),
    path(
        "order-checks/<uuid:decision_id>/explanation",
        explanations.one,
        name="api-order-check-explanation",
    ),
    path("orders/<path:ref>", orders.one, name="api-order"),
    path("documents", documents.receive, name="api-documents"),
    path("quarantine", documents.waiting, name="api-quarantine"),
    path("customers", customers.listed, name="api-customers"),
    path("applications", applications.receive, name="api-applications"),
    path("applications/<str:number>", applications.one, name="api-application"),
    path("facts", facts.receive, name="api-facts"),
    path("statements", statements.receive, name="api-statements"),
    path("customers/<path:code>/file", facts.file, name="api-file"),
    path("customers/<path:code>", customers.one, name="api-customer"),
    path("openapi.json", openapi.openapi_json, name="api-openapi"),
    path("docs", openapi.reference, name="api-docs"),
    path("<path:rest>", nothing_here, name="api-nothing"),
]
