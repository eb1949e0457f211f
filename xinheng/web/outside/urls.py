"""Addresses for people without an account; the token in them is the key."""

from django.urls import path

from xinheng.web.outside import registering

urlpatterns = [
    path("in/<str:token>/", registering.door, name="outside"),
    path("in/<str:token>/papers/", registering.papers, name="outside-papers"),
    path("in/<str:token>/check/<slug:field>/", registering.check, name="outside-check"),
    path("in/<str:token>/<slug:step>/", registering.step, name="outside-step"),
]
