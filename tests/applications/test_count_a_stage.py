"""How a stage stands: 会签, 或签, 依次 and a committee, from the voices alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.applications.counting import Rule, Voice, count

ALL, ANY, SEQUENCE = Rule("all"), Rule("any"), Rule("sequence")
COMMITTEE = Rule("committee", 3, (2, 3))


def voices(*votes: str) -> list[Voice]:
    """One seat a word: "yes", "-" for none yet, "+yes" added after, "<yes" before, "x" closed."""
    found = []
    for seat, word in enumerate(votes, start=1):
        order = {"+": 11, "<": 9}.get(word[:1], 10)
        vote = word.lstrip("+<").replace("-", "").replace("x", "")
        found.append(Voice(seat, order, vote, word[:1] in "+<", "x" in word))
    return found


@pytest.mark.parametrize(
    ("rule", "votes", "state", "turn"),
    [
        (ANY, ["-"], "open", (1,)),
        (ANY, ["yes"], "passed", ()),
        (ANY, ["no"], "failed", ()),
        (ANY, ["return"], "returned", ()),
        (ANY, ["-", "-"], "open", (1, 2)),
        (ANY, ["yes", "-"], "passed", ()),
        (ANY, ["-", "<-"], "open", (2,)),
        (ANY, ["-", "<yes"], "open", (1,)),
        (ANY, ["yes", "+-"], "open", (2,)),
        (ANY, ["yes", "+yes"], "passed", ()),
        (ANY, ["yes", "+no"], "failed", ()),
        (ANY, ["-", "<no"], "failed", ()),
        (ANY, ["conflict", "-"], "open", (2,)),
        (ANY, ["abstain", "yes"], "passed", ()),
        (ANY, ["abstain"], "failed", ()),
        (ANY, ["<yes", "conflict"], "failed", ()),
        (ALL, ["-", "-"], "open", (1, 2)),
        (ALL, ["yes", "-"], "open", (2,)),
        (ALL, ["yes", "yes"], "passed", ()),
        (ALL, ["yes", "no"], "failed", ()),
        (ALL, ["no", "-"], "failed", ()),
        (ALL, ["yes", "conflict", "-"], "open", (3,)),
        (ALL, ["yes", "conflict", "yes"], "passed", ()),
        (ALL, ["yes", "yes", "+-"], "open", (3,)),
        (ALL, ["-", "-", "<-"], "open", (3,)),
        (COMMITTEE, ["-", "-", "-"], "open", (1, 2, 3)),
        (COMMITTEE, ["yes", "yes", "-"], "open", (3,)),
        (COMMITTEE, ["yes", "yes", "no"], "passed", ()),
        (COMMITTEE, ["yes", "yes", "abstain"], "passed", ()),
        (COMMITTEE, ["yes", "abstain", "abstain"], "failed", ()),
        (COMMITTEE, ["yes", "no", "no"], "failed", ()),
        (COMMITTEE, ["no", "no", "-"], "failed", ()),
        (COMMITTEE, ["yes", "conflict", "-"], "returned", ()),
        (COMMITTEE, ["yes", "yes", "yes", "conflict", "no"], "passed", ()),
        (COMMITTEE, ["yes", "yes", "no", "conflict", "no"], "failed", ()),
        (COMMITTEE, ["yes", "yes", "yes", "-", "-"], "open", (4, 5)),
        (COMMITTEE, ["yes", "yes", "yes", "yes", "-"], "passed", ()),
        (COMMITTEE, ["yes", "yes", "x", "x", "yes"], "passed", ()),
    ],
)
def test_each_mode_passes_with_what_it_demands(
    rule: Rule, votes: list[str], state: str, turn: tuple[int, ...]
) -> None:
    found = count(rule, voices(*votes))
    assert (found.state, found.turn) == (state, turn)


def test_one_after_the_other_in_a_sequence() -> None:
    first, second = Voice(1, 10), Voice(2, 20)
    assert count(SEQUENCE, [first, second]).turn == (1,)
    assert count(SEQUENCE, [Voice(1, 10, "yes"), second]).turn == (2,)
    assert count(SEQUENCE, [Voice(1, 10, "yes"), Voice(2, 20, "yes")]).state == "passed"


@pytest.mark.parametrize(
    ("votes", "state"),
    [
        (["yes", "yes", "no", "-", "-"], "passed"),
        (["yes", "no", "no", "-", "-"], "failed"),
        (["yes", "yes", "-", "-", "-"], "returned"),
        (["yes", "yes", "abstain", "-"], "passed"),
    ],
)
def test_the_minutes_end_the_meeting_over_those_who_were_there(
    votes: list[str], state: str
) -> None:
    assert count(COMMITTEE, voices(*votes), closing=True).state == state


@given(st.lists(st.sampled_from(["yes", "no", "abstain", "conflict", "-"]), max_size=9))
def test_a_committee_never_passes_without_quorum_and_share(votes: list[str]) -> None:
    if count(COMMITTEE, voices(*votes)).state == "passed":
        cast = [one for one in votes if one in ("yes", "no", "abstain")]
        may = [one for one in votes if one != "conflict"]
        assert len(cast) >= 3 and 3 * votes.count("yes") >= 2 * len(may)


@given(
    st.lists(st.sampled_from(["yes", "no", "-", "+yes", "+no", "+-", "<yes"]), max_size=7),
    st.sampled_from([ALL, ANY, SEQUENCE]),
)
def test_persons_never_pass_over_a_no_or_an_added_seat_that_waits(
    votes: list[str], rule: Rule
) -> None:
    if count(rule, voices(*votes)).state == "passed":
        assert "yes" in votes and not {"no", "+no", "+-"} & set(votes)
        assert rule.mode == "any" or "-" not in votes
