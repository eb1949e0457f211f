"""Addresses of a customer's financial statements."""

from django.urls import path

from xinheng.web.statements import entering, views

urlpatterns = [
    path("customers/<path:code>/statements/new/", entering.new, name="statement-new"),
    path("customers/<path:code>/statements/sums/", entering.sums, name="statement-sums"),
    path(
        "customers/<path:code>/statements/<int:statement>/verify/",
        views.verify,
        name="statement-verify",
    ),
    path("customers/<path:code>/statements/<int:statement>/", views.statement, name="statement"),
    path("customers/<path:code>/statements/", views.statements, name="statements"),
]
