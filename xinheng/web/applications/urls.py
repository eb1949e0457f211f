"""Addresses of applications."""

from django.urls import path

from xinheng.web.applications import acting, board, new, one

_ONE = "applications/<slug:number>/"
urlpatterns = [
    path("applications/", board.board, name="applications"),
    path("applications/new/", new.new, name="application-new"),
    path("applications/written-out/", new.written_out, name="application-written-out"),
    path(_ONE, one.application, name="application"),
    path(f"{_ONE}change/", new.change, name="application-change"),
    path(f"{_ONE}submit/", acting.submit, name="application-submit"),
    path(f"{_ONE}withdraw/", acting.withdraw, name="application-withdraw"),
    path(f"{_ONE}take-up/", acting.take_up, name="application-take-up"),
    path(f"{_ONE}hand-over/", acting.hand_over, name="application-hand-over"),
    path(f"{_ONE}snapshot/", acting.snapshot, name="application-snapshot"),
    path(f"{_ONE}tasks/add/", acting.add_task, name="application-task-add"),
    path(f"{_ONE}tasks/assign/", acting.assign_task, name="application-task-assign"),
    path(f"{_ONE}tasks/close/", acting.close_task, name="application-task-close"),
    path(f"{_ONE}propose/", acting.propose, name="application-propose"),
    path(f"{_ONE}foresee/", acting.preview, name="application-foresee"),
    path(f"{_ONE}try-again/", acting.try_again, name="application-try-again"),
    path(f"{_ONE}ask-human/", acting.ask_human, name="application-ask-human"),
    path(f"{_ONE}letters/<int:letter>/", acting.letter_sent, name="application-letter-sent"),
]
