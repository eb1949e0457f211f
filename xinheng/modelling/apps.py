from django.apps import AppConfig


class ModellingConfig(AppConfig):
    name = "xinheng.modelling"
