"""Answers as JSON: one form for the API and for `--json` at the terminal (see search/answers.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import quote

from index.article import Article, ProblemKind, format_date
from search.answers import (
    Error,
    ErrorDetails,
    ExplanationPart,
    Facets,
    Folded,
    Health,
    Hit,
    HitExplanation,
    IndexStats,
    ProblemCounts,
    ResultPage,
    Run,
    Similar,
    Sizes,
    SuggestedQuery,
    SuggestedText,
    Suggestions,
    WholeArticle,
    ZeroResults,
    ZeroResultsPart,
)
from search.results import ResultHit, Results

if TYPE_CHECKING:
    from search.assist.suggest import Suggestion
    from search.explain import Explanation
    from search.stats import Stats


# Ids of folded articles that are told of a hit.
_MOST_IDS = 100


def to_json(answer: object) -> Any:
    """An answer as JSON: dataclasses become objects, tuples arrays."""
    kind: Any = type(answer)
    if kind is tuple or kind is list:
        return _array(answer)  # type: ignore[arg-type]
    if (form := _form(kind)) is None:
        return answer
    made = dict(zip(form.names, form.values(answer), strict=True))
    for name in form.nested:
        value = made[name]
        if type(value) not in _PLAIN:
            made[name] = to_json(value)
    for name, default in form.defaults:
        if getattr(answer, name) == default:
            del made[name]
    return made


def _array(answers: Sequence[object]) -> list[Any]:
    """An array of answers. Without a call for each of those that have nothing inside, a page of facets takes
    a third of the time."""
    kinds = set(map(type, answers))
    if kinds <= _PLAIN:
        return list(answers)
    form = _form(kinds.pop()) if len(kinds) == 1 else None
    if form and not form.nested and not form.defaults:
        return [dict(zip(form.names, values, strict=True)) for values in map(form.values, answers)]
    return list(map(to_json, answers))


_PLAIN = frozenset([str, int, float, bool, NoneType])


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of a dataclass: names of its fields, a function that gets their values, those that may have
    something inside, and the defaults that are left out."""

    names: tuple[str, ...]
    values: Callable[[object], tuple[object, ...]]
    nested: tuple[str, ...]
    defaults: tuple[tuple[str, object], ...]


@cache
def _form(of: type[Any]) -> _Form | None:
    """The form of a dataclass; None for another type."""
    if not is_dataclass(of):
        return None
    names = tuple(field.name for field in fields(of))
    values = attrgetter(*names) if len(names) > 1 else lambda answer: (getattr(answer, names[0]),)
    types = get_type_hints(of)
    nested = tuple(name for name in names if types[name] not in _PLAIN)
    defaults = tuple((field.name, field.default) for field in fields(of) if field.default is not MISSING)
    return _Form(names, values, nested, defaults)


def article_url(article_id: str) -> str:
    """The path of an article's page: `/article/<id>`."""
    return f"/article/{quote(article_id, safe='')}"


def web_address(address: str) -> str:
    """The address if a browser may follow or load it; else empty."""
    if address.startswith("//"):
        return f"https:{address}"
    return address if address.lower().startswith(("http://", "https://")) else ""


def results_json(results: Results) -> dict[str, Any]:
    """The object of `/api/search`."""
    suggestion, zero_results = results.suggestion, results.zero_results
    parts = tuple(ZeroResultsPart(**asdict(part)) for part in zero_results.parts) if zero_results else ()
    page = ResultPage(
        query=results.request.query,
        understood=results.understood,
        total=results.total,
        partial=results.partial,
        took_ms=results.took_ms,
        page=results.request.page,
        size=results.request.size,
        hits=tuple(map(_hit, results.hits)),
        facets=Facets(**results.facets),
        suggestion=suggestion.query if suggestion else None,
        suggestion_total=suggestion.total if suggestion else None,
        zero_results=ZeroResults(parts, zero_results.unfiltered) if zero_results else None,
        notes=tuple(map(str, results.notes)),
        other_suggestions=tuple(SuggestedQuery(s.query, s.total) for s in results.other_suggestions),
        folded=results.folded,
    )
    return _object(page)


def article_json(article: Article) -> dict[str, Any]:
    """The object of `/api/article/<id>`."""
    whole = WholeArticle(
        **_head(article),
        editor=article.editor,
        text=article.text,
        html=article.html,
    )
    return _object(whole)


def similar_json(article_id: str, hits: Sequence[ResultHit]) -> dict[str, Any]:
    """The object of `/api/similar/<id>`."""
    return _object(Similar(article_id, tuple(map(_hit, hits))))


def suggest_json(prefix: str, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """The object of `/api/suggest`."""
    texts = tuple(SuggestedText(s.text, s.kind, s.article_id) for s in suggestions)  # type: ignore[arg-type]
    return _object(Suggestions(prefix, texts))


def _problem_counts(counts: dict[ProblemKind, int] | None) -> ProblemCounts:
    if counts is None:
        return ProblemCounts(None, None, None, None, None)
    return ProblemCounts(**{kind.replace(" ", "_"): count for kind, count in counts.items()})


def stats_json(stats: Stats) -> dict[str, Any]:
    """The object of `/api/stats`. Paths of folders are left out, since they are private to the machine."""
    runs = tuple(Run(**run) for run in stats.runs)  # type: ignore[arg-type]
    found = IndexStats(
        articles=stats.articles,
        engine=stats.engine,
        segmenter=stats.segmenter,
        generation=stats.generation,
        timezone=stats.timezone,
        oldest=format_date(stats.oldest),
        newest=format_date(stats.newest),
        problems=_problem_counts(stats.problems),
        bytes=Sizes(stats.catalog_bytes, stats.engine_bytes),
        files=stats.files,
        generations=stats.generations,
        folders=tuple(sorted(stats.folders)),
        runs=runs,
        last_run=runs[0] if runs else None,
    )
    return _object(found)


def hit_json(hit: ResultHit) -> dict[str, Any]:
    """An article in a list, in the form of the API and of JSON Lines."""
    return _object(_hit(hit))


def health_json() -> dict[str, Any]:
    """The object of `/healthz`."""
    return _object(Health("ok"))


def error_json(code: str, message: str) -> dict[str, Any]:
    """The object of every error."""
    return _object(Error(ErrorDetails(code, message)))


def _object(answer: object) -> dict[str, Any]:
    made: dict[str, Any] = to_json(answer)
    return made


def _head(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "path": article.path,
        "url": article_url(article.id),
        "source_url": article.url,
        "title": article.title,
        "author": article.author,
        "date": format_date(article.date),
        "categories": article.categories,
        "category_paths": article.category_paths if article.other_categories else (),
        "tags": article.tags,
        "thumbnail": article.thumbnail,
    }


def _hit(hit: ResultHit) -> Hit:
    return Hit(
        **_head(hit.article),
        title_html=hit.title.to_html(),
        tags_html=tuple(tag.to_html() for tag in hit.tags),
        score=hit.score,
        missing=hit.missing,
        folded=Folded(len(hit.folded.ids), hit.folded.ids[:_MOST_IDS], len(hit.folded.series)),
        snippets_html=tuple(snippet.to_html() for snippet in hit.snippets),
        explanation=_explanation(hit.explanation) if hit.explanation else None,
    )


def _explanation(explanation: Explanation) -> HitExplanation:
    parts = tuple(
        ExplanationPart(**asdict(part) | {"weight": round(part.weight, 4), "score": round(part.score, 4)})
        for part in explanation.parts
    )
    return HitExplanation(explanation.is_partial, parts)
