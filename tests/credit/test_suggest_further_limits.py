"""L2, L4, L6 and L8 to L11: the reference's figures, what is missing, and which way they move."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit import further_limits as further
from xinheng.credit.limit_method import Balance, MethodValue, combine, net_assets

D = Decimal


@pytest.mark.parametrize(
    ("found", "minor", "why_not"),
    [
        (further.working_capital(Balance(1200_00, None, 800_00)), 80_00, None),
        (
            further.working_capital(Balance(800_00, None, 800_00)),
            0,
            "working_capital_not_positive",
        ),
        (further.working_capital(Balance(current_assets=1)), None, "missing"),
        (further.orders(9_000_000_00, 60, D("0.8")), 4_800_000_00, None),
        (further.orders(9_000_000_00, 90), 9_000_000_00, None),
        (further.orders(None, 60), None, "missing"),
        (further.purchases(3600_00, D("0.4"), 45, 15, D("1.2")), 284_05, None),
        (further.purchases(3600_00, D("1.4"), 45), None, "bad_share"),
        (further.purchases(3600_00, None, 45), None, "missing"),
        (further.peers([300, 100, 200]), 200, None),
        (further.peers([100, 201]), 150, None),
        (further.peers([100]), None, "too_few_peers"),
        (further.quick(capital_minor=5_000_00), 500_00, None),
        (further.quick(capital_minor=-1), 0, None),
        (further.quick(capital_minor=None), None, "missing"),
        (further.quick_by_history(settled_minor=700_00), 700_00, None),
        (
            further.security(500_000_00, D("0.9"), [further.Collateral(200_000_00, D("0.7"))]),
            590_000_00,
            None,
        ),
        (further.security(1, D("1.1")), None, "bad_share"),
        (further.expected_loss(3_600_00, D("0.02"), D("0.45")), 400_000_00, None),
        (further.expected_loss(1_00, D("0"), D("1")), 3_333_33, None),
        (further.expected_loss(1_00, D("0.02"), D("0")), None, "bad_share"),
        (further.expected_loss(1_00, None, D("0.45")), None, "missing"),
    ],
)
def test_methods_by_the_reference(
    found: MethodValue, minor: int | None, why_not: str | None
) -> None:
    assert (found.value_minor, found.why_not) == (minor, why_not)
    assert all(further.METHODS[found.method].values())
    if why_not:
        assert all(further.why_not_text(why_not).values())


def test_of_net_assets_and_working_capital_the_lower_holds() -> None:
    firm = Balance(1200_00, 500_00, 800_00, 1500_00, 1000_00)
    one, other = net_assets(firm), further.working_capital(firm)
    assert further.lower_of(one, other) == other
    assert further.lower_of(one, MethodValue("L2", None, "missing", {})).value_minor is None


def test_security_is_a_layer_on_top_and_never_in_the_median() -> None:
    cover = further.security(900_00, D(1))
    methods = [MethodValue("L1", 100_00, None, {}), cover]
    own = combine(methods, "A", {})
    assert (own.limit_minor, own.decisive, own.methods) == (100_00, "L1", tuple(methods))
    assert combine([cover], "A", {}).limit_minor is None
    assert further.layered(own, cover, {}).total_minor == 1000_00
    capped = further.layered(own, cover, {"group": 600_00, "concentration": 700_00})
    assert (capped.total_minor, capped.decisive) == (600_00, "cap:group")
    # Nothing to suggest by merit stays nothing to suggest; the cover alone is shown.
    unrated = further.layered(combine(methods, None, {}), cover, {})
    assert (unrated.total_minor, unrated.secured_minor) == (None, 900_00)


# --- Laws

money = st.integers(0, 10**12)
shares = st.decimals("0.01", "1", places=4)


@given(money, money, st.integers(1, 10**9))
def test_more_short_debt_never_gives_more(current: int, debts: int, more: int) -> None:
    before = further.working_capital(Balance(current, None, debts)).value_minor
    after = further.working_capital(Balance(current, None, debts + more)).value_minor
    assert before is not None
    assert after is not None
    assert after <= before


@given(money, shares, shares, st.decimals("0", "0.5", places=4))
def test_a_higher_pd_never_gives_more_and_the_loss_fits_the_budget(
    budget: int, pd: Decimal, lgd: Decimal, more: Decimal
) -> None:
    before = further.expected_loss(budget, pd, lgd).value_minor
    after = further.expected_loss(budget, min(D(1), pd + more), lgd).value_minor
    assert before is not None
    assert after is not None
    assert after <= before
    assert pd * lgd * before <= budget
