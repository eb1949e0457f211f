"""Addresses of votes, of committees' minutes, of who stands in for whom, of links to apply by."""

from django.urls import path

from xinheng.web.approvals import at_once, committee, delegations, inbox, inviting, voting

_SEAT = "approvals/<slug:number>/seats/<int:seat>/"
_MINUTES = "approvals/<slug:number>/stages/<int:stage>/minutes/"
urlpatterns = [
    path("approvals/", inbox.approvals, name="approvals"),
    path("approvals/agree/", at_once.agree, name="approvals-agree"),
    path(_SEAT, voting.approval, name="approval"),
    path(f"{_SEAT}vote/", voting.vote, name="approval-vote"),
    path(f"{_SEAT}add/", voting.add, name="approval-add"),
    path(f"{_SEAT}move/", voting.move, name="approval-move"),
    path("approvals/<slug:number>/nudge/", voting.nudge, name="approval-nudge"),
    path(_MINUTES, committee.minutes, name="approval-minutes"),
    path(f"{_MINUTES}confirm/", committee.confirm, name="approval-minutes-confirm"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("inquiries/links/apply/", inviting.invite, name="link-apply"),
]
