"""Addresses of notices."""

from django.urls import path

from xinheng.web.notices import views

urlpatterns = [
    path("notices/", views.listing, name="notices"),
    path("notices/read/", views.read_all, name="notices-read"),
    path("notices/<int:notice_id>/open/", views.open_one, name="notice-open"),
]
