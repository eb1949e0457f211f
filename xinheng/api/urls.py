"""The JSON door's addresses under /api/v1/."""

urlpatterns: list[object] = []
