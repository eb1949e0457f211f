"""The addresses of the pages, one folder per room, all of them behind the gate.

`guarded` gives each address the permission word of its name (frame/permissions.py); what is not
in that table does not start. Order matters once: /customers/ (the list) comes before
/customers/<code>/ (the credit file).
"""

from django.urls import include, path

from xinheng.web.frame.access import guarded

urlpatterns = guarded(
    [
        path("", include("xinheng.web.frame.urls")),
        path("", include("xinheng.web.people.urls")),
        path("", include("xinheng.web.portfolio.urls")),
        path("", include("xinheng.web.ratings.urls")),
        path("", include("xinheng.web.models.urls")),
        path("", include("xinheng.web.customers.urls")),
        path("", include("xinheng.web.statements.urls")),
        path("", include("xinheng.web.inquiries.urls")),
        path("", include("xinheng.web.inquiries.looking_urls")),
        path("", include("xinheng.web.contracts.urls")),
        path("", include("xinheng.web.relations.urls")),
        path("", include("xinheng.web.reviews.urls")),
        path("", include("xinheng.web.experts.urls")),
        path("", include("xinheng.web.grades.urls")),
        path("", include("xinheng.web.files.urls")),
        path("", include("xinheng.web.verification.urls")),
        path("", include("xinheng.web.applications.urls")),
        path("", include("xinheng.web.approvals.urls")),
        path("", include("xinheng.web.orders.urls")),
        path("", include("xinheng.web.holds.urls")),
        path("", include("xinheng.web.notices.urls")),
        path("", include("xinheng.web.decisions.urls")),
        path("", include("xinheng.web.limits.urls")),
        path("", include("xinheng.web.imports.urls")),
        path("", include("xinheng.web.almanac.urls")),
        path("", include("xinheng.web.papers.urls")),
        path("", include("xinheng.web.ledger.urls")),
        path("", include("xinheng.web.outside.urls")),
    ]
)
