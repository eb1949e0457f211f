from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "xinheng.ledger"
