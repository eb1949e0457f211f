"""Addresses of a customer's grade, its assessments, and the changes of grades by persons."""

from django.urls import path

from xinheng.web.grades import assessment, views

urlpatterns = [
    path("overrides/", views.overrides, name="overrides"),
    path("overrides/<int:override>/confirm/", views.confirm, name="override-confirm"),
    path("overrides/<int:override>/refuse/", views.refuse, name="override-refuse"),
    path("overrides/<int:override>/end/", views.end, name="override-end"),
    path("customers/<path:code>/grade/", views.grade, name="grade"),
    path("customers/<path:code>/grade/ask/", views.ask, name="override-ask"),
    path(
        "customers/<path:code>/assessments/<int:number>/",
        assessment.assessment,
        name="assessment",
    ),
]
