"""Addresses of votes."""

from django.urls import path

from xinheng.web.approvals import voting

urlpatterns = [
    path("approvals/<slug:number>/seats/<int:seat>/vote/", voting.vote, name="approval-vote"),
]
