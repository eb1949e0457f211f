"""`make bench [ARGS="order_check pages"]`: run the benchmarks, all or those named, and keep
figures.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

LATEST = Path(__file__).with_name("latest.json")
BENCHMARKS = ("order_check", "history", "imports", "book", "pages", "file", "models")


def main(wanted: list[str]) -> int:
    names = wanted or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            print(f"no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
            return 2
    if len(names) == 1:
        return _measure(names[0])
    # Each in a process of its own: Django is set up once per process, on one scratch database.
    for name in names:
        if failed := subprocess.run([sys.executable, "-m", "benchmarks", name]).returncode:
            return failed
    return 0


def _measure(name: str) -> int:
    measured = importlib.import_module(f"benchmarks.{name}").measure()
    for key, figure in measured.items():
        print(_line(key, figure))
    figures = json.loads(LATEST.read_text()) if LATEST.exists() else {}
    LATEST.write_text(json.dumps(figures | measured, indent=2, sort_keys=True) + "\n")
    print(f"written: {LATEST}")
    return 0


def _line(name: str, figure: dict[str, object]) -> str:
    ratio = figure["ratio"]
    against = f"  yardstick {figure['yardstick']}  ratio {ratio}" if ratio is not None else ""
    return f"{name:32} {figure['value']} {figure['unit']}{against}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
