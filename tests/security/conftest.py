"""One scene for a whole module of tests; it is taken back when the module ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.security.scene import Scene


@pytest.fixture(scope="module")
def scene(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    from django.test import override_settings

    from tests.security.scene import set_scene, taken_back  # once Django's apps are loaded

    folder: Path = tmp_path_factory.mktemp("scene")
    here = override_settings(XINHENG_LEDGER_DIR=folder, XINHENG_IMPORTS_DIR=folder)
    with django_db_blocker.unblock(), here, taken_back():
        yield set_scene(folder)
