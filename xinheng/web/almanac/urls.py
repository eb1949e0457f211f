"""Addresses of what is looked up: rates, holidays, terms of payment."""

from django.urls import path

from xinheng.web.almanac import views

urlpatterns = [
    path("rates/", views.rates, name="rates"),
    path("rates/enter/", views.enter_rate, name="rates-enter"),
    path("holidays/", views.holidays, name="holidays"),
    path("holidays/enter/", views.enter_holiday, name="holidays-enter"),
    path("terms/", views.terms, name="terms"),
    path("terms/enter/", views.enter_term, name="terms-enter"),
    path("terms/end/", views.end, name="terms-end"),
]
