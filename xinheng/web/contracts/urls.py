"""Addresses of contracts."""

from django.urls import path

from xinheng.web.contracts import views

urlpatterns = [
    path("contracts/", views.contracts, name="contracts"),
    path("contracts/<uuid:contract>/", views.contract, name="contract"),
    path("contracts/<uuid:contract>/correct/", views.correct, name="contract-correct"),
    path("contracts/<uuid:contract>/paper/", views.paper, name="contract-paper"),
    path("contracts/<uuid:contract>/force/", views.force, name="contract-force"),
    path("contracts/<uuid:contract>/drop/", views.drop, name="contract-drop"),
    path("contracts/<uuid:contract>/end/", views.end, name="contract-end"),
    path("customers/<path:code>/contracts/new/", views.new, name="contract-new"),
]
