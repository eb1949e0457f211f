"""Addresses of the customer list."""

from django.urls import path

from xinheng.web.customers import duplicates, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/duplicates/", duplicates.duplicates, name="duplicates"),
    path("customers/duplicates/judge/", duplicates.judge, name="duplicates-judge"),
    path("customers/-/suggestions/", views.suggestions, name="customer-suggestions"),
]
