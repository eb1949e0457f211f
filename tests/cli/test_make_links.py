"""`xinheng link`: an address for a new customer, on a named person's authority, and its end."""

from __future__ import annotations

import pytest

from xinheng.inquiries.links import digest_of
from xinheng.inquiries.models import Link

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_link_is_made_listed_and_revoked(world, run):
    told = run("link", "make", "register", "--by", "bob", "--note", "王经理", "--json").json
    token = told["address"].split("/")[2]
    link = Link.objects.get()
    assert bytes(link.token_sha256) == digest_of(token) and str(link.pk) == told["link"]
    assert link.business_unit_id == world.units["EAST"]
    listed = run("link", "list", "--by", "bob", "--json").json["links"]
    assert [(one["note"], one["revoked"]) for one in listed] == [("王经理", False)]
    assert run("link", "list", "--by", "eve", "--json").json["links"] == []
    run("link", "revoke", told["link"], "--by", "bob")
    link.refresh_from_db()
    assert link.revoked_at is not None


@pytest.mark.parametrize(
    "asked",
    [
        ("make", "register", "--by", "dora"),
        ("make", "reference", "--by", "bob"),
        ("make", "register", "--by", "bob", "--days", "91"),
        ("make", "register", "--by", "bob", "--unit", "WEST"),
        ("make", "register", "--by", "bob", "--unit", "NORTH"),
        ("revoke", "nonsense", "--by", "bob"),
    ],
)
def test_what_cannot_be_is_refused(world, run, asked):
    assert run("link", *asked).code != 0
    assert not Link.objects.exists()
