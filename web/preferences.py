"""Preferences of a reader: `?lang=en` at any address sets one, and a cookie keeps it.

    lang        the language of the pages; by default the browser's
    theme       light or dark; by default the system's
    keys        on or off: single keys as shortcuts
    images      show or block: pictures of other sites

Responses name what they depend on in `Vary`, so that caches keep them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, request

from web.context import context
from web.language import LANGUAGES, closest, gettext, gettext_noop, language

# The values of each preference and the messages that name them; the first is the default. A language is
# named in itself, and chosen by any tag that means it.
_NAMES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "lang": (gettext_noop("Language"), LANGUAGES),
    "theme": (
        gettext_noop("Colours"),
        {
            "system": gettext_noop("as the system"),
            "light": gettext_noop("light"),
            "dark": gettext_noop("dark"),
        },
    ),
    "keys": (
        gettext_noop("Single keys as shortcuts"),
        {"on": gettext_noop("on"), "off": gettext_noop("off")},
    ),
    "images": (
        gettext_noop("Pictures of other sites"),
        {"show": gettext_noop("show"), "block": gettext_noop("block")},
    ),
}
_YEAR = 365 * 24 * 3600
_TEXTS = ("text/html", "application/atom+xml", "application/opensearchdescription+xml")


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a preference: its name, the address of the page with it, and its tag if it is a language."""

    title: str
    url: str
    active: bool
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A preference in the menu."""

    name: str
    title: str
    options: tuple[Option, ...]


def init_preferences(app: Flask) -> None:
    """Makes an app remember the preferences of readers."""
    app.after_request(_remember)
    app.jinja_env.globals |= {"choices": choices, "theme": theme, "has_keys": has_keys}


def theme() -> str:
    """The theme of the response: `system`, `light` or `dark`."""
    return _chosen("theme")


def has_keys() -> bool:
    """True if single keys are shortcuts. They can be turned off, because they interfere with speech input."""
    return _chosen("keys") == "on"


def shows_pictures() -> bool:
    """True if pictures of other sites are loaded: both site and reader allow it."""
    return context().settings.images == "show" and _chosen("images") == "show"


def choices() -> list[Choice]:
    """The preferences for the menu of a page."""
    active = {"lang": language(), "theme": theme(), "keys": _chosen("keys"), "images": _chosen("images")}
    shown = [name for name in _NAMES if name != "images" or context().settings.images == "show"]
    return [
        Choice(
            name,
            gettext(_NAMES[name][0]),
            tuple(
                Option(
                    title if name == "lang" else gettext(title),
                    address + value,
                    value == active[name],
                    value if name == "lang" else "",
                )
                for value, title in _NAMES[name][1].items()
            ),
        )
        for name in shown
        for address in [_address(name)]
    ]


def _address(name: str) -> str:
    """The relative address of the same page, up to the value of a preference."""
    kept = [(key, kept) for key, kept in request.args.items(multi=True) if key != name]
    return f"?{urlencode([*kept, (name, '')])}"


def _chosen(name: str) -> str:
    values = list(_NAMES[name][1])
    asked = (_read(name, source.get(name, "")) for source in (request.args, request.cookies))
    return next((value for value in asked if value), values[0])


def _read(name: str, asked: str) -> str:
    """The requested value of a preference; empty if there is none or it is unknown."""
    if name == "lang":
        return closest(asked)
    return asked if asked in _NAMES[name][1] else ""


def _remember(response: Response) -> Response:
    if response.mimetype not in _TEXTS:
        return response
    response.vary.update(("Accept-Language", "Cookie"))
    for name in _NAMES:
        if value := _read(name, request.args.get(name, "")):
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                path=f"{request.script_root}/",
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )
    return response
