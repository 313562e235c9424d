"""Objects of the API's answers, and of `--json` at the terminal.

Docstrings of dataclasses and annotations of their fields are the description of the API: web/openapi.py
makes the OpenAPI document of them, search/serialize.py the answers. A field with a default is left out of
an answer where it has that value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from search.facets import FacetValue
from search.request import MAX_SIZE

# An annotation adds a description to a type, or keywords of JSON Schema with their values.
Count = Annotated[int, ("minimum", 0)]
Positive = Annotated[int, ("minimum", 1)]
Milliseconds = Annotated[float, ("minimum", 0)]
Seconds = Annotated[float, ("minimum", 0)]
Date = Annotated[str, ("format", "date-time")]
Reference = Annotated[str, ("format", "uri-reference")]


@dataclass(frozen=True, slots=True)
class ArticleHead:
    """The fields of an article in a list."""

    id: Annotated[str, "The article's id in this index."]
    path: Annotated[str, "The name of the indexed folder, a slash, and the file's path inside it."]
    url: Annotated[Reference, "The page of the article on this site: /article/<id>."]
    source_url: Annotated[str, "The address where it was published; empty if unknown."]
    title: Annotated[str, "The title, as text."]
    author: Annotated[str, "The author; empty if none is named."]
    date: Annotated[Date | None, "The date of publication, in UTC; null if none is named."]
    categories: Annotated[tuple[str, ...], "From the outermost to the innermost; of several, the first."]
    tags: Annotated[tuple[str, ...], "In the order in which they are given."]
    category_paths: Annotated[
        tuple[tuple[str, ...], ...], "The levels of every category, where it is in several."
    ] = field(default=(), kw_only=True)
    thumbnail: Annotated[str, "The address of a picture; empty if there is none."]


@dataclass(frozen=True, slots=True)
class ExplanationPart:
    """The score that one part of the query added."""

    kind: Annotated[
        Literal["word", "pair", "phrase", "synonym", "passage", "fresh"],
        "A word; a pair of adjacent characters; a phrase as typed; a synonym; the words together in one "
        "passage; an article of this day or later.",
    ]
    field: Annotated[
        Literal["title", "body", "text", "date"],
        "The field where it was found; text is title and body as one.",
    ]
    text: Annotated[str, "The text that was found, folded."]
    weight: Annotated[
        float,
        "The factor of BM25: the weight of the kind × the typed weight × how often it was typed; of a "
        "passage, of the idf of its words.",
    ]
    score: Annotated[float, "The score that it added. The parts sum to the score by construction."]
    typed: Annotated[str, "The text that a synonym stands for; else empty."]


@dataclass(frozen=True, slots=True)
class HitExplanation:
    """Parts of an article's score; only with explain=1."""

    partial: Annotated[bool, "True if it has only some of the words."]
    parts: Annotated[
        tuple[ExplanationPart, ...], "The greatest first; none where results are sorted by date."
    ]


@dataclass(frozen=True, slots=True)
class Folded:
    """The articles that stand below another in the list, since they have its text or its title."""

    count: Annotated[Count, "Their number, among the best hits, which are compared: 40, or more."]
    ids: Annotated[tuple[str, ...], "Their ids, copies first, the best first: at most 100."]
    series: Annotated[Count, "Those among them that have the same title and another text."] = 0


@dataclass(frozen=True, slots=True)
class Hit(ArticleHead):
    """An article that was found."""

    title_html: Annotated[str, "The title as safe HTML, with <mark> around highlights."]
    tags_html: Annotated[tuple[str, ...], "The tags as safe HTML, with <mark> around highlights."]
    score: Annotated[float, "BM25; 0 where results are sorted by date."]
    missing: Annotated[tuple[str, ...], "The words that a partial match lacks; of a full match, none."]
    folded: Annotated[Folded, "The articles below it, with fold=on and sort=relevance; else none."]
    snippets_html: Annotated[tuple[str, ...], "Passages as safe HTML, with <mark> around highlights."]
    explanation: HitExplanation | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """The most frequent values among the articles found: at most 200 of each kind, and all months."""

    author: Annotated[tuple[FacetValue, ...], "Authors."]
    category: Annotated[tuple[FacetValue, ...], "Category paths of every level."]
    tag: Annotated[tuple[FacetValue, ...], "Tags."]
    month: Annotated[tuple[FacetValue, ...], "Months, in order."]


@dataclass(frozen=True, slots=True)
class ZeroResultsPart:
    """A word, a quoted text, an exclusion or a filter."""

    kind: Annotated[
        Literal["text", "excluded", "category", "tag", "author", "-category", "-tag", "-author", "date"],
        "The kind of the part; of a filter, its name.",
    ]
    text: Annotated[str, "The part in query syntax; for a filter, its values, with | between them."]
    total: Annotated[Count, "The articles that match this part alone."]
    rest: Annotated[str, "The query without the part; for a filter, the query."]
    rest_total: Annotated[Count, "The articles that match the rest and pass the other filters."]


@dataclass(frozen=True, slots=True)
class ZeroResults:
    """The parts of a query without results, each with what is found without it."""

    parts: Annotated[
        tuple[ZeroResultsPart, ...],
        "In the order in which they were typed, the filters last; a sentence is not split into words.",
    ]
    unfiltered: Annotated[Count, "The articles that match the query without any filter; 0 if there is none."]


@dataclass(frozen=True, slots=True)
class SuggestedQuery:
    """A corrected query."""

    query: Annotated[str, "The query."]
    total: Annotated[Positive, "The articles that match all of it."]


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of results."""

    query: Annotated[str, "The query as it was given."]
    understood: Annotated[str, "The query as it was read, in query syntax."]
    total: Annotated[Count, "The number of full matches."]
    partial: Annotated[
        Count,
        "The partial matches that follow the full ones in the list, where those leave the first page short: "
        "at most 100, counted nowhere else.",
    ]
    took_ms: Annotated[Milliseconds, "Milliseconds that the search took."]
    page: Annotated[Positive, "The page."]
    size: Annotated[Positive, ("maximum", MAX_SIZE), "Articles on a page."]
    hits: Annotated[tuple[Hit, ...], "The articles of this page."]
    facets: Facets
    suggestion: Annotated[
        str | None,
        "A corrected query that finds more, if few articles have all of the words; on the first page only.",
    ]
    suggestion_total: Annotated[Positive | None, "The articles that match all of the suggestion."]
    zero_results: Annotated[
        ZeroResults | None,
        "The reasons why no article matches all of the query; null if one does, and on later pages.",
    ]
    notes: Annotated[
        tuple[str, ...],
        "Notes on parts that could not be understood as typed, and on what was searched instead.",
    ]
    other_suggestions: Annotated[
        tuple[SuggestedQuery, ...], "The next best corrections after the suggestion, at most two."
    ] = ()
    folded: Annotated[Count, "The full matches, on all pages, that stand below others: see Hit.folded."] = 0


@dataclass(frozen=True, slots=True)
class WholeArticle(ArticleHead):
    """A whole article."""

    editor: Annotated[str, "The editor; empty if none is named."]
    text: Annotated[str, "Its paragraphs, one a line."]
    html: Annotated[str, "Its body as published. NOT sanitised: never put it into a page as it is."]


@dataclass(frozen=True, slots=True)
class Similar:
    """The articles most similar to one."""

    id: Annotated[str, "The article that they are compared with."]
    hits: Annotated[tuple[Hit, ...], "The closest first."]


@dataclass(frozen=True, slots=True)
class SuggestedText:
    """A suggestion."""

    text: Annotated[str, "The text to search for."]
    kind: Annotated[
        Literal["query", "word", "value", "title"], "A past query, a word, a field with a value, or a title."
    ]
    id: Annotated[str, "The article that has this title; else empty."]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Suggestions for what has been typed so far."""

    prefix: Annotated[str, "The text that was typed."]
    suggestions: Annotated[
        tuple[SuggestedText, ...],
        "Past queries, if searches are logged; words; titles. Behind the name of a field, its values.",
    ]


# A count that a machine does not have where articles are indexed elsewhere.
LocalCount = Annotated[Count | None, "Null where articles are not indexed from this machine."]


@dataclass(frozen=True, slots=True)
class ProblemCounts:
    """Numbers of problems by kind; `souwen problems` lists them."""

    lost: Annotated[LocalCount, "Files or lines of which nothing is indexed."]
    partial: Annotated[LocalCount, "Files or lines that are indexed with what could be read."]
    guess: Annotated[LocalCount, "Files or lines that are indexed, and could be read in several ways."]
    left_out: Annotated[LocalCount, "Files and folders that are left out on purpose, such as drafts."]
    empty: Annotated[LocalCount, "Articles without text."]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes on disk, in bytes."""

    catalog: Annotated[Count, "The articles."]
    engine: Annotated[Count, "The files of the engine."]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of `souwen index`."""

    started: Annotated[Date, "The start, in UTC."]
    seconds: Annotated[Seconds, "The duration."]
    added: Annotated[Count, "Articles added."]
    changed: Annotated[Count, "Articles changed."]
    removed: Annotated[Count, "Articles removed."]


@dataclass(frozen=True, slots=True)
class IndexStats:
    """The contents of the index in numbers."""

    articles: Annotated[Count, "Articles."]
    engine: Annotated[str, "The search engine."]
    segmenter: Annotated[str, "The word segmenter."]
    generation: Annotated[str, "The live generation of the index."]
    timezone: Annotated[str, "The time zone of dates in queries, of months, and of dates without one."]
    oldest: Annotated[Date | None, "The date of the oldest article."]
    newest: Annotated[Date | None, "The date of the newest article."]
    problems: ProblemCounts
    bytes: Sizes
    files: Annotated[LocalCount, "Files that were read."]
    generations: Annotated[
        dict[str, Count], "The generations on the disk, and the live one on a cluster, with sizes in bytes."
    ]
    folders: Annotated[tuple[str, ...], "The names of the folders that this machine follows."]
    runs: Annotated[
        tuple[Run, ...], "The last ten runs of this machine that changed something, the latest first."
    ]
    last_run: Annotated[Run | None, "The first of them."]


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the server."""

    status: Annotated[Literal["ok"], "Always ok; an error has another form."]


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """An error."""

    code: Annotated[str, "The kind of error, such as bad_query."]
    message: Annotated[str, "What was wrong, what is allowed, and what to run next."]


@dataclass(frozen=True, slots=True)
class Error:
    """The one form of errors."""

    error: ErrorDetails
