"""Every address of the house, by door: health, the ledger's public tiles, JSON, pages."""

from django.urls import include, path

from xinheng.api.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("log/", include("xinheng.api.ledger")),
    path("api/v1/", include("xinheng.api.urls")),
    path("", include("xinheng.web.urls")),
]

handler500 = "xinheng.web.frame.errors.server_error"
