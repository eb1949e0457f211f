"""Signing in against people who guess, fix sessions or lead astray; and what each answer carries.

Headers are asked of every kind of answer: page, refusal, redirect, JSON, download, the public log.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.serializers import serialize
from django.test import Client, override_settings

from tests.house.plan import REPOSITORY
from tests.security.scene import Scene, taken_back
from tests.security.test_permission_matrix import copy_of
from tests.world import AT, PASSWORD
from xinheng.people.actions import create_api_key
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a-passphrase-that-nobody-has"


@pytest.fixture(autouse=True)
def in_a_savepoint(scene: Scene) -> Any:
    with taken_back():
        yield


def enter(client: Client, name: str, password: str, **more: str) -> Any:
    return client.post("/sign-in/", {"username": name, "password": password, **more})


@override_settings(AXES_ENABLED=True)
def test_guessing_at_one_name_shuts_that_name_and_no_other(scene: Scene) -> None:
    client = Client()
    codes = [enter(client, "alice", f"guess-{n}").status_code for n in range(10)]
    assert codes[-1] == 429
    assert enter(client, "alice", PASSWORD).status_code == 429
    assert enter(Client(), "dora", PASSWORD).status_code == 302


@override_settings(AXES_ENABLED=True)
def test_a_guess_at_a_name_that_is_not_there_looks_the_same(scene: Scene) -> None:
    pages = set()
    for name in ("alice", "nobodyy"):
        codes = []
        for n in range(10):
            answer = enter(Client(), name, f"guess-{n}")
            codes.append(answer.status_code)
            if n == 0:
                page = answer.content.decode().replace(name, "NAME")
                hidden = r'csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": *"\w+"'
                pages.add(re.sub(hidden, "", page))
        assert codes == [422] * 7 + [429] * 3, name
    assert len(pages) == 1


def test_a_name_that_is_not_there_costs_a_hash_too(scene: Scene, monkeypatch: Any) -> None:
    # Time tells otherwise: hashing is the only slow part, so it must happen for every name.
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    for name in ("alice", "nobody"):
        hashed.clear()
        enter(Client(), name, "guess")
        assert hashed == ["guess"], name


def test_a_session_given_by_somebody_else_is_not_kept(scene: Scene) -> None:
    client = Client()
    client.get("/sign-in/")
    client.cookies["xinheng_session"] = "planted0planted0planted0planted0"
    enter(client, "alice", PASSWORD)
    given = client.cookies["xinheng_session"].value
    assert given != "planted0planted0planted0planted0" and len(given) >= 32
    assert not Session.objects.filter(session_key__startswith="planted").exists()


def test_a_session_ends_on_the_server_when_its_person_signs_out(scene: Scene) -> None:
    client = Client()
    enter(client, "alice", PASSWORD)
    stolen = copy_of(client)
    assert stolen.get("/portfolio/").status_code == 200
    answer = client.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert stolen.get("/portfolio/").status_code == 302


def test_a_new_password_ends_every_session_of_before(scene: Scene) -> None:
    client = Client()
    enter(client, "bob", PASSWORD)
    scene.world.bob.set_password("another long passphrase")
    scene.world.bob.save()
    assert client.get("/portfolio/").status_code == 302


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https:///evil.example",
    "\t//evil.example",
    "https://testserver@evil.example/",
)


@pytest.mark.parametrize("where", ELSEWHERE)
def test_no_redirect_leaves_the_house(scene: Scene, where: str) -> None:
    assert enter(Client(), "alice", PASSWORD, next=where)["Location"] == "/"
    client = copy_of(scene.clients["alice"])
    assert client.get("/sign-in/", {"next": where})["Location"] == "/"
    answer = client.post("/language/", {"language": "en", "next": where})
    assert answer["Location"] in ("/", "/language/")
    asked = Client().get("/portfolio/", headers={"HX-Request": "true", "HX-Current-URL": where})
    assert asked["HX-Redirect"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("language", ["xx", "en\r\nSet-Cookie: a=b", "../..", "x" * 5000, ""])
def test_a_language_that_is_not_ours_sets_no_cookie(scene: Scene, language: str) -> None:
    answer = Client().post("/language/", {"language": language})
    assert answer.status_code == 302 and not answer.cookies


def test_a_forged_host_is_refused(scene: Scene) -> None:
    answer = Client(raise_request_exception=False).get(
        "/sign-in/", headers={"host": "evil.example"}
    )
    assert answer.status_code == 400 and b"evil.example" not in answer.content


# --- What no log, table or page may keep


@override_settings(AXES_ENABLED=True)
def test_secrets_are_in_no_log_table_or_page(scene: Scene, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("axes").propagate = True
    answers = [enter(Client(), "alice", CANARY), enter(Client(), "nobody", CANARY)]
    key = create_api_key("erp", owner=None, scopes=["orders.check"], actor=system("t"), at=AT)[1]
    secret = key.split("_")[2]
    for wrong in (key + "0", key[:-1], f"{key}\x00"):
        client = Client(raise_request_exception=False)
        bearer = {"Authorization": f"Bearer {wrong}"}
        answers.append(client.get("/api/v1/customers", headers=bearer))
        answers.append(client.post("/api/v1/order-checks", "{", headers=bearer, content_type="x"))
    attempts = serialize("json", AccessAttempt.objects.all())
    assert "alice" in attempts  # who was guessed at is kept, what was guessed is not
    told = caplog.text + attempts + "".join(a.content.decode() for a in answers)
    assert CANARY not in told and secret[:-1] not in told


# --- What every answer carries

ADDRESSES = [
    ("", "/sign-in/"),
    ("", "/portfolio/"),
    ("", "/nowhere/"),
    ("", "/healthz"),
    ("", "/api/v1/openapi.json"),
    ("", "/api/v1/docs"),
    ("", "/api/v1/customers"),
    ("", "/log/checkpoint"),
    ("alice", "/portfolio/"),
    ("alice", "/customers/EAST-1/"),
    ("alice", "/holds/"),
    ("alice", "/imports/templates/invoices.csv"),
    ("alice", "/ledger/checkpoint"),
    ("alice", "/customers/NOBODY/"),
    ("alice", "/customers/%00/"),
]


@pytest.mark.parametrize(("who", "where"), ADDRESSES)
def test_every_answer_carries_its_guards(scene: Scene, who: str, where: str) -> None:
    client = copy_of(scene.clients[who])
    answer = client.get(where)
    rules = answer["Content-Security-Policy"]
    for rule in (
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ):
        assert rule in rules
    assert "unsafe-eval" not in rules and "script-src 'self' " not in rules
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    if not where.startswith("/log/"):
        assert "no-store" in answer["Cache-Control"]


SECURE = """
import django; django.setup()
from django.conf import settings as s
from django.test import Client
secure = [s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE]
assert all(secure) and s.SESSION_COOKIE_HTTPONLY and s.SESSION_COOKIE_SAMESITE == "Lax"
assert s.SESSION_COOKIE_NAME.startswith("__Host-") and s.CSRF_COOKIE_NAME.startswith("__Host-")
assert (s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN) == ("/", None)
assert (s.CSRF_COOKIE_PATH, s.CSRF_COOKIE_DOMAIN) == ("/", None)
plain = Client().get("/healthz")
assert plain.status_code == 200, plain.status_code
assert Client().get("/sign-in/").status_code == 301
assert "max-age=31536000" in Client().get("/healthz", secure=True)["Strict-Transport-Security"]
print("kept")
"""


def test_with_https_cookies_are_bound_to_it_and_the_house_still_answers_its_supervisor(
    tmp_path: Path,
) -> None:
    # Broken build: /healthz is redirected to https, and the supervisor takes the process for dead.
    environment = os.environ | {"XINHENG_HTTPS": "1", "XINHENG_DATA": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "xinheng.settings"
    command = [sys.executable, "-W", "ignore", "-c", SECURE]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "kept", done.stderr
