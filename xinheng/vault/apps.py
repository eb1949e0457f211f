from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "xinheng.vault"
