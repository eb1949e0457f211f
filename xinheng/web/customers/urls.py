"""Addresses of the customer list."""

from django.urls import path

from xinheng.web.customers import duplicates, group, identity, merges, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/duplicates/", duplicates.duplicates, name="duplicates"),
    path("customers/duplicates/judge/", duplicates.judge, name="duplicates-judge"),
    path("customers/merged/", merges.merges, name="merges"),
    path("customers/merged/part/", merges.part, name="merges-part"),
    path("customers/<path:code>/group/", group.group, name="group"),
    path("customers/<path:code>/survivor/", merges.survivor, name="survivor"),
    path("customers/-/picks/", identity.picks, name="identity-picks"),
    path("customers/<path:code>/identity/", identity.identity_page, name="identity"),
    path("customers/-/suggestions/", views.suggestions, name="customer-suggestions"),
]
