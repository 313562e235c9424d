"""Addresses of searches and articles. A page of results has two hundred of them: what repeats is kept."""

from __future__ import annotations

from functools import lru_cache
from typing import cast
from urllib.parse import quote_plus

from flask import g, url_for

from search.request import SearchRequest
from search.serialize import article_url as article_path
from web import params
from web.context import context

_quoted = lru_cache(maxsize=10_000)(quote_plus)
_PARAMETERS = tuple((p.attribute, p.name, p.default, p.is_number) for p in params.SEARCH)


_NOTHING = SearchRequest("")


def search_url(wanted: SearchRequest | None = None, /, **changes: str | int) -> str:
    """The address of a search with some parameters changed (see `params.arguments`)."""
    query = query_string(wanted or _NOTHING, **changes)
    return f"{_root()}/search?{query}" if query else f"{_root()}/search"


def query_string(wanted: SearchRequest, **changes: str | int) -> str:
    """The query string of a search, as `urlencode(params.arguments(…))` writes it."""
    kept = _pieces(wanted)
    parts = []
    for attribute, name, default, is_number in _PARAMETERS:
        if attribute in changes:
            value = changes[attribute]
            if value != default:
                parts.append(f"{name}={_quoted(str(int(value) if is_number else value))}")
        elif attribute in kept and not (changes and attribute == "page"):
            parts.append(kept[attribute])
    return "&".join(parts)


def article_url(article_id: str, query: str = "") -> str:
    """The address of an article; with the query string of a search, its hits are marked."""
    path = _root() + article_path(article_id)
    return f"{path}?{query}" if query else path


def static_url(name: str) -> str:
    """The address of a static file, which changes when the file does: it may be cached for ever."""
    return f"{_root()}/static/{name}?v={context().versions.get(name)}"


def _root() -> str:
    """The prefix under which the pages are."""
    try:
        return cast(str, g.root)
    except AttributeError:  # asked for the first time in this request
        g.root = url_for("views.home").rstrip("/")
        return cast(str, g.root)


@lru_cache(maxsize=256)
def _pieces(wanted: SearchRequest) -> dict[str, str]:
    found = params.arguments(wanted)
    return {
        parameter.attribute: f"{parameter.name}={_quoted(str(found[parameter.name]))}"
        for parameter in params.SEARCH
        if parameter.name in found
    }
