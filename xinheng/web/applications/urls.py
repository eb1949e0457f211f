"""Addresses of applications."""

from django.urls import path

from xinheng.web.applications import board, new

urlpatterns = [
    path("applications/", board.board, name="applications"),
    path("applications/new/", new.new, name="application-new"),
    path("applications/written-out/", new.written_out, name="application-written-out"),
    path("applications/<slug:number>/change/", new.change, name="application-change"),
]
