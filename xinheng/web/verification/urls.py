"""Addresses of verification: the queue, conflicts, the calendar, measures, one's own entries."""

from django.urls import path

from xinheng.web.verification import (
    batches,
    calendar_pages,
    conflicts,
    many,
    measures_pages,
    mine,
    views,
)

urlpatterns = [
    path("verification/", views.queue, name="verification"),
    path("verification/summary/", many.summary, name="verification-summary"),
    path("verification/judge/", many.judge, name="verification-judge"),
    path("verification/done/<int:stamp>/", many.done, name="verification-done"),
    path("verification/batches/<int:batch_id>/", batches.batch, name="verification-batch"),
    path("verification/conflicts/", conflicts.cases, name="conflicts"),
    path("verification/conflicts/<int:case_id>/", conflicts.case, name="conflict"),
    path("verification/calendar/", calendar_pages.calendar, name="freshness"),
    path("verification/calendar.csv", calendar_pages.calendar_file, name="freshness-csv"),
    path("verification/measures/", measures_pages.measures_page, name="file-measures"),
    path("verification/measures/card/", measures_pages.card, name="file-measures-card"),
    path("verification/mine/", mine.entries, name="verification-mine"),
    path("verification/<int:fact_id>/", views.fact, name="verification-fact"),
    path("verification/<int:fact_id>/verify/", views.verify, name="verification-verify"),
    path("verification/<int:fact_id>/reject/", views.reject, name="verification-reject"),
]
