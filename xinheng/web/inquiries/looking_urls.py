"""Addresses of bureaus' reports and of visits."""

from django.urls import path

from xinheng.web.inquiries import bureaus, consents, visits

urlpatterns = [
    path("inquiries/bureaus/", bureaus.log, name="bureau-log"),
    path("customers/<path:code>/reports/buy/", bureaus.buy, name="report-buy"),
    path("customers/<path:code>/reports/add/", bureaus.add, name="report-add"),
    path(
        "customers/<path:code>/consents/<uuid:consent>/withdraw/",
        consents.withdraw,
        name="consent-withdraw",
    ),
    path("customers/<path:code>/reports/", bureaus.reports_page, name="reports"),
    path("customers/<path:code>/visits/plan/", visits.plan, name="visit-plan"),
    path("inquiries/visits/", visits.visit_list, name="visits"),
    path("inquiries/visits/<uuid:visit>/begin/", visits.begin, name="visit-begin"),
    path(
        "inquiries/visits/<uuid:visit>/sections/<slug:section>/",
        visits.section,
        name="visit-section",
    ),
    path("inquiries/visits/<uuid:visit>/photos/add/", visits.photo, name="visit-photo"),
    path(
        "inquiries/visits/<uuid:visit>/photos/<int:photo>/",
        visits.open_photo,
        name="visit-photo-open",
    ),
    path("inquiries/visits/<uuid:visit>/submit/", visits.submit, name="visit-submit"),
    path("inquiries/visits/<uuid:visit>/cancel/", visits.cancel, name="visit-cancel"),
    path("inquiries/visits/<uuid:visit>/review/", visits.review, name="visit-review"),
    path("inquiries/visits/<uuid:visit>/", visits.visit, name="visit"),
]
