"""Addresses of papers and of exported lists."""

from django.urls import path

from xinheng.web.papers import export, views

urlpatterns = [
    path("papers/credit-report/<path:code>/", views.report, name="paper-credit-report"),
    path("papers/limit-letter/<int:limit>/", views.limit_letter, name="paper-limit-letter"),
    path("papers/approval-form/<slug:number>/", views.approval_form, name="paper-approval-form"),
    path("papers/validation/<int:model>/", views.validation_report, name="paper-validation"),
    path("papers/lists/<slug:name>/", export.export, name="export"),
    path("papers/entries/<uuid:entry>/", views.entry, name="paper-entry"),
]
