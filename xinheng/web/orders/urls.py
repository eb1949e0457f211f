"""Addresses of the order check."""

from django.urls import path

from xinheng.web.orders import views

urlpatterns = [
    path("orders/check/", views.check, name="order-check"),
    path("orders/check/customers/", views.find_customer, name="order-customers"),
]
