"""`tools/check_texts.py` finds a text that is there in one language only."""

from __future__ import annotations

import pytest

from tools.check_texts import pair_fault, python_faults, template_faults


@pytest.mark.parametrize(
    "template",
    [
        "<p>放行</p>",
        "<p>Release</p>",
        '<input placeholder="Customer">',
        '<p>{% t "放行" %}</p>',
        '<p>{% t "放行" "" %}</p>',
        '<p>{% t "Release" "Release" %}</p>',
        '<p>{% t "放行" "放行" %}</p>',
    ],
)
def test_a_text_in_one_language_is_found(template: str) -> None:
    assert list(template_faults(template))


@pytest.mark.parametrize(
    "template",
    [
        '<p>{% t "放行" "Release" %} {{ amount }} CNY</p>',
        '<input placeholder="{% t "客户" "Customer" %}">',
        "{# 注释 #}<script>var release = 1</script>",
        "{% block body_class %}door{% endblock %}&emsp;",
    ],
)
def test_texts_in_both_languages_and_marks_pass(template: str) -> None:
    assert not list(template_faults(template))


def test_python_of_the_doors_speaks_through_t() -> None:
    assert list(python_faults('title = "放行"', strict=True))
    assert list(python_faults('title = T("放行", "")', strict=True))
    assert not list(python_faults('title = T("放行", "Release")', strict=True))
    assert not list(python_faults('UNDO = ("撤销", "undo")', strict=True))


def test_the_line_is_the_line_of_the_fault() -> None:
    assert [line for line, _ in template_faults('<p>\n{% t "放" "a b" %}\n</p>\n放行')] == [4]
    assert pair_fault("放行", "Release") == ""
