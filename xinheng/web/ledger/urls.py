"""Addresses of the ledger page."""

from django.urls import path

from xinheng.web.ledger import views

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/status/", views.status, name="ledger-status"),
    path("ledger/check/", views.check, name="ledger-check"),
    path("ledger/checkpoint", views.checkpoint_file, name="ledger-checkpoint"),
    path("ledger/key", views.key_file, name="ledger-key"),
    path("ledger/entries/<int:idx>/proof", views.entry_proof, name="ledger-proof"),
]
