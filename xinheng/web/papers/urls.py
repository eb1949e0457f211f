"""Addresses of papers and of exported lists."""

from django.urls import path

from xinheng.web.papers import views

urlpatterns = [
    path("papers/credit-report/<path:code>/", views.report, name="paper-credit-report"),
    path("papers/entries/<uuid:entry>/", views.entry, name="paper-entry"),
]
