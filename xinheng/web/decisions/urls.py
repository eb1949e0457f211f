"""Addresses of one decision: page, proof status, downloads, cancel."""

from django.urls import path

from xinheng.web.decisions import views
from xinheng.web.decisions.explanation import ask_review, explanation
from xinheng.web.decisions.try_out import try_out
from xinheng.web.decisions.ways_out import ways_out

urlpatterns = [
    path("decisions/<uuid:decision_id>/", views.decision, name="decision"),
    path("decisions/<uuid:decision_id>/status/", views.proof_status, name="decision-status"),
    path("decisions/<uuid:decision_id>/proof", views.proof_file, name="decision-proof"),
    path(
        "decisions/<uuid:decision_id>/disclosure", views.disclosure_file, name="decision-disclosure"
    ),
    path("decisions/<uuid:decision_id>/ways-out/", ways_out, name="decision-ways-out"),
    path("decisions/<uuid:decision_id>/try-out/", try_out, name="decision-try-out"),
    path("decisions/<uuid:decision_id>/explanation/", explanation, name="decision-explanation"),
    path("decisions/<uuid:decision_id>/review/", ask_review, name="decision-review"),
    path("decisions/<uuid:decision_id>/cancel/", views.cancel, name="decision-cancel"),
]
