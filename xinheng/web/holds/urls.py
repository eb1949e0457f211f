"""Addresses of the hold queue."""

from django.urls import path

from xinheng.web.holds import views

urlpatterns = [
    path("holds/", views.queue, name="holds"),
    path("holds/<uuid:decision_id>/", views.hold, name="hold"),
    path("holds/<uuid:decision_id>/release/", views.release, name="hold-release"),
    path("holds/<uuid:decision_id>/reject/", views.reject, name="hold-reject"),
]
