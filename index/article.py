"""Articles and problems: the records that all packages share, with their JSON form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from operator import attrgetter
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read from a file.

    `text` is what is searched and shown in snippets: paragraphs, one a line, without markup.
    `html` is the body as published, for the reading view; it is not sanitised.
    `tags` are searched with the text, and shown apart from it.
    `date` is in seconds since 1970-01-01T00:00:00Z, `None` where the file names none.
    `path` is the name of the indexed folder, a slash, and the file's path inside it.
    `categories` are the levels of its category path, from the outermost to the innermost; where it is in
    several, of the first, and `other_categories` are the levels of each other one.
    """

    id: str
    path: str
    title: str
    text: str
    html: str = ""
    author: str = ""
    editor: str = ""
    date: int | None = None
    categories: tuple[str, ...] = ()
    other_categories: tuple[tuple[str, ...], ...] = ()
    tags: tuple[str, ...] = ()
    thumbnail: str = ""
    url: str = ""

    @property
    def category_paths(self) -> tuple[tuple[str, ...], ...]:
        """The levels of every category path; none where the article has no category."""
        return (self.categories, *self.other_categories) if self.categories else ()

    def to_json(self) -> dict[str, object]:
        """The article as `souwen export`, `souwen show --json` and `/api/article/<id>` give it."""
        return {
            "id": self.id,
            "path": self.path,
            "title": self.title,
            "author": self.author,
            "editor": self.editor,
            "date": format_date(self.date),
            "categories": list(self.categories),
            "category_paths": [list(levels) for levels in self.category_paths],
            "tags": list(self.tags),
            "thumbnail": self.thumbnail,
            "url": self.url,
            "text": self.text,
            "html": self.html,
        }


class ProblemKind(StrEnum):
    """Kinds of problems, the gravest first."""

    LOST = "lost"  # nothing of it is in the index
    PARTIAL = "partial"  # indexed with what could be read
    GUESS = "guess"  # indexed; something could be read in several ways
    LEFT_OUT = "left out"  # on purpose: drafts, passwords, folders of programs
    EMPTY = "empty"  # indexed; it has no text. Counted, and listed only when asked for.


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with an article."""

    reason: str
    kind: ProblemKind = ProblemKind.PARTIAL


@dataclass(frozen=True, slots=True)
class Problem:
    """A file, line or folder that could not be read, was read only in part, or was left out.

    `path` is a file or a folder, or `file:line` for a line of a `.jsonl` file.
    """

    path: str
    reason: str
    kind: ProblemKind

    @property
    def lost(self) -> bool:
        """True if nothing of it is in the index."""
        return self.kind is ProblemKind.LOST

    def to_json(self) -> dict[str, object]:
        """The problem as `souwen problems --json` gives it."""
        return {"path": self.path, "reason": self.reason, "kind": self.kind, "lost": self.lost}


def problems_of(path: str, complaints: Iterable[Complaint]) -> list[Problem]:
    """Problems of one article: its complaints joined by kind, the gravest first."""
    by_kind: dict[ProblemKind, list[str]] = {kind: [] for kind in ProblemKind}
    for complaint in complaints:
        by_kind[complaint.kind].append(complaint.reason)
    return [Problem(path, "; ".join(reasons), kind) for kind, reasons in by_kind.items() if reasons]


def format_date(seconds: int | None) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC, such as `2022-01-04T06:00:06Z`.

    >>> format_date(1641276006)
    '2022-01-04T06:00:06Z'
    """
    if seconds is None:
        return None
    return to_datetime(seconds).isoformat().replace("+00:00", "Z")


def to_datetime(seconds: int) -> datetime:
    """Seconds since 1970 as an aware datetime in UTC; years before 1970 too, on every platform."""
    return _EPOCH + timedelta(seconds=seconds)


def local(seconds: int, zone: tzinfo) -> datetime:
    """Seconds since 1970 as a datetime in a time zone; in UTC on the first and last day of Python's
    calendar, where another zone would overflow it."""
    moment = to_datetime(seconds)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


@dataclass(frozen=True, slots=True)
class Added:
    """Articles of a span of time, by their ids; or with `is_rest`, all but these."""

    ids: tuple[str, ...]
    is_rest: bool = False


def to_seconds(moment: datetime) -> int:
    """An aware datetime as whole seconds since 1970-01-01T00:00:00Z."""
    return (moment - _EPOCH) // timedelta(seconds=1)


# Seconds since 1970 of the first and the last second that Python's calendar has.
FIRST_DATE = to_seconds(datetime.min.replace(tzinfo=UTC))
LAST_DATE = to_seconds(datetime.max.replace(tzinfo=UTC))


def write_jsonl(articles: Iterator[Article]) -> Iterator[str]:
    """One line of JSON an article, in the form that `souwen index` reads back."""
    for article in articles:
        yield json.dumps(article.to_json(), ensure_ascii=False) + "\n"


_values = attrgetter(*(field.name for field in fields(Article)))


def article_digest(article: Article) -> bytes:
    """The digest of all that a whole article holds, 16 bytes."""
    content = "\0".join(map(str, _values(article)))
    return hashlib.blake2b(content.encode(), digest_size=16).digest()


def joined_categories(article: Article) -> list[str] | list[list[str]]:
    """The category paths as they are stored: the levels of one; of several, a list for each."""
    if article.other_categories:
        return [list(levels) for levels in article.category_paths]
    return list(article.categories)


def split_categories(stored: list[Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """`Article.categories` and `Article.other_categories`, as `joined_categories` gives them."""
    if stored and isinstance(stored[0], list):
        return tuple(stored[0]), tuple(map(tuple, stored[1:]))
    return tuple(stored), ()


def post_id(path: str) -> str:
    """The id of the article in the file at this path (see `Article.path`): the same on every machine.

    >>> post_id("posts/a.md")
    '79e2769c087af48c'
    """
    return hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
