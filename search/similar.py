"""Similar articles: those that share content words with an article. Words are weighted by tf-idf (Spärck
Jones 1972), and scored by BM25 like a query's. Measurements: bench/README.md."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from whoosh import query

from index.analysis import document
from index.analysis.grams import separate
from index.article import Article
from index.engines.base import Hit, Sort
from index.engines.bm25 import idf
from index.store.reader import OpenIndex

# Words searched for: the most frequent ones of an article.
WORDS = 80
# Of copies: characters of a shingle, the least resemblance of two sets of shingles (Broder 1997), and
# the characters at the start of a text that are compared.
_SHINGLE = 5
_RESEMBLANCE = 0.7
_COMPARED = 5000
# Hits among which articles that are no copies are looked for.
_DEEPEST = 500


def find_similar(index: OpenIndex, article: Article, limit: int) -> list[Hit]:
    """Articles most similar to this one, the closest first: without itself and its copies, and of several
    copies of another only the first."""
    words = content_words(index, article)
    if not words:
        return []
    wanted = [query.Term(document.WORDS, word, boost=weight) for word, weight in words]
    tree = query.And([query.Or(wanted), query.Not(query.Term("id", article.id))])
    found: list[Hit] = []
    seen = [shingles(article)]
    for hit, other in _closest(index, tree, limit):
        of_other = shingles(other)
        if not any(resembles(of_other, one) for one in seen):
            seen.append(of_other)
            found.append(hit)
        if len(found) == limit:
            break
    return found


def content_words(index: OpenIndex, article: Article) -> list[tuple[str, float]]:
    """Content words of an article with their weights, relative to the heaviest."""
    words = [*index.analyzer.words(article.title), *index.analyzer.words(article.text)]
    counts = Counter(word for word in words if len(word) > 1)
    documents = index.engine.count(query.Every())
    frequent = dict(counts.most_common(WORDS))
    having = index.engine.frequencies(document.WORDS, [*frequent])
    weights = {
        word: (1 + math.log(count)) * idf(documents, having.get(word, 0)) for word, count in frequent.items()
    }
    heaviest = max(weights.values(), default=1.0)
    return [(word, weight / heaviest) for word, weight in sorted(weights.items(), key=lambda pair: -pair[1])]


def shingles(article: Article) -> set[str]:
    """Shingles of an article, folded and without punctuation and spaces."""
    text = "".join(separate(f"{article.title}\n{article.text[:_COMPARED]}").replace("|", "").split())
    return {text[start : start + _SHINGLE] for start in range(max(1, len(text) - _SHINGLE + 1))}


def resembles(one: set[str], other: set[str]) -> bool:
    """True if two articles with these shingles are copies: texts that are equal or nearly so."""
    if min(len(one), len(other)) < _RESEMBLANCE * max(len(one), len(other)):
        return False
    common = len(one & other)
    return common >= _RESEMBLANCE * (len(one) + len(other) - common)


def _closest(index: OpenIndex, tree: query.Query, limit: int) -> Iterator[tuple[Hit, Article]]:
    """Hits with their articles, in order. A few more than the limit usually suffice."""
    offset, size, total = 0, limit + 5, 1
    while offset < min(total, _DEEPEST):
        page = index.engine.search(
            tree, sort=Sort.RELEVANCE, offset=offset, limit=min(size, _DEEPEST - offset)
        )
        articles = index.articles.articles([hit.id for hit in page.hits])
        yield from ((hit, articles[hit.id]) for hit in page.hits if hit.id in articles)
        offset, size, total = offset + size, 4 * size, page.total
