"""Addresses that belong to no room: home, language, the living page of components."""

from django.urls import path
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language

from xinheng.web.frame import views

choose_language = require_http_methods(["GET", "HEAD", "POST"])(set_language)
urlpatterns = [
    path("", views.home, name="home"),
    path("language/", choose_language, name="language"),
    path("components/", views.components, name="components"),
]
