"""Addresses of reviews, offers of more credit and proposals of another grade."""

from django.urls import path

from xinheng.web.reviews import calendar_file, offers, regrades, views

urlpatterns = [
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/calendar.ics", calendar_file.calendar_file, name="reviews-ics"),
    path("reviews/<int:review>/", views.review, name="review"),
    path("reviews/<int:review>/start/", views.start, name="review-start"),
    path("reviews/<int:review>/end/", views.end, name="review-end"),
    path("reviews/<int:review>/assign/", views.assign, name="review-assign"),
    path("customers/<path:code>/reviews/new/", views.ask, name="review-ask"),
    path("offers/", offers.offers, name="offers"),
    path("offers/<int:offer>/", offers.offer, name="offer"),
    path("offers/<int:offer>/make/", offers.make, name="offer-make"),
    path("offers/<int:offer>/take/", offers.take, name="offer-take"),
    path("offers/<int:offer>/decline/", offers.decline, name="offer-decline"),
    path("regrades/", regrades.regrades, name="regrades"),
    path("regrades/<int:regrade>/", regrades.regrade, name="regrade"),
    path("regrades/<int:regrade>/accept/", regrades.accept, name="regrade-accept"),
    path("regrades/<int:regrade>/refuse/", regrades.refuse, name="regrade-refuse"),
]
