"""Addresses of the order check and of orders."""

from django.urls import path

from xinheng.web.orders import life, many, views

urlpatterns = [
    path("orders/check/", views.check, name="order-check"),
    path("orders/check/customers/", views.find_customer, name="order-customers"),
    path("orders/check/many/", many.check_many, name="orders-many"),
    path("orders/", life.orders, name="orders"),
    path("orders/<path:ref>/", life.order, name="order"),  # last: the others stand below it too
]
