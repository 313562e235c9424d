"""Answers as JSON: one form for the API and for `--json` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import quote

from index.article import Article, format_date
from search.searcher import ResultHit, Results

if TYPE_CHECKING:
    from search.assist.suggest import Suggestion
    from search.assist.zero_results import DeadEnd
    from search.explain import Explanation
    from search.stats import Stats


def article_url(article_id: str) -> str:
    """Where the page shows an article: `/article/<id>`."""
    return f"/article/{quote(article_id, safe='')}"


def results_json(results: Results) -> dict[str, object]:
    """The object of `/api/search`."""
    return {
        "query": results.request.query,
        "understood": results.understood,
        "total": results.total,
        "relaxed_from": results.relaxed_from,
        "took_ms": results.took_ms,
        "page": results.request.page,
        "size": results.request.size,
        "hits": [hit_json(hit) for hit in results.hits],
        "facets": {
            name: [{"value": value.value, "count": value.count} for value in values]
            for name, values in results.facets.items()
        },
        "suggestion": results.suggestion and results.suggestion.query,
        "suggestion_total": results.suggestion and results.suggestion.total,
        "dead_end": results.dead_end and _dead_end_json(results.dead_end),
        "notes": [str(note) for note in results.notes],
    }


def article_json(article: Article) -> dict[str, object]:
    """The object of `/api/article/<id>`."""
    return {**article.to_json(), "url": article_url(article.id), "source_url": article.url}


def similar_json(article_id: str, hits: Sequence[ResultHit]) -> dict[str, object]:
    """The object of `/api/similar/<id>`."""
    return {"id": article_id, "hits": [hit_json(hit) for hit in hits]}


def suggest_json(prefix: str, suggestions: Sequence[Suggestion]) -> dict[str, object]:
    """The object of `/api/suggest`."""
    return {
        "prefix": prefix,
        "suggestions": [{"text": s.text, "kind": s.kind, "id": s.article_id} for s in suggestions],
    }


def stats_json(stats: Stats) -> dict[str, object]:
    """The object of `/api/stats`. Where the folders are is nobody's business but that of whoever runs it."""
    return {
        "articles": stats.articles,
        "engine": stats.engine,
        "segmenter": stats.segmenter,
        "generation": stats.generation,
        "timezone": stats.timezone,
        "oldest": format_date(stats.oldest),
        "newest": format_date(stats.newest),
        "problems": {"lost": stats.lost, "doubtful": stats.doubtful},
        "bytes": {"catalog": stats.catalog_bytes, "engine": stats.engine_bytes},
        "files": stats.files,
        "generations": stats.generations,
        "folders": sorted(stats.folders),
        "runs": list(stats.runs),
        "last_run": stats.last_run,
    }


def _dead_end_json(dead_end: DeadEnd) -> dict[str, object]:
    return {"parts": [asdict(part) for part in dead_end.parts], "unfiltered": dead_end.unfiltered}


def hit_json(hit: ResultHit) -> dict[str, object]:
    """An article in a list, as the API and JSON Lines have it."""
    article = hit.article
    explained = {"explanation": _explanation_json(hit.explanation)} if hit.explanation else {}
    return {
        "id": article.id,
        "path": article.path,
        "url": article_url(article.id),
        "title": article.title,
        "title_html": hit.title.to_html(),
        "author": article.author,
        "date": format_date(article.date),
        "categories": list(article.categories),
        "thumbnail": article.thumbnail,
        "score": hit.score,
        "snippets_html": [snippet.to_html() for snippet in hit.snippets],
        **explained,
    }


def _explanation_json(explanation: Explanation) -> dict[str, object]:
    return {
        "partial": explanation.is_partial,
        "parts": [
            asdict(part) | {"weight": round(part.weight, 4), "score": round(part.score, 4)}
            for part in explanation.parts
        ],
    }
