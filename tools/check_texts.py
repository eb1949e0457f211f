"""Every text that people see is there in Chinese and in English, and in no other way than by t and
T.

Templates: `{% t "中文" "English" %}` has two texts, the first with a Chinese character where it has
any letter, the second without one; outside of it no Chinese character and no English word may
stand, neither as text nor in an attribute that people read or hear. Python of the web and API
doors: `T("中文", "English")` likewise, and no other literal with Chinese characters, unless it sits
beside its English in a dictionary with the keys zh and en.

Names that are the same in both languages are listed in SAME_IN_BOTH.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef\u3000-\u303f]")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]{2,}")
SAME_IN_BOTH = {
    "Xinheng", "API", "JSON", "XLSX", "CSV", "PDF", "ID", "DSO", "USCC", "SHA", "RFC", "CC", "BY",
    "CNY", "USD", "EUR", "GBP", "HKD", "JPY", "Ctrl", "Esc", "Enter", "URL", "English", "Excel",
    "GB", "UTF", "zh", "en", "PD", "nbsp", "middot", "mdash", "ndash", "hellip", "times", "rarr",
    "larr", "amp", "lt", "gt", "quot", "AAA", "AA", "BBB", "BB", "CCC", "python", "xinheng",
}  # fmt: skip
LANGUAGE_NAME = "中文"  # the switch names each language in itself
T_TAG = re.compile(r"""\{%\s*t\s+("(?:[^"\\]|\\.)*"|'[^']*')\s+("(?:[^"\\]|\\.)*"|'[^']*')""")
T_ANY = re.compile(r"\{%\s*t\s+(?!\w+\.)")
READ_ATTRIBUTES = re.compile(
    r"""\b(?:title|alt|placeholder|aria-label|aria-description|hx-confirm)\s*=\s*"([^"]*)\""""
)
NOISE = (
    re.compile(r"\{#.*?#\}", re.DOTALL),
    re.compile(r"\{%\s*comment\b.*?endcomment\s*%\}", re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"\{%\s*block\s+\w*_class\s*%\}.*?\{%\s*endblock.*?%\}", re.DOTALL),
    re.compile(r"&#?\w+;|\b[\w.-]+\.(?:json|vkey|csv|xlsx|md)\b"),
)
MACHINE_BLOCKS = re.compile(
    r"<(script|style|svg|code|pre|kbd|samp)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)


def main() -> int:
    found = []
    for path in sorted(REPOSITORY.glob("xinheng/**/templates/**/*.*")):
        if path.suffix in {".html", ".txt", ".svg"}:
            found += [(path, *one) for one in template_faults(path.read_text())]
    for path in sorted(REPOSITORY.glob("xinheng/**/*.py")):
        if "migrations" not in path.parts:
            strict = {"web", "api"} & set(path.relative_to(REPOSITORY).parts)
            found += [(path, *one) for one in python_faults(path.read_text(), bool(strict))]
    for path, line, fault in found:
        print(f"{path.relative_to(REPOSITORY)}:{line}: {fault}")
    return 1 if found else 0


def template_faults(source: str) -> Iterator[tuple[int, str]]:
    """(line, fault) of one template."""
    for pattern in NOISE:
        source = pattern.sub(_blank, source)
    for tag in T_ANY.finditer(source):
        if not T_TAG.match(source, tag.start()):
            yield _line(source, tag.start()), "{% t %} needs two quoted texts, Chinese and English"
    for tag in T_TAG.finditer(source):
        fault = pair_fault(tag[1][1:-1], tag[2][1:-1])
        if fault:
            yield _line(source, tag.start()), fault
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", _blank, source, flags=re.DOTALL)
    for attribute in READ_ATTRIBUTES.finditer(bare):
        yield from _bare_words(bare, attribute[1], attribute.start(1))
    text = MACHINE_BLOCKS.sub(_blank, bare)
    text = re.sub(r"<[^>]*>", _blank, text, flags=re.DOTALL)
    for run in re.finditer(r"[^\n]+", text):
        yield from _bare_words(text, run[0], run.start())


def pair_fault(zh: str, en: str) -> str:
    """What is wrong with a pair of texts, or nothing."""
    if not zh.strip() or not en.strip():
        return "a text is empty in one language"
    if HAN.search(en) and en != LANGUAGE_NAME:
        return f"the English text has Chinese characters: {en!r}"
    words = set(WORD.findall(re.sub(r"\{\w*\}", "", zh))) - SAME_IN_BOTH
    if words and not HAN.search(zh):
        return f"the Chinese text has no Chinese: {zh!r}"
    return ""


def python_faults(source: str, strict: bool) -> Iterator[tuple[int, str]]:
    """(line, fault) of one module; `strict` where the module talks to people."""
    tree = ast.parse(source)
    excused: set[int] = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "T":
            excused |= {id(inner) for inner in ast.walk(node)}
            pair = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if len(pair) == 2 and all(isinstance(one, str) for one in pair):
                fault = pair_fault(*pair)
                if fault:
                    yield node.lineno, fault
        if is_written_pair(node):
            excused |= {id(inner) for inner in ast.walk(node)}
    if not strict:
        return
    for node in ast.walk(tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if literal and id(node) not in excused and HAN.search(node.value):
            yield node.lineno, f"Chinese outside T(…): {node.value[:40]!r}"


def is_written_pair(node: ast.AST) -> bool:
    """Both languages side by side without T: {"zh":…, "en":…}, a choice, `zh = …`, ("撤销",
    "undo").
    """
    if isinstance(node, ast.Dict):
        return {"zh", "en"} <= {getattr(key, "value", None) for key in node.keys}
    if isinstance(node, ast.Assign):
        return any(getattr(target, "id", "") == "zh" for target in node.targets)
    if isinstance(node, ast.JoinedStr | ast.Constant):
        return has_both("".join(_words_of(node)))
    if isinstance(node, ast.Tuple | ast.Call):
        parts = node.elts if isinstance(node, ast.Tuple) else node.args
        words = [word for part in parts for word in _words_of(part)]
        return any(HAN.search(w) for w in words) and any(is_english(w) for w in words)
    return isinstance(node, ast.IfExp)


def has_both(text: str) -> bool:
    return bool(HAN.search(text) and WORD.search(text))


def is_english(text: str) -> bool:
    return bool(WORD.search(text) and not HAN.search(text))


def _words_of(node: ast.AST) -> list[str]:
    """The literal texts of a constant or an f-string."""
    if isinstance(node, ast.JoinedStr):
        return [word for part in node.values for word in _words_of(part)]
    literal = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if literal else []


def _bare_words(whole: str, text: str, start: int) -> Iterator[tuple[int, str]]:
    if CJK.search(text):
        yield _line(whole, start), f"Chinese outside {{% t %}}: {text.strip()[:50]!r}"
        return
    words = [word for word in WORD.findall(text) if word not in SAME_IN_BOTH]
    if words:
        yield _line(whole, start), f"text outside {{% t %}}: {text.strip()[:50]!r}"


def _blank(match: re.Match[str]) -> str:
    """Takes a stretch away and keeps its line breaks, so that line numbers stay right."""
    return "\n" * match[0].count("\n") or " "


def _line(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main())
