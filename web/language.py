"""The language of the pages.

Messages are English in the source; catalogs have the translations. `script/messages.py` reads the messages
from templates and modules, and compiles `web/translations` (docs/architecture.md says how to add a
language).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Protocol, cast

from flask import Flask, g, request
from markupsafe import Markup

# BCP 47 tags of the languages of the pages, and what those who speak them call them.
LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
# For programs that ask for none, and for people who ask for others only.
_UNASKED = "zh-Hans"
_OTHERS = "en"
_CATALOGS = Path(__file__).parent / "translations"
_MONTHS = "January February March April May June July August September October November December".split()
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


class Message(Protocol):
    """A note or an error for people: an English template and its values."""

    @property
    def template(self) -> str: ...
    @property
    def values(self) -> Mapping[str, object]: ...


def init_language(app: Flask) -> None:
    """Registers the functions for translation in the templates of an app."""
    app.jinja_env.globals |= {
        "_": _,
        "ngettext": ngettext,
        "language": language,
        "in_chinese": _in_chinese,
    }
    app.jinja_env.filters["gettext"] = gettext


def language() -> str:
    """The language of the response: that of `?lang=`, else the cookie's, else the first that the browser
    accepts."""
    try:
        return cast(str, g.language)
    except AttributeError:  # asked for the first time in this request
        g.language = _chosen()
        return cast(str, g.language)


def closest(tag: str) -> str:
    """The language of the pages that is closest to a BCP 47 tag; empty where there is none.

    >>> [closest(tag) for tag in ("zh", "zh-HK", "zh_TW", "zh-Hans-HK", "en-GB", "fr")]
    ['zh-Hans', 'zh-Hant', 'zh-Hant', 'zh-Hans', 'en', '']
    """
    name, *rest = tag.replace("_", "-").lower().split("-")
    if name == "zh":
        return "zh-Hant" if "hans" not in rest and not _TRADITIONAL.isdisjoint(rest) else "zh-Hans"
    return "en" if name == "en" else ""


def gettext_noop(text: str) -> str:
    """Registers a message for extraction; it is translated where it is shown."""
    return text


def gettext(text: str | Message) -> str:
    """A message in the language of the response."""
    if isinstance(text, str):
        return _translations(language()).gettext(text)
    template = _translations(language()).gettext(text.template)
    return template.format(**text.values) if text.values else template


def local_day(day: date) -> str:
    """A day as written in the language of the response."""
    if language() == "en":
        return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def _in_chinese() -> Markup:
    """The `lang` attribute of an element with words of the archive, on a page in another language."""
    return Markup(' lang="zh"' if language() == "en" else "")


def _chosen() -> str:
    for asked in (request.args.get("lang", ""), request.cookies.get("lang", "")):
        if found := closest(asked):
            return found
    tags = [tag for tag, quality in request.accept_languages if quality > 0]
    if not tags:
        return _UNASKED
    return next((found for tag in tags if (found := closest(tag))), _UNASKED if "*" in tags else _OTHERS)


def _(text: str, /, **values: object) -> Markup:
    """A message as markup, in the language of the response. Values are escaped, unless they are markup."""
    translated = _markup(language(), text)
    return translated.format(**values) if values else translated


def ngettext(one: str, many: str, number: int, /, **values: object) -> Markup:
    """A message that depends on a number, in the plural form of the language, as markup."""
    translated = _translations(language()).ngettext(one, many, number)
    return Markup(translated).format(**values)  # written by translators


# A page has a hundred messages. Jinja's own extension takes ten times as long for each.
@lru_cache(maxsize=4096)
def _markup(tag: str, text: str) -> Markup:
    return Markup(_translations(tag).gettext(text))  # written by translators


@cache
def _translations(tag: str) -> NullTranslations:
    """The catalog of a language; English, the source's, needs none."""
    return translation("messages", _CATALOGS, [tag.replace("-", "_")], fallback=True)
