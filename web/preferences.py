"""Preferences of a reader: `?lang=en` at any address sets one, and a cookie keeps it.

    lang        the language of the pages; by default the browser's
    theme       light or dark; by default the system's
    keys        on or off: single keys as shortcuts
    images      show or block: pictures of other sites
    pane        on or off: on wide pages, the article beside the results
    list        roomy or compact: the lines of a result
    rows        10, 20 or 50: results on a page, where the address has no `size`

Responses name what they depend on in `Vary`, so that caches keep them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, request

from index.language import LANGUAGES, closest, gettext_noop
from web.context import context
from web.language import gettext, language

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
    "pane": (
        gettext_noop("Article beside the results"),
        {"on": gettext_noop("on"), "off": gettext_noop("off")},
    ),
    "list": (
        gettext_noop("List"),
        {"roomy": gettext_noop("roomy"), "compact": gettext_noop("compact")},
    ),
    "rows": (gettext_noop("Results on a page"), {"10": "10", "20": "20", "50": "50"}),
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
    app.jinja_env.globals |= {"choices": choices, "theme": theme, "has_keys": has_keys, "looks": looks}


def theme() -> str:
    """The theme of the response: `system`, `light` or `dark`."""
    return _chosen("theme")


def has_keys() -> bool:
    """True if single keys are shortcuts. They can be turned off, because they interfere with speech input."""
    return _chosen("keys") == "on"


def looks() -> str:
    """The classes of a list of results."""
    classes = {"with-pane": _chosen("pane") == "on", "compact": _chosen("list") == "compact"}
    return " ".join(name for name, is_wanted in classes.items() if is_wanted)


def rows() -> int:
    """The number of results on a page."""
    return int(_chosen("rows"))


def shows_pictures() -> bool:
    """True if pictures of other sites are loaded: both site and reader allow it."""
    return context().settings.images == "show" and _chosen("images") == "show"


def choices() -> list[Choice]:
    """The preferences for the menu of a page."""
    active = {name: language() if name == "lang" else _chosen(name) for name in _NAMES}
    shown = [name for name in _NAMES if name != "images" or context().settings.images == "show"]
    return [
        Choice(
            name,
            gettext(_NAMES[name][0]),
            tuple(
                Option(
                    title if name in ("lang", "rows") else gettext(title),
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
    replaced = {name, "size", "page"} if name == "rows" else {name}
    kept = [(key, kept) for key, kept in request.args.items(multi=True) if key not in replaced]
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
