"""Writes requirements/*.lock from requirements/*.in: exact versions with the hashes of every wheel.

`make lock` keeps what is pinned and adds what is new; `make lock UPGRADE=1` takes newer releases
where the .in files allow it. The locks hold for Python 3.11 and later on every platform, and name
no host and no path, so that they install from whatever index the machine is set to. dev.in is
compiled with runtime.lock as a constraint: what both need has one version.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
NAMES = ("runtime", "dev", "build")


def main(arguments: list[str]) -> int:
    for name in NAMES:
        compile_lock(name, upgrade="--upgrade" in arguments)
        require_no_host(FOLDER / f"{name}.lock")
    return 0


def compile_lock(name: str, *, upgrade: bool) -> None:
    """One lock with uv, from its own folder so that no path is written into it."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate"]  # addresses are left out by default
    command += ["--upgrade"] if upgrade else []
    command += [f"{name}.in", "-o", f"{name}.lock"]
    subprocess.run(command, cwd=FOLDER, check=True)


def require_no_host(lock: Path) -> None:
    for number, line in enumerate(lock.read_text().splitlines(), 1):
        names_path = line.lstrip().startswith(("-", "/")) and "--hash=" not in line
        if "://" in line or names_path:
            sys.exit(f"{lock.name}:{number}: a lock may name no host and no path: {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
