"""The articles closest to one: those that share its most telling words.

A word tells more the oftener it stands in the article and the fewer articles have it (tf-idf, Spärck
Jones 1972); the engine scores the chosen words by BM25, as it does a query's.
"""

from __future__ import annotations

import math
from collections import Counter

from whoosh import query

from index.article import Article
from index.bm25 import idf
from index.engine import Hits, Sort
from index.reader import OpenIndex

# Words looked up in the index, the most frequent of the article first; and those then searched for.
_LOOKED_UP = 80
_SEARCHED = 25
# A word in the title counts as often as this many in the body.
_TITLE = 3


def find_similar(index: OpenIndex, article: Article, limit: int) -> Hits:
    """The articles most like this one, the closest first; never itself."""
    words = telling_words(index, article)
    if not words:
        return Hits((), 0)
    wanted = [
        query.Term(field, word, boost=weight)
        for word, weight in words
        for field in ("title_words", "body_words")
    ]
    tree = query.And([query.Or(wanted), query.Not(query.Term("id", article.id))])
    return index.engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=limit)


def telling_words(index: OpenIndex, article: Article) -> list[tuple[str, float]]:
    """The words that tell most about an article, with their weights: the heaviest has 1."""
    counts = Counter(word for word in index.analyzer.words(article.text) if len(word) > 1)
    for word in index.analyzer.words(article.title):
        if len(word) > 1:
            counts[word] += _TITLE
    documents = index.engine.count(query.Every())
    weights: dict[str, float] = {}
    for word, count in counts.most_common(_LOOKED_UP):
        having = index.engine.count(query.Term("body_words", word))
        weights[word] = (1 + math.log(count)) * idf(documents, having)
    chosen = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:_SEARCHED]
    heaviest = chosen[0][1] if chosen else 1.0
    return [(word, weight / heaviest) for word, weight in chosen]
