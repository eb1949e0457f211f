"""`xinheng WORDS…` on the test's database, through the console script's own function."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from xinheng.cli.main import run as console_script


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(world: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["xinheng", *map(str, words)])
        capsys.readouterr()
        try:
            console_script()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def world(transactional_db: None) -> Any:
    from tests.world import make_world  # models: only once Django is set up

    return make_world()
