"""Article → document: what an engine is given of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import tzinfo

from index.analysis import Analyzer, Tokens
from index.analysis.fold import fold_key
from index.article import Article, local
from index.engine import Document

# Between the levels of a category path; a slash inside a name is written as a division slash.
LEVEL = "/"
_INNER_SLASH = "\u2215"
_AUTHOR_SEPARATORS = re.compile(r"[,，、;；/|]| {2,}")


def make_document(article: Article, analyzer: Analyzer, zone: tzinfo) -> Document:
    """The tokens and values that are indexed of an article. `zone` decides its month."""
    return _document(article, analyzer.tokens(article.title), analyzer.tokens(article.text), zone)


def make_documents(articles: Sequence[Article], analyzer: Analyzer, zone: tzinfo) -> list[Document]:
    """The same for many articles, in less time than one by one."""
    tokens = iter(
        analyzer.tokens_of([text for article in articles for text in (article.title, article.text)])
    )
    return [_document(article, next(tokens), next(tokens), zone) for article in articles]


def _document(article: Article, title: Tokens, body: Tokens, zone: tzinfo) -> Document:
    paths = category_paths(article.categories)
    return Document(
        id=article.id,
        title_grams=title.grams,
        title_words=title.words,
        body_grams=body.grams,
        body_words=body.words,
        title_units=title.units,
        body_units=body.units,
        author=author_keys(article.author),
        category=_distinct(map(fold_key, (*paths, *article.categories))),
        author_facet=(article.author,) if article.author else (),
        category_facet=paths,
        month_facet=() if article.date is None else (month_of(article.date, zone),),
        date=article.date,
    )


def category_paths(categories: tuple[str, ...]) -> tuple[str, ...]:
    """The path to each level of a hierarchy.

    >>> category_paths(("金融", "新浪财经"))
    ('金融', '金融/新浪财经')
    """
    names = [name.replace(LEVEL, _INNER_SLASH) for name in categories]
    return _distinct(LEVEL.join(names[:depth]) for depth in range(1, len(names) + 1))


def author_keys(author: str) -> tuple[str, ...]:
    """What an author is found by: the whole name, and each of several names."""
    return _distinct(fold_key(name) for name in (author, *_AUTHOR_SEPARATORS.split(author)) if fold_key(name))


def month_of(date: int, zone: tzinfo) -> str:
    """The month of a date, such as `2022-01`, in a time zone."""
    moment = local(date, zone)
    return f"{moment.year:04d}-{moment.month:02d}"


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
