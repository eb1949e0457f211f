"""`xinheng user`: a second person from the command line, and the end of one's access."""

from __future__ import annotations

from tests.web.pages import signed_in
from xinheng.people.models import User


def test_a_person_is_added_with_a_password_shown_once(run, client):
    done = run("user", "add", "wang", "--role", "credit_manager", "--full-name", "王芳", "--json")
    assert done.code == 0
    answer = done.json
    assert (answer["username"], answer["name"], answer["unit"]) == ("wang", "王芳", None)
    assert answer["roles"] == ["credit_manager"] and len(answer["password"]) == 16
    user = User.objects.get(username="wang")
    assert user.check_password(answer["password"]) and user.sees_all_units
    listed = run("user", "list", "--json").json
    assert "wang" in [one["username"] for one in listed]
    assert all("password" not in one for one in listed)
    assert "王芳" in run("user", "list").out


def test_a_person_of_one_unit_sees_that_unit(run):
    answer = run("user", "add", "li", "--role", "sales", "--unit", "EAST", "--json").json
    assert answer["unit"] == "EAST"
    assert not User.objects.get(username="li").sees_all_units


def test_unknown_roles_units_and_taken_names_are_refused(run):
    assert "没有角色“boss”" in run("user", "add", "li", "--role", "boss").err
    assert "没有业务单元“MOON”" in run("user", "add", "li", "--role", "sales", "--unit", "MOON").err
    assert "已被使用" in run("user", "add", "alice", "--role", "sales").err
    assert run("user", "add", "li").code == 2
    assert not User.objects.filter(username="li").exists()


def test_a_deactivated_person_is_out_at_once(world, run):
    bob = signed_in(world.bob)
    assert bob.get("/customers/").status_code == 200
    assert run("user", "deactivate", "bob", "--json").json == {
        "username": "bob",
        "deactivated": True,
    }
    assert bob.get("/customers/").status_code == 302
    assert run("user", "deactivate", "bob", "--json").json["deactivated"] is False


def test_the_last_administrator_stays(run):
    done = run("user", "deactivate", "root")
    assert done.code == 1 and "最后一位系统管理员" in done.err
    assert "没有用户“ghost”" in run("user", "deactivate", "ghost").err
    assert User.objects.get(username="root").is_active
