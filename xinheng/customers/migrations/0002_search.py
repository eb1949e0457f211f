"""Trigrams over the search text, and the orders that lists are walked in."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "create extension if not exists pg_trgm", "drop extension if exists pg_trgm"
        ),
        migrations.RunSQL(
            "create index customer_search on customers_customer using gin (search_text gin_trgm_ops)",
            "drop index customer_search",
        ),
        migrations.RunSQL(
            "create index customer_by_name on customers_customer (name, id)",
            "drop index customer_by_name",
        ),
        migrations.RunSQL(
            "create index customer_by_pinyin on customers_customer (pinyin, id)",
            "drop index customer_by_pinyin",
        ),
    ]
