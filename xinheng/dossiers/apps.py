from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "xinheng.dossiers"
