"""Addresses of imports."""

from django.urls import path

from xinheng.web.imports import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path(
        "imports/templates/<slug:kind>.<slug:suffix>", views.template_file, name="import-template"
    ),
    path("imports/preview/<slug:token>/", views.preview, name="import-preview"),
    path("imports/preview/<slug:token>/errors", views.preview_errors, name="import-preview-errors"),
    path("imports/preview/<slug:token>/run/", views.run, name="import-run"),
    path("imports/running/<slug:token>/", views.running, name="import-running"),
    path("imports/<int:batch_id>/", views.batch, name="import"),
    path("imports/<int:batch_id>/errors", views.errors_file, name="import-errors"),
    path("imports/<int:batch_id>/undo/", views.undo, name="import-undo"),
]
