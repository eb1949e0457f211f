"""The pages of a limit say what the credit file lacks, and where to complete it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.limits.proposals import suggest
from tests.web.pages import buyer, signed_in, text_of
from tests.world import make_world
from xinheng.dossiers.models import FileStanding
from xinheng.people.queries import today

FILE = 'href="/customers/C1/"'


@pytest.fixture
def world(transactional_db):
    return make_world()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("营业执照已于", "补齐信用档案")),
        ("en", ("licence expired", "Complete the credit")),
    ],
)
def test_before_anything_is_typed_the_page_says_what_is_missing(world, language, words):
    customer = buyer("C1", world.units["EAST"], 100_000_00)
    client = signed_in(world.alice, language)
    assert words[1] not in text_of(client.get("/limits/of/C1/CNY/change/"))
    FileStanding.objects.create(
        customer=customer,
        complete_bps=9_000,
        licence_until=today(timezone.now()) - timedelta(days=1),
        counted_at=timezone.now(),
    )
    suggest(customer, 150_000_00)
    for page in ("/limits/of/C1/CNY/change/", "/limits/of/C1/CNY/"):
        response = client.get(page)
        assert response.status_code == 200
        assert all(one in text_of(response) for one in words), page
        assert FILE in response.content.decode(), page
