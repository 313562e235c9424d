"""Watches, last searches and stars: the script keeps them in the reader's browser, and the server knows
nothing of them. Here are the page that lists them, and what the script says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Blueprint, render_template, url_for

from index.language import gettext_noop
from search.request import SearchRequest
from search.searcher import Searcher
from web.filters import Chip, filter_label
from web.language import gettext
from web.links import article_url, static_url

blueprint = Blueprint("watching", __name__)

_SAYS = {
    "watch": gettext_noop("Watch this search"),
    "watched": gettext_noop("Watched"),
    "one": gettext_noop("{count} new article"),
    "many": gettext_noop("{count} new articles"),
    "until": gettext_noop("Seen last time up to here: the whole search"),
    "rename": gettext_noop("Rename {search}"),
    "remove": gettext_noop("Remove {search}"),
    "label": gettext_noop("Name of the watch"),
    "star": gettext_noop("Star"),
    "most": gettext_noop("No more than {count} are kept."),
    "full": gettext_noop("This browser has no room for more, or keeps nothing."),
    "imported": gettext_noop("Taken in: {watches} watches, {stars} stars."),
    "unreadable": gettext_noop("This file has no watches or stars: it is not one that was saved here."),
}


@blueprint.get("/watches")
def watches() -> str:
    """The page of watches and stars, which the script fills."""
    return render_template("watches.html")


def script_data() -> dict[str, str]:
    """The data attributes of the script: its sentences in the language of the response, and addresses."""
    return {
        "says": json.dumps({name: gettext(text) for name, text in _SAYS.items()}, ensure_ascii=False),
        "kept": static_url("kept.js"),
        "search": url_for("api.search"),
        "feed": url_for("feeds.atom"),
        "article": article_url(""),
    }


def search_label(wanted: SearchRequest, chips: tuple[Chip, ...]) -> str:
    """A search in words: its query and filters."""
    filters = [
        chip.value if chip.kind == "date" else f"{filter_label(chip.kind)} {chip.value}" for chip in chips
    ]
    return " · ".join([*([wanted.query] if wanted.query else []), *filters])


def seen_until(searcher: Searcher) -> str:
    """The moment, in the query language, up to which what came in can be found now; empty where that is not
    known."""
    seconds = searcher.last_addition()
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
