"""Addresses of the portfolio."""

from django.urls import path

from xinheng.web.portfolio import views
from xinheng.web.portfolio.collecting import collections

urlpatterns = [
    path("portfolio/", views.portfolio, name="portfolio"),
    path("portfolio/collections/", collections, name="collections"),
    path("open-items/", views.open_items, name="open-items"),
]
