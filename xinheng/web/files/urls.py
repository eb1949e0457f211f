"""Addresses of a customer's credit file."""

from django.urls import path

from xinheng.web.files import block, comparing, documents, fact_pages, views
from xinheng.web.files import exposure_pages as pages

urlpatterns = [
    path("customers/<path:code>/file/items/", views.items, name="file-items"),
    path("customers/<path:code>/file/timeline/", views.timeline, name="file-timeline"),
    path("customers/<path:code>/file/movements/", views.movements, name="file-movements"),
    path("customers/<path:code>/file/compare/", comparing.compare_page, name="file-compare"),
    path("customers/<path:code>/file/enter/", fact_pages.enter, name="file-enter"),
    path(
        "customers/<path:code>/file/facts/<int:fact>/correct/",
        fact_pages.correct,
        name="file-correct",
    ),
    path(
        "customers/<path:code>/file/fields/<slug:field>/",
        fact_pages.field_page,
        name="file-field",
    ),
    path("customers/<path:code>/file/<slug:block>/", block.block_page, name="file-block"),
    path("customers/<path:code>/exposure/journal.csv", pages.journal_file, name="file-journal-csv"),
    path("customers/<path:code>/exposure/journal/", pages.journal_page, name="file-journal"),
    path("customers/<path:code>/exposure/", pages.exposure_page, name="file-exposure"),
    path(
        "customers/<path:code>/documents/<uuid:document>/open/",
        documents.open_document,
        name="file-document-open",
    ),
    path(
        "customers/<path:code>/documents/<uuid:document>/withdraw/",
        documents.withdraw,
        name="file-document-withdraw",
    ),
    path("customers/<path:code>/documents/add/", documents.add, name="file-document-add"),
    path("customers/<path:code>/documents/", documents.documents, name="file-documents"),
    path("customers/<path:code>/", views.credit_file, name="customer"),
]
