"""Modules and functions that one can read in a sitting, and names that say something."""

from __future__ import annotations

import pytest

from tests.house.plan import LINES_LOOK, banned_names, modules, size_faults, words_of

# A data key is the vault's own word for the key that seals one person's or company's columns;
# get_context_data is how Django asks a view for what its page shows.
EXCUSED = frozenset({"DataKey", "get_context_data"})


def test_modules_and_functions_stay_readable() -> None:
    faults = [f"{m.name}: {fault}" for m in modules() for fault in size_faults(m.source)]
    assert not faults, "\n".join(faults)


def test_long_modules_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Over 400 lines is a reason to look, not a fault; the list is short on purpose."""
    long = [m.name for m in modules() if m.source.count("\n") > LINES_LOOK]
    with capsys.disabled():
        if long:
            print(f"\nover {LINES_LOOK} lines: {', '.join(long)}")
    assert len(long) <= 6, long


def test_a_long_module_and_a_long_function_are_found() -> None:
    assert size_faults("x = 1\n" * 601)
    body = "\n".join(["    x = 1"] * 60)
    assert "f has 61 lines" in size_faults(f"def f():\n{body}\n")[0]
    assert not size_faults(f"def f():\n{body[10:]}\n")


def test_names_say_what_a_thing_is() -> None:
    found = [
        f"{m.name}: {name}" for m in modules() for name in banned_names(m.name, m.source, EXCUSED)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("xinheng.limits.helpers", ""),
        ("xinheng.limits.actions", "class LineManager: ..."),
        ("xinheng.limits.actions", "def get_data(): ..."),
        ("xinheng.limits.actions", "async def _handler_of(): ..."),
    ],
)
def test_a_name_that_says_nothing_is_found(module: str, source: str) -> None:
    assert banned_names(module, source)


def test_every_excuse_is_still_needed() -> None:
    used = {name for m in modules() for name in banned_names(m.name, m.source)}
    assert used == EXCUSED


def test_a_banned_word_inside_another_word_is_fine() -> None:
    assert not banned_names("xinheng.limits.database", "def inform(): ...\nclass Utility: ...")
    assert words_of("HoldQueue2View") == {"hold", "queue2", "view"}
