"""EXP-1 and the explanation of what is in use."""

from xinheng.credit.exposure import Components, Weights, explain, formula, use_bps, used

EXP_1 = Components(
    open_items=60_000_000,
    unbilled=12_000_000,
    orders=9_000_000,
    bills=15_000_000,
    unapplied=3_000_000,
    prepaid=5_000_000,
)


def test_exp_1_uses_880_000() -> None:
    assert used(EXP_1) == 88_000_000


def test_exp_1_in_percent_of_the_base_and_of_the_temporary_line() -> None:
    after = used(EXP_1) + 18_000_000
    assert use_bps(after, 100_000_000) == 10_600
    # The temporary line of 1,200,000 replaces the base of 1,000,000; it is not added to it.
    assert use_bps(after, 120_000_000) == 8_833
    assert use_bps(after, 0) is None


def test_the_explanation_sums_to_what_is_used() -> None:
    for weights in (Weights(), Weights(bills=2_000, orders=0), Weights(bills=3_333)):
        lines = explain(EXP_1, weights)
        assert sum(line.counts_minor for line in lines) == used(EXP_1, weights)
        assert len(lines) == 7


def test_a_bill_of_a_listed_bank_may_weigh_nothing() -> None:
    assert used(EXP_1, Weights(bills=0)) == 73_000_000
    assert used(EXP_1, Weights(bills=2_000)) == 76_000_000


def test_a_customer_who_paid_ahead_uses_less_than_nothing() -> None:
    assert used(Components(prepaid=100)) == -100


def test_the_formula_is_written_as_it_is_computed() -> None:
    assert formula(Weights()) == (
        "used = open_items + unbilled + orders + bills + guarantees - unapplied - prepaid"
    )
    assert formula(Weights(bills=2_000, guarantees=0)) == (
        "used = open_items + unbilled + orders + 20% bills - unapplied - prepaid"
    )
