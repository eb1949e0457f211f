"""The map: every part of the house stands on it, and imports and foreign keys only go down.

A second opinion to import-linter: this reads the syntax, imports inside functions and under
TYPE_CHECKING included, and looks at Django's model registry, where a reverse accessor would be an
upward door that no import linter sees.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from tests.house.plan import (
    DEPTH,
    DOORS,
    FLOORS,
    HOUSE,
    OTHER_FILES,
    PURE,
    REPOSITORY,
    ROOM_FILES,
    ROOMS,
    import_faults,
    modules,
)

WITHOUT_README = {"cli", "asgi", "urls", "refusals", "texts", "settings"}


def test_every_part_of_the_house_is_on_the_map() -> None:
    parts = {
        path.stem
        for path in HOUSE.iterdir()
        if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
    }
    assert parts - {"__init__"} == set(DEPTH)


def test_the_import_linter_has_the_same_floors() -> None:
    # Catches a floor that was moved in one of the two places only.
    linter = configparser.ConfigParser()
    linter.read(REPOSITORY / ".importlinter")
    layers = linter["importlinter:contract:floors"]["layers"].split("\n")
    told = [tuple(part.strip() for part in layer.split("|")) for layer in layers if layer.strip()]
    assert told == list(FLOORS)


def test_the_written_map_names_every_part() -> None:
    written = (REPOSITORY / "docs" / "house.md").read_text(encoding="utf-8")
    missing = [part for part in DEPTH if f"`{part}`" not in written]
    assert not missing, f"docs/house.md does not say what these are: {missing}"


@pytest.mark.parametrize("part", sorted(DEPTH))
def test_imports_only_go_down(part: str) -> None:
    faults = [
        f"{module.path.relative_to(REPOSITORY)} {fault}"
        for module in modules()
        if module.part == part
        for fault in import_faults(part, module.source)
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("part", "source", "fault"),
    [
        ("limits", "from xinheng.decisions.models import Decision", "may not import decisions"),
        ("limits", "def f():\n    import xinheng.web.urls", "may not import web"),
        ("limits", "if TYPE_CHECKING:\n    from xinheng import api", "may not import api"),
        ("credit", "from xinheng.merkle.tree import root_of", "may not import merkle"),
        ("web", "from xinheng.api.keys import keyed", "may not import api"),
        ("web", "from xinheng.attic import box", "not on the map"),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_found(part: str, source: str, fault: str) -> None:
    assert fault in import_faults(part, source)[0]


def test_an_import_that_goes_down_is_fine() -> None:
    source = "from xinheng.limits.actions import reserve\nfrom xinheng.decisions.facts import Party"
    assert import_faults("decisions", source) == []


def test_the_pure_floor_imports_no_framework() -> None:
    outside = ("django", "psycopg", "granian", "typer")
    found = [
        module.name
        for module in modules()
        if module.part in PURE
        for word in outside
        if f"import {word}" in module.source or f"from {word}" in module.source
    ]
    assert not found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_the_files_of_a_room(room: str) -> None:
    # A new file is welcome when it hurts without it; then its name is written into the plan.
    found = {path.stem for path in (HOUSE / room).glob("*.py")}
    extra = found - ROOM_FILES - OTHER_FILES[room]
    gone = OTHER_FILES[room] - found
    assert not extra, f"say in tests/house/plan.py why {room} needs {sorted(extra)}"
    assert not gone, f"tests/house/plan.py still names {sorted(gone)} in {room}"


@pytest.mark.parametrize("part", sorted(set(DEPTH) - WITHOUT_README))
def test_a_part_says_what_it_holds(part: str) -> None:
    readme = HOUSE / part / "README.md"
    assert readme.is_file(), f"xinheng/{part}/README.md: holds, promises, entry points"
    lines = readme.read_text(encoding="utf-8").splitlines()
    assert 5 <= len(lines) <= 60, f"{part}: {len(lines)} lines; a card, not a book"


def test_every_module_teaches_its_idea() -> None:
    import ast

    mute = [
        module.name
        for module in modules()
        if module.source.strip()
        and module.stem not in ("__init__", "apps", "__main__")
        and not ast.get_docstring(ast.parse(module.source))
    ]
    assert not mute


# --- Foreign keys


def _ours() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith("xinheng.")]


def _room_of(model: type[models.Model]) -> str:
    return model.__module__.split(".")[1]


def key_faults(model: type[models.Model]) -> Iterator[str]:
    """Foreign keys of a model that go up, or leave an accessor on another room's rows."""
    for field in model._meta.get_fields():
        if not isinstance(field, models.ForeignKey | models.ManyToManyField):
            continue
        target = field.related_model
        if not isinstance(target, type) or not target.__module__.startswith("xinheng."):
            continue
        mine, theirs = _room_of(model), _room_of(target)
        if mine == theirs:
            continue
        where = f"{model.__name__}.{field.name} → {target.__name__}"
        if DEPTH[theirs] <= DEPTH[mine]:
            yield f"{where}: a foreign key goes up"
        if field.remote_field.related_name != "+":
            yield f'{where}: say related_name="+"'


def test_foreign_keys_only_go_down_and_leave_no_accessor() -> None:
    assert len(_ours()) > 20
    faults = [fault for model in _ours() for fault in key_faults(model)]
    assert not faults, "\n".join(faults)


def test_a_foreign_key_that_goes_up_is_found() -> None:
    bad = type(
        "Bad",
        (models.Model,),
        {
            "__module__": "xinheng.limits.models",
            "Meta": type("Meta", (), {"app_label": "scratch", "apps": _empty_registry()}),
            "decision": models.ForeignKey(apps.get_model("decisions", "Decision"), models.PROTECT),
        },
    )
    faults = list(key_faults(bad))
    assert any("goes up" in fault for fault in faults)
    assert any("related_name" in fault for fault in faults)


def _empty_registry() -> object:
    from django.apps.registry import Apps

    return Apps()


def test_rooms_are_installed_from_the_ground_up() -> None:
    from django.conf import settings

    installed = [name.split(".")[1] for name in settings.INSTALLED_APPS if "xinheng." in name]
    depths = [DEPTH[part] for part in installed]
    assert depths == sorted(depths, reverse=True)
    assert set(installed) <= set(ROOMS) | set(DOORS)
