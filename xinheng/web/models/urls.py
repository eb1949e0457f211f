"""Addresses of the model workshop."""

from django.urls import path

from xinheng.web.models import deciding, samples, views

urlpatterns = [
    path("models/", views.models, name="models"),
    path("models/compare/", views.compare, name="models-compare"),
    path("models/samples/", samples.samples, name="samples"),
    path("models/samples/own-book/", samples.own_book, name="sample-own-book"),
    path("models/samples/<int:sample_id>/", samples.sample, name="sample"),
    path("models/samples/<int:sample_id>/train/", samples.train, name="sample-train"),
    path("models/<int:model_id>/", views.model, name="model"),
    path("models/<int:model_id>/file/", views.model_file, name="model-file"),
    path("models/<int:model_id>/propose/", deciding.propose, name="model-propose"),
    path("models/<int:model_id>/decide/", deciding.decide, name="model-decide"),
    path("models/<int:model_id>/retire/", deciding.retire, name="model-retire"),
]
