"""The languages in which souwen speaks to people: messages, and their catalogs.

Messages are English in the source; the catalogs in `index/translations` have the others. They are translated
where they are shown: `web/language.py` does it on pages, `cli/language.py` at a terminal. JSON, logs and what
is stored are English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Protocol

from index.errors import SouwenError

# BCP 47 tags of the languages, and what those who speak them call them.
LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
CATALOGS = Path(__file__).parent / "translations"
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


class Translatable(Protocol):
    """A message or an error for people: an English template and its values. A value may be a message."""

    @property
    def template(self) -> str: ...
    @property
    def values(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is translated where it is shown; as a string, it is English."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values) if self.values else self.template


def closest(tag: str) -> str:
    """The language that is closest to a BCP 47 tag or the name of a locale; empty where there is none.

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


def translated(message: str | Translatable, tag: str) -> str:
    """A message in a language."""
    catalog = translations(tag)
    if isinstance(message, str):
        return catalog.gettext(message)
    template = catalog.gettext(message.template)
    if not message.values:
        return template
    return template.format(**{name: _spoken(name, value, tag) for name, value in message.values.items()})


def _spoken(name: str, value: object, tag: str) -> object:
    """A value as it stands in a message: messages, and reasons of which the catalog knows the text, are
    translated."""
    if type(value) is ValueError and value.args:
        value = value.args[0]
    if isinstance(value, Message | SouwenError):
        return translated(value, tag)
    return translations(tag).gettext(str(value)) if name == "reason" else value


@cache
def translations(tag: str) -> NullTranslations:
    """The catalog of a language; English, the source's, needs none."""
    if tag == "en":
        return NullTranslations()
    return translation("messages", CATALOGS, [catalog_name(tag)], fallback=True)


def catalog_name(tag: str) -> str:
    """The folder of the catalog of a language."""
    return tag.replace("-", "_")
