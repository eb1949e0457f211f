"""Addresses of signing in, signing out and setting up."""

from django.urls import path

from xinheng.web.people import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("setup/", views.set_up, name="set-up"),
]
