"""The demonstration has applications on every part of their way, and they go with it."""

from datetime import UTC, datetime

import pytest

from xinheng.applications.models import Application, Letter, Seat, Snapshot, Step
from xinheng.connectors.demo import accounts, load, removal
from xinheng.people.queries import forget
from xinheng.policies import queries as policies

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_caches():
    forget()
    policies.forget()
    yield
    forget()
    policies.forget()
    accounts.forget_sealed()


def test_applications_stand_everywhere_on_their_way_and_are_removed() -> None:
    counts = load.load(at=AT, buyers_max=40)["counts"]
    states = set(Application.objects.values_list("state", flat=True))
    assert states >= {
        *("draft", "submitted", "investigating", "assessed", "deciding", "returned"),
        *("granted", "rejected", "withdrawn"),
    }
    assert counts["applications"] == Application.objects.count() >= 12
    assert counts["applications_assessed"] == Snapshot.objects.count() >= 6
    assert Letter.objects.filter(kind="grant").exists()
    assert Application.objects.filter(due_at__lt=AT, state="submitted").exists()
    told = list(Seat.objects.values_list("stage__mode", "role", "vote"))
    committee = Seat.objects.filter(stage__mode="committee")
    assert committee.exclude(vote="").exists() and committee.filter(vote="").exists(), told
    assert not Seat.objects.filter(voted_by__username__in=["bob", "fang"]).exists()
    removal.remove(at=AT)
    assert not (Application.objects.exists() or Step.objects.exists() or Letter.objects.exists())
