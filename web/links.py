"""Addresses of searches and articles. A page of results has two hundred, so repeated parts are cached."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from urllib.parse import quote_plus

from flask import Flask, appcontext_pushed, url_for

from search.request import SearchRequest
from search.serialize import article_url as article_path
from web import params
from web.context import context

# A value as it stands in a query string.
quoted = lru_cache(maxsize=10_000)(quote_plus)


_NOTHING = SearchRequest("")
# The prefix of all pages, once it was asked for in a request; with a slash at its end.
_prefix: ContextVar[str] = ContextVar("prefix", default="")


def init_links(app: Flask) -> None:
    """Makes the addresses of each request begin as it says."""
    appcontext_pushed.connect(_forget, app)


def _forget(sender: Flask, **_: object) -> None:
    _prefix.set("")


def search_url(wanted: SearchRequest | None = None, /, **changes: params.Change) -> str:
    """The address of a search with some parameters changed (see `params.arguments`)."""
    query = query_string(wanted or _NOTHING, **changes)
    return f"{_root()}/search?{query}" if query else f"{_root()}/search"


def query_string(wanted: SearchRequest, **changes: params.Change) -> str:
    """The query string of a search with some parameters changed."""
    parts = _parts(wanted)
    if changes:
        changed = {name: _part(params.BY_ATTRIBUTE[name], value) for name, value in changes.items()}
        parts = parts | {"page": ""} | changed
    return "&".join(filter(None, parts.values()))


@lru_cache(maxsize=1024)
def _parts(wanted: SearchRequest) -> dict[str, str]:
    """The parts of a query string, by attribute, in their order; empty for those that are left out."""
    return {name: _part(each, getattr(wanted, name)) for name, each in params.BY_ATTRIBUTE.items()}


def _part(parameter: params.Parameter, value: params.Change) -> str:
    values = params.values_to_send(parameter, value)
    return "&".join([f"{parameter.name}={quoted(str(each))}" for each in values])


def article_url(article_id: str, query: str = "") -> str:
    """The address of an article; with the query string of a search, its hits are highlighted."""
    path = _root() + article_path(article_id)
    return f"{path}?{query}" if query else path


def static_url(name: str) -> str:
    """The address of a static file. It changes with the content, so that browsers may cache it for ever."""
    return f"{_root()}/static/{name}?v={context().versions.get(name)}"


def _root() -> str:
    """The prefix of all pages."""
    found = _prefix.get()
    if not found:
        found = url_for("views.home")
        _prefix.set(found)
    return found.rstrip("/")
