"""`xinheng model drift`: the newest month's readings, and an exit code that a script can use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.modelling.assessed import assess_all, drawn, make_customers

NOW = datetime.now(UTC)  # the command looks at now
LONG_AGO = NOW - timedelta(days=70)


@pytest.mark.parametrize(("late", "code"), [(10.0, 0), (60.0, 1)])
def test_a_shift_is_an_exit_code(world, run, late: float, code: int) -> None:
    customers = make_customers(220, world.units["EAST"])
    assess_all(customers, drawn(220, seed=1), LONG_AGO)
    assess_all(customers, drawn(220, seed=2, late=late), NOW - timedelta(minutes=1))
    told = run("model", "drift", "--json")
    assert told.code == code, told.err
    verdicts = {row["characteristic"]: row["verdict"] for row in told.json["readings"]}
    assert (told.json["card"], len(verdicts)) == ("behaviour v1", 8)
    assert ("shift" in verdicts.values()) == bool(code)
    assert verdicts["months_of_history"] == "stable"
    assert "days_late_weighted" in run("model", "drift", "--all").out


def test_nothing_to_compare_with_is_said_in_one_line(world, run) -> None:
    told = run("model", "drift")
    assert told.code == 1 and "200" in told.err and told.out == ""
