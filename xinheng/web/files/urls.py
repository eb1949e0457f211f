"""Addresses of a customer's credit file."""

from django.urls import path

from xinheng.web.files import exposure_pages as pages
from xinheng.web.files import views

urlpatterns = [
    path("customers/<path:code>/file/items/", views.items, name="file-items"),
    path("customers/<path:code>/file/timeline/", views.timeline, name="file-timeline"),
    path("customers/<path:code>/file/movements/", views.movements, name="file-movements"),
    path("customers/<path:code>/exposure/journal.csv", pages.journal_file, name="file-journal-csv"),
    path("customers/<path:code>/exposure/journal/", pages.journal_page, name="file-journal"),
    path("customers/<path:code>/exposure/", pages.exposure_page, name="file-exposure"),
    path("customers/<path:code>/", views.credit_file, name="customer"),
]
