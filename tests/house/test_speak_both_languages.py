"""Whatever people read is there in Chinese and in English: reasons, refusals, pages.

The list of reason codes is held against what `decide` can say, read from its syntax, so that a new
reason can't go out without words.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from enum import Enum
from types import ModuleType

import pytest

from tests.house.plan import HOUSE, REPOSITORY, modules
from xinheng.credit.decide import Reason
from xinheng.credit.reason_text import WORDINGS, codes, text
from xinheng.refusals import Refused
from xinheng.texts import T


def _check_texts() -> ModuleType:
    place = REPOSITORY / "tools" / "check_texts.py"
    spec = importlib.util.spec_from_file_location("check_texts", place)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK_TEXTS = _check_texts()


# --- Reasons


def reason_codes(source: str) -> set[str]:
    """Second item of each finding that is returned (outcome, code, measured, threshold), and codes
    of `Reason(…)`.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        item: ast.expr | None = None
        given = node.value if isinstance(node, ast.Return) else None
        if isinstance(given, ast.Tuple) and len(given.elts) == 4:
            item = given.elts[1]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and node.args:
            item = node.args[0]
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value:
            found.add(item.value)
    return found


def test_every_reason_that_decide_can_give_has_words() -> None:
    sources = [HOUSE / "credit" / name for name in ("decide.py", "checks.py")]
    said = {code for path in sources for code in reason_codes(path.read_text(encoding="utf-8"))}
    assert len(said) > 15
    assert said == set(codes())


def test_a_reason_without_words_is_found() -> None:
    source = 'def f():\n    return (check.outcome_on_fail, "moon_is_full", None, None)'
    assert reason_codes(source) - set(codes()) == {"moon_is_full"}
    with pytest.raises(KeyError):
        text(Reason("moon_is_full", None, None, "hold"), "CNY")


@pytest.mark.parametrize("code", codes())
def test_a_reason_is_said_in_two_languages_with_the_same_figures(code: str) -> None:
    wording = WORDINGS[code]
    assert not CHECK_TEXTS.pair_fault(wording.zh, wording.en)
    assert set(re.findall(r"{(\w+)}", wording.zh)) == set(re.findall(r"{(\w+)}", wording.en))


# --- Refusals


def refusals() -> list[Enum]:
    found: list[Enum] = []
    for module in modules():
        if module.stem != "refusals" or module.part == "refusals":
            continue
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, Enum) and thing is not Enum:
                found.extend(thing)
    return found


def refusal_faults(member: Enum) -> list[str]:
    if not isinstance(member.value, T):
        return ["its value is no T(…)"]
    zh, en = member.value.zh, member.value.en
    faults = [fault] if (fault := CHECK_TEXTS.pair_fault(zh, en)) else []
    # {zh} and {en} are one field in each language: a sentence that came from elsewhere.
    fields = [set(re.findall(r"{(\w+)}", said)) - {"zh", "en"} for said in (zh, en)]
    if fields[0] != fields[1]:
        faults.append("the two languages name different fields")
    if "code" in re.findall(r"{(\w+)}", zh):
        faults.append("a field can't be called code")
    return faults


def test_every_refusal_is_said_in_two_languages() -> None:
    assert len(refusals()) > 30
    faults = {f"{m.__class__.__name__}.{m.name}": f for m in refusals() if (f := refusal_faults(m))}
    assert not faults


def test_a_room_lists_its_refusals_in_one_enum() -> None:
    rooms = [type(member) for member in refusals()]
    assert len(set(rooms)) == len({kind.__module__ for kind in set(rooms)})


def test_a_refusal_in_one_language_is_found() -> None:
    class Bad(Enum):
        ONLY_ENGLISH = T("No", "No")
        OTHER_FIELDS = T("{amount} 太多", "{sum} is too much")
        PLAIN = "no"

    assert all(refusal_faults(member) for member in Bad)


def test_a_refusal_keeps_both_languages_when_it_is_filled() -> None:
    refused = Refused(next(m for m in refusals() if "{" not in m.value.zh))
    assert refused.text.zh and refused.text.en


# --- Pages and doors


def test_every_text_for_people_is_there_in_two_languages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    faulty = CHECK_TEXTS.main()
    assert faulty == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "template",
    [
        "<p>放行</p>",
        "<p>Release the hold</p>",
        '{% t "Release" "Release" %}',
        '{% t "放行" "" %}',
        '<input placeholder="Reason">',
    ],
)
def test_a_page_in_one_language_is_found(template: str) -> None:
    assert list(CHECK_TEXTS.template_faults(template))


def test_a_page_in_two_languages_is_fine() -> None:
    assert not list(CHECK_TEXTS.template_faults('<p>{% t "放行" "Release" %}</p>'))


def test_a_label_in_python_in_one_language_is_found() -> None:
    assert list(CHECK_TEXTS.python_faults('label = "放行"', True))
    assert not list(CHECK_TEXTS.python_faults('label = T("放行", "Release")', True))
