"""Addresses that belong to no room: home, language, the living page of components."""

from django.urls import path
from django.views.i18n import set_language

from xinheng.web.frame import views

urlpatterns = [
    path("", views.home, name="home"),
    path("language/", set_language, name="language"),
    path("components/", views.components, name="components"),
]
