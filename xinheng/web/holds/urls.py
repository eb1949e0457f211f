"""Addresses of the hold queue, of one hold, and of many at once."""

from django.urls import path

from xinheng.web.holds import many, views

urlpatterns = [
    path("holds/", views.queue, name="holds"),
    path("holds/summary/", many.summary, name="holds-bulk"),
    path("holds/judge/", many.judge, name="holds-judge"),
    path("holds/done/<int:stamp>/", many.done, name="holds-done"),
    path("holds/<uuid:decision_id>/", views.hold, name="hold"),
    path("holds/<uuid:decision_id>/weigh/", views.weigh, name="hold-weigh"),
    path("holds/<uuid:decision_id>/release/", views.release, name="hold-release"),
    path("holds/<uuid:decision_id>/reject/", views.reject, name="hold-reject"),
    path("holds/<uuid:decision_id>/keep/", views.keep, name="hold-keep"),
    path("holds/<uuid:decision_id>/lift/", views.lift, name="hold-lift"),
]
