"""Front-end files: from the npm registry, by lock, into xinheng/web/static/vendor/. No CDN, no copy
in git.

`tools/assets.json` is the written list: files with the SHA-256 that we looked at, licences, and the
names of Tabler icons (`scale`, or `filled/star`) that become one sprite: `<svg class="icon"><use
href="{% static 'vendor/icons.svg' %}#scale"/></svg>`. Add an icon: write its name into the list and
run `make run` or `.venv/bin/python tools/build_assets.py`. After a version was raised in
package.json: `python tools/build_assets.py --accept` writes the new hashes into the list, to be
looked at in the diff.

Standard library only. The folder is built beside its place and renamed there; its stamp is written
last, so that a killed build is simply done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LIST = REPOSITORY / "tools" / "assets.json"
MODULES = REPOSITORY / "node_modules"
VENDOR = REPOSITORY / "xinheng" / "web" / "static" / "vendor"
SOURCE_MAP = re.compile(rb"^(/\*#|//#) sourceMappingURL=.*$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    accept = "--accept" in arguments
    npm = next((a.removeprefix("--npm=") for a in arguments if a.startswith("--npm=")), "npm")
    if not accept and is_current():
        return 0
    install(npm)
    wanted = json.loads(LIST.read_text())
    if accept:
        accept_hashes(wanted)
    build(wanted)
    return 0


def is_current() -> bool:
    """Whether the vendor folder was built from today's lists."""
    stamp = VENDOR / ".stamp"
    return stamp.exists() and stamp.read_text() == fingerprint(LIST, LOCK, Path(__file__))


LOCK = REPOSITORY / "package-lock.json"


def fingerprint(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def install(npm: str) -> None:
    """`npm ci` when the lock has changed since the last time; its integrity hashes guard the
    packages.
    """
    if '"resolved"' in LOCK.read_text():
        sys.exit("package-lock.json names download addresses; make it again with our .npmrc")
    stamp = MODULES / ".xinheng-stamp"
    if stamp.exists() and stamp.read_text() == fingerprint(LOCK):
        return
    print("正在安装前端文件 · Installing front-end files (npm ci) …", file=sys.stderr, flush=True)
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path if os.sep in npm else os.environ.get("PATH", "")}
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(
            "npm ci 失败：请检查 npm 源是否可用，然后重试。 / "
            "npm ci failed: see above, check that the npm registry answers, and try again."
        )
    stamp.write_text(fingerprint(LOCK))


def build(wanted: dict) -> None:
    """Copies the list and the sprite into a fresh folder and puts it in place of the old one."""
    fresh = VENDOR.with_name("vendor.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for file in wanted["files"]:
        (fresh / file["to"]).parent.mkdir(parents=True, exist_ok=True)
        (fresh / file["to"]).write_bytes(checked(file))
    (fresh / "icons.svg").write_text(sprite(wanted["icons"]))
    (fresh / "LICENSES.txt").write_text(licences(wanted["licences"]))
    (fresh / ".stamp").write_text(fingerprint(LIST, LOCK, Path(__file__)))
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def checked(file: dict) -> bytes:
    """A file's bytes when they are those we looked at, without the pointer to its source map."""
    content = (MODULES / file["from"]).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != file["sha256"]:
        sys.exit(f"{file['from']}: SHA-256 is {found}, tools/assets.json says {file['sha256']}")
    return SOURCE_MAP.sub(b"", content)


def accept_hashes(wanted: dict) -> None:
    for file in wanted["files"]:
        file["sha256"] = hashlib.sha256((MODULES / file["from"]).read_bytes()).hexdigest()
    LIST.write_text(json.dumps(wanted, indent=2, ensure_ascii=False) + "\n")


def sprite(names: list[str]) -> str:
    """All picked icons as symbols of one file; strokes take the colour of the text around them."""
    symbols = "\n".join(symbol(name) for name in sorted(set(names)))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(name: str) -> str:
    kind, _, base = name.rpartition("/")
    source = MODULES / "@tabler" / "icons" / "icons" / (kind or "outline") / f"{base}.svg"
    if not source.exists():
        sys.exit(f"tools/assets.json: Tabler has no icon {name!r}")
    body = re.sub(r"(?s)^.*?<svg.*?>|</svg>\s*$", "", source.read_text())
    body = body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    drawn = (
        'fill="currentColor"'
        if kind == "filled"
        else 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"'
        ' stroke-linejoin="round"'
    )
    identity = f"{base}-filled" if kind == "filled" else base
    return f'<symbol id="{identity}" viewBox="0 0 24 24" {drawn}>{" ".join(body.split())}</symbol>'


def licences(packages: dict[str, str]) -> str:
    """The licence of every package that we serve a part of, as the package states it."""
    parts = []
    for package, file in packages.items():
        version = json.loads((MODULES / package / "package.json").read_text())
        head = f"{package} {version['version']} ({version['license']})"
        parts.append(f"{head}\n{'=' * len(head)}\n{(MODULES / file).read_text().strip()}\n")
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
