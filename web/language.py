"""The language of the pages: that of each request. `index/language.py` has the messages and catalogs."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import date
from functools import lru_cache

from flask import Flask, appcontext_pushed, request
from markupsafe import Markup

from index.language import Translatable, closest, translated, translations

# For programs that ask for none, and for people who ask for others only.
_UNASKED = "zh-Hans"
_OTHERS = "en"
_MONTHS = "January February March April May June July August September October November December".split()
# That of the response, once it was asked for: a page asks 150 times, for which `flask.g` takes a millisecond.
_language: ContextVar[str] = ContextVar("language", default="")


def init_language(app: Flask) -> None:
    """Registers the functions for translation in the templates of an app."""
    appcontext_pushed.connect(_forget, app)
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
    found = _language.get()
    if not found:
        found = _chosen()
        _language.set(found)
    return found


def _forget(sender: Flask, **_: object) -> None:
    _language.set("")


def gettext(text: str | Translatable) -> str:
    """A message in the language of the response."""
    return translated(text, language())


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
    translated = translations(language()).ngettext(one, many, number)
    return Markup(translated).format(**values)  # written by translators


# A page has a hundred messages. Jinja's own extension takes ten times as long for each.
@lru_cache(maxsize=4096)
def _markup(tag: str, text: str) -> Markup:
    return Markup(translations(tag).gettext(text))  # written by translators
