"""Addresses of the rating board, of drift and of challengers."""

from django.urls import path

from xinheng.web.ratings import challengers, drift, views

urlpatterns = [
    path("ratings/", views.board, name="ratings"),
    path("ratings/moves/", views.moves, name="ratings-moves"),
    path("models/drift/", drift.drift, name="model-drift"),
    path("models/challengers/", challengers.listing, name="model-challengers"),
    path("models/challengers/<int:model_id>/", challengers.one, name="model-challenger"),
]
