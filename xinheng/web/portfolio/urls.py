"""Addresses of the portfolio."""

from django.urls import path

from xinheng.web.portfolio import views

urlpatterns = [
    path("portfolio/", views.portfolio, name="portfolio"),
    path("open-items/", views.open_items, name="open-items"),
]
