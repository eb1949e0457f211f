"""Addresses of the customer list."""

from django.urls import path

from xinheng.web.customers import views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/-/suggestions/", views.suggestions, name="customer-suggestions"),
]
