"""Addresses of models that persons fill in: a customer's models, its runs, weights by pairs."""

from django.urls import path

from xinheng.web.experts import behaviour, pairs, rating, runs, side_by_side

urlpatterns = [
    path("customers/<path:code>/models/new/<slug:model>/try/", rating.try_out, name="expert-try"),
    path("customers/<path:code>/models/new/<slug:model>/", rating.new, name="expert-new"),
    path("customers/<path:code>/models/behaviour/", behaviour.card_page, name="expert-behaviour"),
    path("customers/<path:code>/models/<int:run>/adopt/", runs.adopt, name="expert-adopt"),
    path("customers/<path:code>/models/<int:run>/", runs.run_page, name="expert-run"),
    path("customers/<path:code>/models/", side_by_side.models_page, name="expert-models"),
    path("models/ahp/<int:study>/try/", pairs.try_out, name="ahp-try"),
    path("models/ahp/make/", pairs.make, name="ahp-make"),
    path("models/ahp/<int:study>/judge/", pairs.judge, name="ahp-judge"),
    path("models/ahp/<int:study>/accept/", pairs.accept, name="ahp-accept"),
    path("models/ahp/<int:study>/retire/", pairs.retire, name="ahp-retire"),
    path("models/ahp/<int:study>/", pairs.study_page, name="ahp-study"),
    path("models/ahp/", pairs.studies, name="ahp-studies"),
]
