"""The documentation names files, functions and commands that exist, and no place of ours."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.plan import HOUSE, REPOSITORY, modules
from xinheng.cli.main import COMMANDS

PAGES = sorted(
    [
        REPOSITORY / "README.md",
        REPOSITORY / "CHANGELOG.md",
        *(REPOSITORY / "docs").rglob("*.md"),
        *HOUSE.rglob("README.md"),
    ]
)
NAMES = [str(page.relative_to(REPOSITORY)) for page in PAGES]
TOUR = REPOSITORY / "docs" / "tour.md"


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links whose file is not there."""
    found = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    return [link for link in found if not (page.parent / link).exists()]


def missing_files(text: str) -> list[str]:
    """Paths of ours in backticks that lead nowhere."""
    told = re.findall(r"`((?:xinheng|tests|tools|docs|benchmarks)/[\w./-]+?)/?`", text)
    return [path for path in told if not (REPOSITORY / path).exists()]


def unknown_commands(text: str) -> list[str]:
    """`xinheng WORD` where the command has no such word."""
    told = re.findall(r"(?:bin/|`)xinheng ([a-z][a-z-]+)", text)
    return [word for word in told if word not in COMMANDS]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_paths_and_commands_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    pictures = {"docs/img/portfolio-zh.png"}  # photographed from the running pages
    assert [link for link in broken_links(page, text) if link not in pictures] == []
    assert missing_files(text) == []
    assert unknown_commands(text) == []


def test_a_dead_link_path_or_command_is_found() -> None:
    page = REPOSITORY / "README.md"
    assert broken_links(page, "see [the moon](docs/moon.md)") == ["docs/moon.md"]
    assert missing_files("read `xinheng/limits/magic.py`") == ["xinheng/limits/magic.py"]
    assert unknown_commands("run `xinheng conjure`") == ["conjure"]


def names_in_the_house() -> set[str]:
    """Every name that is defined anywhere: functions, classes, fields, and words in SQL tables."""
    found: set[str] = set()
    for module in modules():
        found |= {module.stem, module.part}
        for node in ast.walk(ast.parse(module.source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\w+", node.value)) if len(node.value) < 80 else set()
    return found


def told_names(text: str) -> Iterator[str]:
    """Identifiers in backticks: `Door.takes`, `facts_of`, `decide(facts, …)`."""
    for quoted in re.findall(r"`([A-Za-z_][\w.]*)(?:\([^`]*)?`", text):
        if "/" not in quoted and not quoted.endswith((".py", ".md", ".json")):
            yield from quoted.split(".")


def test_the_tour_calls_things_by_their_names() -> None:
    known = names_in_the_house()
    unknown = {name for name in told_names(TOUR.read_text(encoding="utf-8")) if name not in known}
    assert not unknown
    assert "conjure_credit" not in known


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_page_names_a_place_of_ours(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"/(?:work|tmp|home|root)/\w", text)
