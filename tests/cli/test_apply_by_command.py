"""`xinheng application`: applied, listed, shown, by a file, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.world import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
WHO = ("--by", "bob", "--json")


@pytest.fixture
def selling(world: Any) -> Any:
    for code in ("C1", "C2", "C3"):
        make_customer(code, unit=world.units["EAST"])
    return world


def test_applied_shown_and_taken_back(selling: Any, run: Any) -> None:
    asked = ("800000.00", "--terms", "60", "--purpose", "旺季备货")
    made = run("application", "apply", "C1", *asked, *WHO)
    assert made.code == 0, made.err
    number = made.json["number"]
    assert (made.json["state"], made.json["asked"]) == ("submitted", "800000.00")
    assert [row["number"] for row in run("application", "list", *WHO).json] == [number]
    assert not run("application", "list", "--by", "eve", "--json").json
    shown = run("application", "show", number, *WHO).json
    assert [step["what"] for step in shown["trail"]] == ["drafted", "submitted"]
    assert run("application", "show", number, "--by", "eve", "--json").code == 1
    again = run("application", "apply", "C1", *asked, *WHO)
    assert again.code == 1 and number in again.err
    back = run("application", "withdraw", number, "--reason", "客户改为现款", *WHO)
    assert back.json["state"] == "withdrawn"


def test_a_file_is_applied_like_every_import(selling: Any, run: Any, tmp_path: Path) -> None:
    file = tmp_path / "wishes.csv"
    rows = [
        "客户编码,币种,金额,账期,用途",
        "C1,CNY,100000.00,30,补货备料",
        "C2,CNY,1e5,30,补货备料",
        "C9,CNY,1.00,30,补货备料",
        "C3,CNY,100000.00,thirty,补货备料",
    ]
    file.write_bytes("\n".join(rows).encode("gb18030"))
    brought = ("import", "applications", str(file), "--by", "alice", "--json")
    refused = run(*brought)
    assert refused.code == 1 and (refused.json["created"], refused.json["rejected"]) == (0, 3)
    assert "thirty" in Path(refused.json["errors_file"]).read_text("utf-8-sig")
    tried = run(*brought, "--skip-bad", "--dry-run")
    assert tried.code == 0 and tried.json["created"] == 1 and tried.json["batch"] is None
    done = run(*brought, "--skip-bad")
    assert (done.json["created"], done.json["unchanged"]) == (1, 0)
    again = run(*brought, "--skip-bad")
    assert (again.json["created"], again.json["unchanged"]) == (0, 1)
    (row,) = run("application", "list", *WHO).json
    assert (row["customer"], row["state"], row["asked"]) == ("C1", "submitted", "100000.00")
    undone = run("import", "undo", str(done.json["batch"]), "--json")
    assert (undone.json["removed"], undone.json["applications_kept"]) == (1, 0)
    assert run("application", "show", row["number"], *WHO).json["state"] == "withdrawn"
