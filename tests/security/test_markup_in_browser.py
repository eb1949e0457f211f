"""Kept markup in a real browser: Alice walks through her book, and no script of a stranger runs.

The server-side look (`test_hostile_inputs.py`) reads what is sent; this one sees what a browser
makes of it, charts and tooltips included. A broken rule of the CSP would speak on the console.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.web.pages import buyer
from tests.world import PASSWORD, ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)
MARK = "\"'></script><script>window.ran=1</script><img src=x: onerror=window.ran=2>"


def test_a_stranger_s_markup_never_runs(served: str, page: Any) -> None:
    world = make_world()
    # The web process knows only a real hasher; tests make passwords with a fast one.
    world.alice.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-tests")
    world.alice.name = world.alice.name_en = MARK
    world.alice.save()
    buyer("MARK-1", world.units["EAST"], 1_00, name=MARK, name_en=MARK, open_items=50)
    check_orders([ask(MARK[:80], "MARK-1", 900_00)], actor=world.actor("bob"))
    decision = Decision.objects.get()
    heard: list[str] = []
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.set_default_timeout(10_000)
    page.goto(f"{served}/sign-in/?next=/portfolio/")
    page.fill("#id_username", "alice")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(served + "/portfolio/")
    for where in (
        "/portfolio/",
        "/customers/",
        "/customers/MARK-1/",
        "/customers/MARK-1/file/timeline/",
        "/orders/check/?customer=MARK-1",
        f"/decisions/{decision.pk}/",
        "/holds/",
        "/limits/of/MARK-1/CNY/",
    ):
        page.goto(served + where)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.ran") is None, where
        assert "window.ran" in page.content() or where == "/limits/of/MARK-1/CNY/", where
    assert heard == []
