"""Addresses of searches and articles. A page of results has two hundred, so repeated parts are cached."""

from __future__ import annotations

from functools import lru_cache
from typing import cast
from urllib.parse import quote_plus

from flask import g, url_for

from search.request import SearchRequest
from search.serialize import article_url as article_path
from web import params
from web.context import context

# A value as it stands in a query string.
quoted = lru_cache(maxsize=10_000)(quote_plus)


_NOTHING = SearchRequest("")


def search_url(wanted: SearchRequest | None = None, /, **changes: params.Change) -> str:
    """The address of a search with some parameters changed (see `params.arguments`)."""
    query = query_string(wanted or _NOTHING, **changes)
    return f"{_root()}/search?{query}" if query else f"{_root()}/search"


def query_string(wanted: SearchRequest, **changes: params.Change) -> str:
    """The query string of a search with some parameters changed."""
    return "&".join([f"{name}={quoted(value)}" for name, value in params.pairs(wanted, **changes)])


def article_url(article_id: str, query: str = "") -> str:
    """The address of an article; with the query string of a search, its hits are highlighted."""
    path = _root() + article_path(article_id)
    return f"{path}?{query}" if query else path


def static_url(name: str) -> str:
    """The address of a static file. It changes with the content, so that browsers may cache it for ever."""
    return f"{_root()}/static/{name}?v={context().versions.get(name)}"


def _root() -> str:
    """The prefix of all pages."""
    try:
        return cast(str, g.root)
    except AttributeError:  # asked for the first time in this request
        g.root = url_for("views.home").rstrip("/")
        return cast(str, g.root)
