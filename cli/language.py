"""The language of the terminal, and messages in it.

The rules of POSIX and gettext: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set names the locale;
where that is not C or POSIX, a list in `LANGUAGE` goes before it. Chinese is Simplified or Traditional,
everything else is English; so is a terminal whose encoding has no Chinese characters.
"""

from __future__ import annotations

import os
import sys
from unicodedata import east_asian_width

from index.language import CATALOGS, Translatable, catalog_name, closest, translated, translations

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_WITHOUT_LANGUAGE = ("", "C", "POSIX")
# In all encodings for Chinese.
_CHARACTERS = "中文"


def language() -> str:
    """The language of the terminal: a key of `index.language.LANGUAGES`."""
    locale = next(filter(None, map(os.environ.get, _LOCALE)), "")
    if _name(locale) in _WITHOUT_LANGUAGE:
        return "en"
    wanted = (os.environ.get("LANGUAGE") or locale).split(":")
    found = next(filter(None, (closest(_name(each)) for each in wanted)), "en")
    return found if found == "en" or _shows_chinese() else "en"


def prepare_language() -> None:
    """Lets click speak the language of the terminal, too: its messages are looked up by the standard library,
    which reads `LANGUAGE`."""
    if (chosen := language()) != "en":
        from gettext import bindtextdomain

        bindtextdomain("messages", str(CATALOGS))
        os.environ["LANGUAGE"] = catalog_name(chosen)


def gettext(message: str | Translatable) -> str:
    """A message in the language of the terminal."""
    return translated(message, language())


def _(text: str, /, **values: object) -> str:
    """A message with values, in the language of the terminal."""
    template = translations(language()).gettext(text)
    return template.format(**values) if values else template


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """A message that depends on a number, in the language of the terminal."""
    return translations(language()).ngettext(one, many, number).format(**values)


def width(text: str) -> int:
    """The columns that a text takes: two for a wide character.

    >>> width("ab"), width("索引"), width("a，")
    (2, 4, 3)
    """
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, columns: int) -> str:
    """A text with spaces behind it, in so many columns."""
    return text + " " * (columns - width(text))


def _name(locale: str) -> str:
    """Language and region of a locale, such as `zh_CN` of `zh_CN.UTF-8@pinyin`."""
    return locale.partition(".")[0].partition("@")[0]


def _shows_chinese() -> bool:
    for stream in (sys.stdout, sys.stderr):
        try:
            _CHARACTERS.encode(getattr(stream, "encoding", None) or "utf-8")
        except (LookupError, UnicodeEncodeError):
            return False
    return True
