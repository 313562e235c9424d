"""What a person may want to type: titles that have a word which starts so."""

from __future__ import annotations

from dataclasses import dataclass

from whoosh import query

from index.engine import Sort
from index.reader import OpenIndex
from search.matching import match_open

_MAX_PREFIX = 50
# Words that an unfinished one may stand for.
_EXPANSIONS = 50


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text to search for. `kind` is `title`, with the article it is the title of."""

    text: str
    kind: str
    article_id: str


def suggest(index: OpenIndex, prefix: str, limit: int) -> tuple[Suggestion, ...]:
    """Titles with the typed text in them, its last word perhaps unfinished; the newest first."""
    tree = match_open("title", index.analyzer.units(prefix[:_MAX_PREFIX]), index.engine.terms, _EXPANSIONS)
    if tree is query.NullQuery:
        return ()
    # Several articles may have one title.
    found = index.engine.search(tree, sort=Sort.NEWEST, offset=0, limit=4 * limit)
    articles = index.catalog.articles([hit.id for hit in found.hits])
    suggestions: dict[str, Suggestion] = {}
    for hit in found.hits:
        if hit.id in articles:
            title = articles[hit.id].title
            suggestions.setdefault(title, Suggestion(title, "title", hit.id))
    return tuple(suggestions.values())[:limit]
