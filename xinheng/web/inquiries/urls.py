"""Addresses of what we ask outsiders: links, registrations, references."""

from django.urls import path

from xinheng.web.inquiries import links, references, registrations

urlpatterns = [
    path("inquiries/links/", links.links, name="links"),
    path("inquiries/links/<uuid:link>/revoke/", links.revoke, name="link-revoke"),
    path("inquiries/registrations/", registrations.registrations, name="registrations"),
    path(
        "inquiries/registrations/<uuid:registration>/",
        registrations.registration,
        name="registration",
    ),
    path(
        "inquiries/registrations/<uuid:registration>/decide/",
        registrations.decide,
        name="registration-decide",
    ),
    path("inquiries/references/", references.references, name="references"),
    path("inquiries/references/<uuid:reference>/", references.reference, name="reference"),
    path(
        "inquiries/references/<uuid:reference>/review/",
        references.review,
        name="reference-review",
    ),
    path(
        "inquiries/references/<uuid:reference>/withdraw/",
        references.withdraw,
        name="reference-withdraw",
    ),
    path("customers/<path:code>/references/ask/", references.ask, name="reference-ask"),
]
