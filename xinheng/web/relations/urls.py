"""Addresses of talks."""

from django.urls import path

from xinheng.web.relations import views

urlpatterns = [
    path("talks/", views.talks, name="talks"),
    path("talks/<uuid:talk>/", views.talk, name="talk"),
    path("talks/<uuid:talk>/follow-up/", views.follow_up, name="talk-follow-up"),
    path("talks/<uuid:talk>/done/", views.done, name="talk-done"),
    path("talks/<uuid:talk>/withdraw/", views.withdraw, name="talk-withdraw"),
    path("customers/<path:code>/talks/new/", views.new, name="talk-new"),
]
