"""A fresh link is also a QR code: within the page, once, and of exactly the address shown."""

from __future__ import annotations

import base64
import re
from html import unescape
from urllib.parse import unquote

import pytest
import segno

from tests.web.test_inquiry_pages import LINK, client_of, text_of, world  # noqa: F401
from tests.world import World
from xinheng.web.inquiries.links import qr_of

pytestmark = pytest.mark.django_db(transaction=True)


def drawn(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<img src="(data:image/svg[^"]+)"', page)]


def test_a_new_link_has_its_code_and_the_list_afterwards_has_none(world: World) -> None:  # noqa: F811
    bob = client_of("bob")
    answer = bob.post("/inquiries/links/", {**LINK, "unit": str(world.units["EAST"])})
    shown = re.search(r'id="address"[^>]*>([^<]+)<', text_of(answer))
    assert shown and drawn(text_of(answer)) == [qr_of(unescape(shown[1]))]
    assert re.search(r"img-src [^;]*data:", answer["Content-Security-Policy"])
    assert drawn(text_of(bob.get("/inquiries/links/"))) == []


def test_the_picture_is_the_matrix_of_the_address_and_no_markup_gets_in() -> None:
    # Catches a code of another address, one that is mirrored or cropped, and a quiet zone too thin.
    address = "https://xinheng.example/in/" + "a" * 43 + "/"
    uri = qr_of(address)
    svg = unquote(uri.split(",", 1)[1])
    if ";base64" in uri:
        svg = base64.b64decode(uri.split(",", 1)[1]).decode()
    side = segno.make_qr(address, error="m").symbol_size(border=4)[0]
    assert f"width='{side * 4}' height='{side * 4}'" in svg
    assert "<script" not in svg and address not in svg
    assert qr_of(address) != qr_of(address.replace("a" * 43, "b" * 43))
