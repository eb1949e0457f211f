"""What a customer can be found by: names, pinyin, initials, USCC and code in one lower-case text.

PostgreSQL finds any part of it by trigrams. pypinyin is loaded when the first Chinese name is
written, never at start-up. Its own segmenter would take most of an import of 100,000 names, so a
name is cut here: the longest phrase of its dictionary first (重庆 is chongqing, not zhongqing),
else one character; each part is read once. Example: 重庆长安 → "chongqingchangan", "cqca".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable
from functools import cache, lru_cache

PINYIN_MAX = 400
INITIALS_MAX = 100
PHRASE_MAX = 4


@cache
def _phrases() -> Container[str]:
    from pypinyin.phrases_dict import phrases_dict

    found: Container[str] = phrases_dict
    return found


@lru_cache(maxsize=50_000)
def _read(part: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(part, style=Style.NORMAL, errors="ignore"))


def syllables(run: str) -> list[str]:
    """The readings of a run of Chinese characters."""
    phrases = _phrases()
    found: list[str] = []
    start = 0
    while start < len(run):
        sizes = range(min(PHRASE_MAX, len(run) - start), 1, -1)
        size = next((size for size in sizes if run[start : start + size] in phrases), 1)
        found.extend(_read(run[start : start + size]))
        start += size
    return found


def pinyin_of(name: str) -> tuple[str, str]:
    """(pinyin, initials) of a name; empty for a name without Chinese characters.

    Latin letters and digits inside a Chinese name stay in both: "TCL科技" → ("tclkeji", "tclkj").
    """
    if not any(_chinese(character) for character in name):
        return "", ""
    whole: list[str] = []
    firsts: list[str] = []
    for is_chinese, run in _runs(fold(name)):
        if is_chinese:
            read = syllables(run)
            whole.extend(read)
            firsts.extend(syllable[0] for syllable in read if syllable)
        else:
            whole.append(run)
            firsts.append(run)
    return "".join(whole)[:PINYIN_MAX], "".join(firsts)[:INITIALS_MAX]


def fold(text: str) -> str:
    """One spelling for comparing: full-width letters become ASCII (NFKC), case goes."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def search_text_of(parts: Iterable[str], lines: Iterable[str] = ()) -> str:
    """The text that is searched: each part written for searching, on a line of its own, once.

    lines: of an older search text, kept as they are.
    """
    written = (sought(part) for part in parts if part)
    return "\n".join(dict.fromkeys([*written, *lines]))


def sought(text: str) -> str:
    """A text as it stands in the search text: Chinese characters become three letters each.

    Trigrams know letters only, and which characters are letters depends on the server's locale;
    a capital and two small letters are letters everywhere, and make one character one trigram, so
    that even a question of one character uses the index. 长安 → "T4kH0p"; latin text is only
    folded: it has no capitals, so neither is ever mistaken for the other.
    """
    return "".join(map(_written, fold(text)))


@lru_cache(maxsize=100_000)
def _written(character: str) -> str:
    if not _chinese(character):
        return character
    place = ord(character) - 0x3400
    if place < 22 * 36 * 36:  # all of the basic plane: A… to V…
        return chr(65 + place // 1296) + _DIGITS[place // 36 % 36] + _DIGITS[place % 36]
    place = ord(character) - 0x20000  # the rare ones: X…, Y…, Z… and one letter more
    rest = _DIGITS[place // 1296 % 36] + _DIGITS[place // 36 % 36] + _DIGITS[place % 36]
    return chr(88 + place // 46_656) + rest


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def _runs(text: str) -> list[tuple[bool, str]]:
    """The text cut into runs of Chinese and of letters and digits; everything else separates."""
    runs: list[tuple[bool, str]] = []
    current = ""
    kind: bool | None = None
    for character in text:
        now = True if _chinese(character) else (False if character.isalnum() else None)
        if now is not kind:
            if kind is not None and current:
                runs.append((kind, current))
            current, kind = "", now
        if now is not None:
            current += character
    if kind is not None and current:
        runs.append((kind, current))
    return runs
