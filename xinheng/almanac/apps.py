from django.apps import AppConfig


class AlmanacConfig(AppConfig):
    name = "xinheng.almanac"
    label = "almanac"
