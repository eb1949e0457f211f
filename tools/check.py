"""`make check`: everything that can be said about the code without running its tests.

ruff (lint and format), strict mypy (credit, merkle, operate, every actions.py), the floors
(import-linter), bilingual texts, Django's deployment checks with production settings, migrations
that match the models. Each step prints one line; a failed one prints what its tool said. All steps
run, so that one round shows everything there is to mend.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PYTHON = sys.executable


def main(only: list[str]) -> int:
    failed = []
    with throw_away_database() as environment:
        for name, command in steps().items():
            if only and name not in only:
                continue
            if not passes(name, command, environment):
                failed.append(name)
    print("check:", f"{', '.join(failed)} failed" if failed else "all passed")
    return 1 if failed else 0


def steps() -> dict[str, list[str]]:
    manage = [PYTHON, "manage.py"]
    return {
        "ruff": [PYTHON, "-m", "ruff", "check", "--output-format=concise", "."],
        "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
        "texts": [PYTHON, "tools/check_texts.py"],
        "floors": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        "deploy": [*manage, "check", "--deploy", "--fail-level", "WARNING"],
        "migrations": [*manage, "makemigrations", "--check", "--dry-run"],
        "mypy": [PYTHON, "-m", "mypy", *strict_files()],
    }


def strict_files() -> list[str]:
    """What the house wants strictly typed."""
    actions = sorted(REPOSITORY.glob("xinheng/**/actions.py"))
    rooms = ["xinheng/credit", "xinheng/merkle", "xinheng/operate"]
    return [*rooms, *(str(path.relative_to(REPOSITORY)) for path in actions)]


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    mark = "ok  " if done.returncode == 0 else "FAIL"
    print(f"{mark} {name:<11} {time.monotonic() - begun:5.1f} s", flush=True)
    if done.returncode != 0:
        print((done.stdout + done.stderr).strip(), flush=True)
    return done.returncode == 0


@contextmanager
def throw_away_database() -> Iterator[dict[str, str]]:
    """Production settings on an empty PostgreSQL, for the checks that ask the database."""
    sys.path.insert(0, str(REPOSITORY))
    from xinheng.operate.cluster import THROW_AWAY, Cluster
    from xinheng.operate.paths import paths_at

    with tempfile.TemporaryDirectory(prefix="xinheng-check-") as folder:
        os.chmod(folder, 0o711)
        cluster = Cluster.at(paths_at(Path(folder)), os.environ, THROW_AWAY)
        cluster.create(sync=False)
        server = cluster.start()
        try:
            yield {
                **os.environ,
                "XINHENG_DATA": folder,
                "XINHENG_DSN": cluster.dsn(),
                "XINHENG_HTTPS": "1",
                "XINHENG_HOSTS": "credit.example.com",
                "DJANGO_SETTINGS_MODULE": "xinheng.settings",
                "PYTHONWARNINGS": "ignore::DeprecationWarning",
            }
        finally:
            cluster.stop(server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
