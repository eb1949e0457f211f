"""Roles that were shipped before a permission word existed get it by migration, and only it."""

from importlib import import_module

import pytest
from django.db import connection

from xinheng.people import roles
from xinheng.people.models import Role

pytestmark = pytest.mark.django_db
STEPS = [
    import_module(f"xinheng.people.migrations.{name}")
    for name in (
        "0004_words_for_almanac_and_documents",
        "0005_words_for_facts",
        "0006_words_for_papers",
        "0007_words_for_asking",
        "0008_words_for_models_and_applications",
    )
]
NEWER = {"almanac.edit", "documents.write", "facts.enter", "facts.verify"} | {
    *("documents.add", "documents.view.secret"),
    *("inquiries.ask", "inquiries.review", "reports.buy", "contracts.edit", "talks.write"),
    *("models.view", "models.rate", "models.edit", "models.promote"),
    *("grades.override", "grades.confirm", "applications.view", "applications.write"),
    *("applications.investigate", "applications.decide"),
}

LATER = {  # roles that came with a later step
    *("analyst", "credit_officer", "sales_director", "general_manager", "committee", "board"),
}


def migrate_again() -> None:
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step.ADD)


def make_older_roles() -> dict[str, list[str]]:
    """The shipped roles as they were before the words of this step."""
    old = {}
    for row in roles.shipped()["roles"]:
        if row["code"] in LATER:
            continue
        old[row["code"]] = [word for word in row["permissions"] if word not in NEWER]
        Role.objects.create(
            code=row["code"], name="角色", name_en="Role", permissions=old[row["code"]]
        )
    return old


def test_every_shipped_role_then_has_what_ships_today() -> None:
    """A step that forgot a role, or added the words to all, fails here."""
    make_older_roles()
    migrate_again()
    for row in roles.shipped()["roles"]:
        assert Role.objects.get(pk=row["code"]).permissions == row["permissions"], row["code"]


def test_what_was_edited_stays_and_twice_adds_nothing() -> None:
    Role.objects.create(
        code="credit_manager",
        name="信用经理",
        name_en="Credit manager",
        permissions=["documents.write", "people.manage"],
    )
    Role.objects.create(code="own", name="自定", name_en="Own", permissions=["orders.check"])
    for _ in range(2):
        migrate_again()
        manager = Role.objects.get(pk="credit_manager")
        assert manager.permissions == [
            *("documents.write", "people.manage", "almanac.edit"),
            *("facts.enter", "facts.verify"),
            *("documents.add", "documents.view.secret"),
            *("inquiries.ask", "inquiries.review", "reports.buy", "contracts.edit", "talks.write"),
            *("models.view", "models.rate", "models.edit", "models.promote"),
            *("grades.override", "grades.confirm", "applications.view", "applications.write"),
            *("applications.investigate", "applications.decide"),
        ]
        assert Role.objects.get(pk="own").permissions == ["orders.check"]
        assert not Role.objects.filter(pk="finance_director").exists()
