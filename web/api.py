"""`/api/…`: parameters → Searcher → JSON."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response, jsonify, request

from search import serialize as response
from web import params
from web.context import context
from web.headers import page_etag
from web.openapi import make_document

blueprint = Blueprint("api", __name__, url_prefix="/api")

_NO_TIME = '"took_ms":0'


@blueprint.get("/search")
def search() -> Response:
    """A page of results."""
    results = response.results_json(context().search(params.search_request(request.args)))
    # Written once: the time, which no tag may depend on, is put in afterwards. In a text, quotes have a
    # backslash before them.
    text = json.dumps(results | {"took_ms": 0}, ensure_ascii=False, separators=(",", ":"))
    timed = text.replace(_NO_TIME, f'"took_ms":{results["took_ms"]}', 1)
    answer = Response(timed, mimetype="application/json")
    answer.set_etag(page_etag(text), weak=True)
    return answer


@blueprint.get("/article/<article_id:article_id>")
def article(article_id: str) -> Response:
    """A whole article."""
    return jsonify(response.article_json(context().searcher.article(article_id)))


@blueprint.get("/similar/<article_id:article_id>")
def similar(article_id: str) -> Response:
    """The articles most similar to one."""
    size = params.number_of(request.args, params.SIMILAR_SIZE)
    return jsonify(response.similar_json(article_id, context().searcher.similar(article_id, size)))


@blueprint.get("/suggest")
def suggest() -> Response:
    """Suggestions for what has been typed so far."""
    prefix = params.text_of(request.args, params.PREFIX)
    size = params.number_of(request.args, params.SUGGEST_SIZE)
    return jsonify(response.suggest_json(prefix, context().searcher.suggest(prefix, size)))


@blueprint.get("/stats")
def stats() -> Response:
    """The contents of the index in numbers."""
    return jsonify(response.stats_json(context().searcher.stats()))


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return jsonify(_document() | {"servers": [{"url": request.script_root or "/"}]})


@cache
def _document() -> dict[str, object]:
    return make_document()
