"""Addresses of proposed limits: what waits, the summary before, the grant, one line's workings."""

from django.urls import path

from xinheng.web.limits import adjusting, changing, views

urlpatterns = [
    path("limits/", views.waiting, name="limits"),
    path("limits/adjust/", adjusting.adjust, name="limits-adjust"),
    path("limits/summary/", views.summary, name="limits-summary"),
    path("limits/grant/", views.grant, name="limits-grant"),
    path("limits/reject/", views.reject, name="limits-reject"),
    path("limits/granted/<int:stamp>/", views.granted, name="limits-granted"),
    path("limits/of/<path:code>/<str:currency>/propose/", views.propose, name="limit-propose"),
    path("limits/of/<path:code>/<str:currency>/change/", changing.change, name="limit-change"),
    path("limits/of/<path:code>/<str:currency>/cover/", changing.cover, name="limit-cover"),
    path("limits/of/<path:code>/<str:currency>/hold/", changing.hold, name="limit-hold"),
    path("limits/of/<path:code>/<str:currency>/end/", changing.end, name="limit-end"),
    path("limits/of/<path:code>/<str:currency>/", views.proposal, name="limit"),
]
