"""Article → document: the tokens and values that an engine indexes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from itertools import chain

from index.analysis import Analyzer, Tokens
from index.analysis.fold import fold_key
from index.analysis.grams import separate
from index.analysis.sketch import letters, sketches_of
from index.article import Article, local

# Text fields: tokens joined by spaces. Grams have positions, words frequencies, units neither.
# The words are those of title and body together.
GRAM_FIELDS = ("title_grams", "body_grams")
WORDS = "words"
WORD_FIELDS = (WORDS,)
UNIT_FIELDS = ("title_units", "body_units")
SCORED_FIELDS = GRAM_FIELDS + WORD_FIELDS
TEXT_FIELDS = SCORED_FIELDS + UNIT_FIELDS
# Fields of whole values: folded for filters, and as published for facets.
KEY_FIELDS = ("author", "category", "tag")
FACET_FIELDS = ("author_facet", "category_facet", "tag_facet", "month_facet")

# How often the words of a title count in the field of words (measured: bench/tune.py).
TITLE_WEIGHT = 2
# Written out to 14 digits, dates from the year 1 to 9999 sort as text.
_DATE_SHIFT = 10**12
# Between the levels of a category path; a slash inside a name is written as a division slash.
LEVEL = "/"
_INNER_SLASH = "\u2215"
# Authors and categories whose keys are remembered.
_REMEMBERED = 1000
_AUTHOR_SEPARATORS = re.compile(r"[,，、;；/|]| {2,}")


@dataclass(frozen=True, slots=True)
class Document:
    """Tokens and values of one article. `date` is in seconds since 1970; the `sketch` (see `sketch.py`) is
    kept beside the article."""

    id: str
    title_grams: str
    body_grams: str
    words: str
    title_units: str = ""
    body_units: str = ""
    author: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    author_facet: tuple[str, ...] = ()
    category_facet: tuple[str, ...] = ()
    tag_facet: tuple[str, ...] = ()
    month_facet: tuple[str, ...] = ()
    date: int | None = None
    sketch: bytes = b""

    @property
    def newest_key(self) -> str:
        """Sorts documents by date and id when read in descending order; those without a date last."""
        return f"{0 if self.date is None else self.date + _DATE_SHIFT:014d}{self.id}"

    @property
    def oldest_key(self) -> str:
        """Sorts documents by date and id when read in ascending order; those without a date last."""
        return f"{10**14 - 1 if self.date is None else self.date + _DATE_SHIFT:014d}{self.id}"


def make_document(article: Article, analyzer: Analyzer, zone: tzinfo) -> Document:
    """The document of an article. `zone` is the time zone in which its month is taken."""
    tokens = (analyzer.tokens(article.title), analyzer.tokens(searched_text(article)))
    return _documents([article], [tokens], zone)[0]


def make_documents(articles: Sequence[Article], analyzer: Analyzer, zone: tzinfo) -> list[Document]:
    """The documents of many articles; faster than one by one."""
    tokens = iter(
        analyzer.tokens_of([text for article in articles for text in (article.title, searched_text(article))])
    )
    return _documents(articles, list(zip(tokens, tokens, strict=True)), zone)


def _documents(
    articles: Sequence[Article], tokens: Sequence[tuple[Tokens, Tokens]], zone: tzinfo
) -> list[Document]:
    """The documents of articles, made from the tokens of their titles and bodies."""
    texts = [
        (letters(title.separated), _text_letters(article, body))
        for article, (title, body) in zip(articles, tokens, strict=True)
    ]
    return [
        _document(article, title, body, zone, sketch)
        for article, (title, body), sketch in zip(articles, tokens, sketches_of(texts), strict=True)
    ]


def _text_letters(article: Article, body: Tokens) -> str:
    """The letters of the text without those of the tags, which end the body."""
    found = letters(body.separated)
    if not article.tags:
        return found
    return found[: len(found) - len(letters(separate("\n".join(article.tags))))]


def _document(article: Article, title: Tokens, body: Tokens, zone: tzinfo, sketch: bytes) -> Document:
    category_keys, paths = _category_values(article.category_paths)
    return Document(
        id=article.id,
        title_grams=title.grams,
        body_grams=body.grams,
        words=_words(title, body),
        title_units=title.units,
        body_units=body.units,
        author=author_keys(article.author),
        category=category_keys,
        tag=_distinct(map(fold_key, article.tags)),
        author_facet=(article.author,) if article.author else (),
        category_facet=paths,
        tag_facet=article.tags,
        month_facet=() if article.date is None else (month_of(article.date, zone),),
        date=article.date,
        sketch=sketch,
    )


def _words(title: Tokens, body: Tokens) -> str:
    """Words of title and body as one field (BM25F, Robertson et al. 2004): a word of the title counts
    `TITLE_WEIGHT` times."""
    return " ".join(words for words in (*[title.words] * TITLE_WEIGHT, body.words) if words)


def searched_text(article: Article) -> str:
    """The indexed text of an article: its body, then its tags, one a line.

    So tags are found like any other word, by every engine and every kind of query. A phrase never crosses
    lines.
    """
    return "\n".join((article.text, *article.tags))


def category_paths(categories: tuple[str, ...]) -> tuple[str, ...]:
    """The path to each level of a hierarchy.

    >>> category_paths(("金融", "新浪财经"))
    ('金融', '金融/新浪财经')
    """
    names = [name.replace(LEVEL, _INNER_SLASH) for name in categories]
    return _distinct(LEVEL.join(names[:depth]) for depth in range(1, len(names) + 1))


@lru_cache(_REMEMBERED)
def _category_values(all_levels: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of categories, and their paths: the same for many articles."""
    paths = _distinct(path for levels in all_levels for path in category_paths(levels))
    return _distinct(map(fold_key, (*paths, *chain.from_iterable(all_levels)))), paths


@lru_cache(_REMEMBERED)
def author_keys(author: str) -> tuple[str, ...]:
    """Keys of an author: the whole name, and each of several names."""
    return _distinct(fold_key(name) for name in (author, *author_names(author)) if fold_key(name))


def author_names(author: str) -> tuple[str, ...]:
    """The names in an author, as published.

    >>> author_names("李墨轩、王一; Ada Lovelace")
    ('李墨轩', '王一', 'Ada Lovelace')
    """
    return _distinct(name.strip() for name in _AUTHOR_SEPARATORS.split(author) if name.strip())


def month_of(date: int, zone: tzinfo) -> str:
    """The month of a date, such as `2022-01`, in a time zone."""
    moment = local(date, zone)
    return f"{moment.year:04d}-{moment.month:02d}"


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
