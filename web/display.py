"""Template filters: numbers, dates, highlighted text, categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo
from functools import lru_cache
from itertools import pairwise

from flask import Flask
from markupsafe import Markup, escape
from werkzeug.urls import uri_to_iri

from index.analysis.document import category_paths
from index.article import Article, format_date, local
from search.serialize import web_address
from search.snippets import Snippet, whole_graphemes
from web.language import _, language, local_day

# Characters of a headline.
_HEADLINE = 40
# Between a level's name and the name of the level above, which some archives repeat.
_DASHES = frozenset("－—–-·_:：")


def init_filters(app: Flask) -> None:
    """Registers the functions below as template filters."""
    app.jinja_env.filters |= {
        "highlighted": highlighted,
        "anchor": anchor,
        "clipped": clipped,
        "thousands": thousands,
        "megabytes": megabytes,
        "when": when,
        "instant": instant,
        "iso": format_date,
        "web_address": web_address,
        "category_links": category_links,
        "requiring": requiring,
        "headline": headline,
        "readable": readable,
    }


def highlighted(snippet: Snippet) -> Markup:
    """A snippet as HTML."""
    return Markup(snippet.to_html())  # escaped there


def anchor(snippet: Snippet) -> str:
    """The id of a snippet's first highlight in the reading view, or of its paragraph."""
    return f"h{snippet.hit}" if snippet.hit else f"p{snippet.paragraph}"


def clipped(snippet: Snippet, lead: int) -> Snippet:
    """A snippet that begins at most `lead` characters before its first highlight: the page cuts its lines.

    >>> clipped(Snippet("春天来了，河边的树开始发芽", ((8, 9),)), 3).text
    '河边的树开始发芽'
    """
    if not snippet.highlights or snippet.highlights[0][0] <= lead:
        return snippet
    first = snippet.highlights[0][0]
    start = whole_graphemes(snippet.text, first - lead, first - lead + 1)[0]
    return replace(
        snippet,
        text=snippet.text[start:],
        highlights=tuple((begins - start, ends - start) for begins, ends in snippet.highlights),
        before=True,
    )


def requiring(query: str, words: Sequence[str]) -> str:
    """A query with some of its words required, by quotation marks.

    >>> requiring("芯片 日本", ["日本"])
    '芯片 日本 "日本"'
    """
    for word in words:
        name, colon, text = word.rpartition(":")
        query += f" {word}" if word.startswith("(") else f' {name}{colon}"{text}"'
    return query


def headline(article: Article) -> str:
    """What tells an article of a series from the others, which have its title: the first line of its text
    that isn't the title, nor only says that something follows (本报讯：)."""
    first = article.text.split("\n", 3)[:3]
    lines = (line for line in first if line != article.title and not line.endswith((":", "：")))
    line = next(lines, "") or article.title
    return line if len(line) <= _HEADLINE else line[:_HEADLINE] + "…"


def readable(address: str) -> str:
    """An address as people read it.

    >>> readable("https://souwen.example/search?q=%E6%A0%91")
    'https://souwen.example/search?q=树'
    """
    return uri_to_iri(address)


def thousands(number: float) -> str:
    """A whole number, with commas.

    >>> thousands(31764)
    '31,764'
    """
    return f"{number:,.0f}"


def megabytes(size: int) -> str:
    """Bytes as megabytes.

    >>> megabytes(267145216)
    '267.1 MB'
    """
    return f"{size / 1e6:,.1f} MB"


def when(seconds: int, zone: tzinfo) -> Markup:
    """A date in the reader's words (yesterday, January 4, 2022), with the exact one on hover."""
    return _when(seconds, zone, datetime.now(zone).date(), language())


@lru_cache(maxsize=4096)
def _when(seconds: int, zone: tzinfo, today: date, tag: str) -> Markup:
    moment = local(seconds, zone)
    days = (today - moment.date()).days
    if days == 0:
        words = _("today")
    elif days == 1:
        words = _("yesterday")
    elif 1 < days < 7:
        words = _("{days} days ago", days=days)
    else:
        words = escape(local_day(moment.date()))
    # Both are digits and a name of the IANA database.
    return Markup(
        f'<time datetime="{format_date(seconds)}" title="{moment:%Y-%m-%d %H:%M} {zone}">{words}</time>'
    )


def instant(written: str, zone: tzinfo) -> Markup:
    """As `when`, for an ISO 8601 date."""
    return when(int(datetime.fromisoformat(written).timestamp()), zone)


def level_names(levels: Sequence[str]) -> list[str]:
    """The names of a category's levels, without what repeats the level before.

    >>> level_names(["金融", "新浪财经", "新浪财经－国內"])
    ['金融', '新浪财经', '国內']
    """
    names = list(levels[:1])
    for above, name in pairwise(levels):
        rest = name.removeprefix(above)
        names.append(rest[1:].strip() if rest != name and rest[:1] in _DASHES and rest[1:].strip() else name)
    return names


def category_links(article: Article) -> list[list[tuple[str, str]]]:
    """Levels of each category of an article: their names, and the paths to filter by."""
    return [_category_links(levels) for levels in article.category_paths]


@lru_cache(maxsize=1024)
def _category_links(categories: tuple[str, ...]) -> list[tuple[str, str]]:
    paths = category_paths(categories)
    names = level_names(paths[-1].split("/")) if paths else []
    return list(zip(names, paths, strict=False))  # equal levels are one path
