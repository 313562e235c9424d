"""The form that writes a query: all, any, none of the words, an exact phrase, a field, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from search.query.grammar import OPERATORS
from search.request import SearchRequest
from web.links import search_url

blueprint = Blueprint("advanced", __name__)

# Fields of the form that write the query.
PARTS = ("all", "any", "none", "phrase")
FIELDS = ("", "title", "body")
# Signs of the query language, in either width.
_SIGNS = re.compile(r'^[-!－！]|[*?~^:()|"＊？～＾：（）｜＂“”„「」『』«»]')
_QUOTES = re.compile('["＂]+')


@blueprint.get("/advanced")
def advanced() -> str | Response:
    """The form; what is filled in becomes a query of the results."""
    typed = {name: request.args.get(name, "").strip() for name in (*PARTS, "from", "to", "field")}
    query = written(typed, typed["field"])
    if query or typed["from"] or typed["to"]:
        return redirect(search_url(SearchRequest(query, date_from=typed["from"], date_to=typed["to"])))
    words = request.args.get("q", "")
    return render_template("advanced.html", words="" if _SIGNS.search(words) else words, fields=FIELDS)


def written(parts: Mapping[str, str], field: str = "") -> str:
    """The query of a filled-in form. Signs of the query language and operators in its words are text.

    >>> written({"all": "地铁 票价", "any": "调整 上涨", "none": "高铁", "phrase": "第三阶段"}, "title")
    'title:(地铁 票价 (调整 OR 上涨) "第三阶段" -高铁)'
    >>> written({"none": "a:b OR"}), written({})
    ('-"a:b" -"OR"', '')
    """
    words = {name: [_as_text(word) for word in parts.get(name, "").split()] for name in PARTS}
    phrase = " ".join(_QUOTES.sub(" ", parts.get("phrase", "")).split())
    query = " ".join(
        [
            *words["all"],
            *_any_of(words["any"]),
            *([f'"{phrase}"'] if phrase else []),
            *(f"-{word}" for word in words["none"]),
        ]
    )
    return f"{field}:({query})" if query and field in FIELDS[1:] else query


def _any_of(words: Sequence[str]) -> list[str]:
    return [f"({' OR '.join(words)})"] if len(words) > 1 else list(words)


def _as_text(word: str) -> str:
    if word in OPERATORS or _SIGNS.search(word):
        return f'"{_QUOTES.sub("", word)}"' if _QUOTES.sub("", word) else ""
    return word
