"""The protocol of engines: documents of tokens go in; trees of `whoosh.query` nodes go in, ids and counts
come out.

The nodes that an engine compiles, over the fields below (text, key and facet fields, `date`, `id`):

    Term                 the documents with a token; scored by BM25 in `SCORED_FIELDS`, else score 1
    GramPhrase           the documents with grams at given offsets; scored by BM25 as one term, or with
                         slop by its boost: no two engines count alike what is only near
    Prefix               the documents with a token that starts so; score 1
    TermSet              the documents with one of several tokens; score 1
    NumericRange         the documents with a date in a range; score 1
    Every, NullQuery     all documents (score 1); none
    And, Or              of one or more; scores are added. A Not inside an And takes documents away
    AndMaybe             the documents of the first; those of both get the second's score, too
    ConstantScoreQuery   the documents of a node, with this score

BM25 with k1 1.2 and b 0.75 (see `index/engines/bm25.py`), times the node's boost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from whoosh import query

from index.errors import EngineError

if TYPE_CHECKING:
    from index.analysis.document import Document
    from index.article import Added, Article
    from index.packing import PackedArticle
    from index.settings import Settings


class Sort(StrEnum):
    """The order of hits. Ties are broken by date, the newest first, then by id; articles without a
    date come last."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found. Sorted by date, it has no score: 0."""

    id: str
    score: float


# Of fields: every value, with the number of documents that have it.
FacetCounts = dict[str, list[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of a result list, the number of matching documents, and the facets that were asked for."""

    hits: tuple[Hit, ...]
    total: int
    facets: FacetCounts = field(default_factory=dict)


class ArticleStore(Protocol):
    """The articles of an index, for any number of threads. Raises IndexDamagedError or EngineError where they
    can't be read."""

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """The articles with these ids, without their html, by id."""
        ...

    def titles(self, ids: Sequence[str]) -> dict[str, str]:
        """The titles of the articles with these ids (at most 500), by id."""
        ...

    def sketches(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The sketches of the articles with these ids (at most 500), by id; empty of one without."""
        ...

    def article(self, article_id: str) -> Article | None:
        """The whole article with this id, if there is one."""
        ...

    def all_articles(self) -> Iterator[Article]:
        """Every whole article, by id."""
        ...

    def texts(self) -> Iterator[str]:
        """The title and the text of every article, by id; a line each paragraph."""
        ...

    def newest(self, limit: int) -> list[Article]:
        """The newest articles that have a date, without their html."""
        ...

    def with_url(self, urls: Sequence[str]) -> list[str]:
        """The ids of the articles with one of these sources (at most 100), in order."""
        ...

    def added(self, start: int | None, end: int | None) -> Added | None:
        """The articles that came in from `start` to before `end`, in seconds since 1970; None is open. None
        where that is not known."""
        ...

    def last_addition(self) -> int | None:
        """When the last of the articles came in that searches see; None where that is not known."""
        ...

    def count(self) -> int:
        """The number of articles."""
        ...

    def dates(self) -> tuple[int | None, int | None]:
        """The dates of the oldest and the newest article."""
        ...


class EngineWriter(Protocol):
    """Adds and deletes documents; searches see changes from `commit` on. One writer at a time."""

    def add(self, document: Document, article: PackedArticle | None = None) -> None:
        """Adds a document; one with the same id must have been deleted before. The article is for engines
        that keep articles."""
        ...

    def delete(self, document_id: str) -> None:
        """Deletes the document with this id, if there is one."""
        ...

    def commit(self) -> dict[str, str]:
        """Makes all changes durable, and visible to searches that start later. Returns the ids of
        documents that the engine refused, each with the reason."""
        ...


@dataclass(frozen=True, slots=True)
class Description:
    """Metadata of a generation that a cluster keeps, for machines that know only its address. Embedded
    engines ignore it.

    `meta` and `dictionary` are those of the generation; `url` is its address. With `replaces`, it replaces
    the live generation there, else it joins that. `shards` is their number (0: as many as the live
    generation has, or 1). `writer_id` names this index directory among those that write there.
    """

    url: str = ""
    meta: Mapping[str, object] = field(default_factory=dict)
    dictionary: str = ""
    shards: int = 0
    writer_id: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """Credentials for a cluster: user name and password, or a bearer token; and a file of trusted
    certificate authorities. Embedded engines ignore it."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Connection:
        """The credentials in the settings."""
        return cls(
            user=settings.opensearch_user,
            password=settings.opensearch_password,
            token=settings.opensearch_token,
            ca=settings.opensearch_ca,
        )


ANONYMOUS = Connection()


class Engine(Protocol):
    """An open index of documents. Its methods are thread-safe, except for `writer`."""

    def search(
        self,
        tree: query.Query,
        *,
        sort: Sort,
        offset: int,
        limit: int,
        facets: Sequence[str] = (),
        count_to: int | None = None,
    ) -> Hits:
        """The hits from `offset` (from 0), at most `limit` (at least 1), the exact total, and what
        `Engine.facets` gives for `facets`. A total from `count_to` on may be any number from it on: not to
        count them all is faster. It holds for a search without facets."""
        ...

    def facets(self, tree: query.Query, fields: Sequence[str]) -> FacetCounts:
        """Values of each of `fields` among the matching documents, each with its number of documents."""
        ...

    def count(self, tree: query.Query) -> int:
        """The number of matching documents."""
        ...

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """The tokens of a text field that start with `prefix`, each with its document frequency."""
        ...

    def frequencies(self, field: str, tokens: Sequence[str]) -> dict[str, int]:
        """Document frequencies of these tokens of a text field; tokens that do not occur are left out."""
        ...

    def followers(self, field: str, unit: str) -> list[tuple[str, int]]:
        """The single characters that follow a unit in a gram field, each with its document frequency."""
        ...

    def ids(self) -> set[str]:
        """The ids of all documents that this machine wrote."""
        ...

    def refresh(self) -> bool:
        """Makes searches that start from now on see the last commit. Returns True if there was a new one."""
        ...

    def writer(self) -> AbstractContextManager[EngineWriter]:
        """Opens the writer. Changes that are not committed when the context ends are dropped."""
        ...

    def close(self) -> None:
        """Releases files and connections. The engine can't be used afterwards."""
        ...

    def articles(self, catalog: ArticleStore | None) -> ArticleStore:
        """The articles of all machines, where the engine keeps articles; else `catalog`."""
        ...

    def description(self, local: Description) -> Description:
        """The description stored with the index, where the engine keeps one; else `local`, the
        directory's."""
        ...

    @property
    def name(self) -> str:
        """Name of the generation on a cluster; empty where the directory names it."""
        ...

    @property
    def uid(self) -> str:
        """Identity of an index on a cluster, the same for all its addresses; else empty."""
        ...

    @property
    def writer_id(self) -> str:
        """The id of this machine among the writers of the index; empty where it only reads, or writes
        alone."""
        ...

    @property
    def is_live(self) -> bool:
        """False if another generation had become the live one of its address by the last `refresh`."""
        ...

    def has_new_generation(self, meta: Mapping[str, object]) -> bool:
        """True if the live generation is another than this machine wrote to last. Raises
        IndexMismatchError where its metadata differs from `meta`."""
        ...

    def acknowledge(self) -> None:
        """Records that this machine's catalog agrees with the live generation."""
        ...

    def digests(self) -> dict[str, str]:
        """Digests of the articles that this machine wrote, by document id; empty for an engine that keeps
        no articles."""
        ...

    def own_articles(self) -> Iterator[Article]:
        """Whole articles that the engine keeps and this machine wrote."""
        ...

    def publish(self) -> None:
        """Ends a run: finalizes a bulk load (merges, copies), and makes a generation that was built the live
        one for other machines, with the documents of those."""
        ...

    def leave(self) -> None:
        """Deletes this machine's documents from an index that others read; also the index itself, if that
        leaves it empty."""
        ...

    def bytes(self) -> int:
        """Size on disk, in bytes."""
        ...


class EngineClass(Protocol):
    """Constructors of an engine; `directory` is the engine's own."""

    @property
    def keeps_articles(self) -> bool:
        """True for an engine on which several machines read and write. It keeps the articles; the catalog
        has none of their texts."""
        ...

    def check_url(self, url: str) -> None:
        """Raises InputError where `url` can't be the address of an index of this engine."""
        ...

    def create(self, directory: Path, description: Description = ..., connection: Connection = ...) -> Engine:
        """Makes a new, empty index in a directory that does not exist yet."""
        ...

    def open(self, directory: Path, connection: Connection = ...) -> Engine:
        """Opens an index. Raises IndexDamagedError where it can't be read."""
        ...

    def at(self, address: str, connection: Connection = ...) -> Engine:
        """Opens the live generation of an address for reading. Raises IndexMissingError, EngineError; and
        InputError for an engine that has no addresses."""
        ...

    def abandon(self, directory: Path, connection: Connection = ...) -> None:
        """Removes the unfinished index that an interrupted run was building for this directory elsewhere."""
        ...


ENGINES = {
    "tantivy": "index.engines.tantivy.engine:TantivyEngine",
    "whoosh": "index.engines.whoosh.engine:WhooshEngine",
    "opensearch": "index.engines.opensearch.engine:OpenSearchEngine",
}
DEFAULT_ENGINE = "tantivy"
# The engine of an index that is named by its address.
CLUSTER_ENGINE = "opensearch"


NOWHERE = Description()


def is_address(location: object) -> bool:
    """True if `--index` names an index on a cluster rather than a directory."""
    return str(location).startswith(("http://", "https://"))


def single_characters(grams: Sequence[tuple[str, int]], unit: str) -> list[tuple[str, int]]:
    """The last character of each gram that is a unit and one more character, with its document frequency."""
    return [(gram[len(unit) :], count) for gram, count in grams if len(gram) == len(unit) + 1]


def engine_class(name: str) -> EngineClass:
    """The engine of this name. Raises EngineError where there is none."""
    if name not in ENGINES:
        raise EngineError("unknown engine {name!r}. Known: {known}.", name=name, known=", ".join(ENGINES))
    module, _, attribute = ENGINES[name].partition(":")
    return cast(EngineClass, getattr(import_module(module), attribute))
