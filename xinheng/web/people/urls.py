"""Addresses of signing in, signing out and setting up; of deputies and saved views."""

from django.urls import path

from xinheng.web.people import deputies, saved, views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("setup/", views.set_up, name="set-up"),
    path("people/deputies/", deputies.deputies, name="deputies"),
    path("people/deputies/<int:deputy_id>/end/", deputies.end, name="deputy-end"),
    path("saved-views/", saved.save, name="saved-view-save"),
    path("saved-views/<int:view_id>/delete/", saved.delete, name="saved-view-delete"),
]
