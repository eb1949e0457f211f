"""Addresses of imports."""

from django.urls import path

from xinheng.web.imports import quarantine, views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path(
        "imports/templates/<slug:kind>.<slug:suffix>", views.template_file, name="import-template"
    ),
    path("imports/quarantine/", quarantine.waiting, name="quarantine"),
    path("imports/quarantine/dismiss/", quarantine.dismiss, name="quarantine-dismiss"),
    path("imports/<int:batch_id>/", views.batch, name="import"),
    path("imports/<int:batch_id>/errors", views.errors_file, name="import-errors"),
    path("imports/<int:batch_id>/again/", views.again, name="import-again"),
    path("imports/<int:batch_id>/run/", views.run, name="import-run"),
    path("imports/<int:batch_id>/undo/", views.undo, name="import-undo"),
]
