"""Records of JSON Lines, JSON and CSV files → articles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, TypeGuard

from index.article import (
    FIRST_DATE,
    LAST_DATE,
    Article,
    Complaint,
    Problem,
    ProblemKind,
    format_date,
    post_id,
    problems_of,
)
from index.errors import InputError
from index.sources.body import as_html, lines_of, read_body
from index.sources.dates import date_in_path
from index.sources.decode import clean
from index.sources.extract import Extracted, extract, has_markup
from index.sources.fields import ADDRESS, AUTHOR, DATE, TITLE, Body, Made, Origin, ReadingRules, make_article
from index.sources.streams import RecordFile, Row, parse_line
from index.sources.values import MAX_VALUES, Value, Values, normalise

RECORD_SUFFIXES = frozenset([".jsonl", ".ndjson", ".json", ".csv", ".tsv"])
# Names of fields in any case of letters, those of front matter first; the first that a record has is taken.
_NAMES: dict[str, list[str]] = {
    "id": "id _id".split(),
    "title": [*TITLE, *"subject 标题名称 題目 题目 標題 题名".split()],
    "text": "text content body article paragraphs fulltext full_text 正文 内容 內容 全文 文本 内文".split(),
    "html": "html content_html html_content".split(),
    "author": [*AUTHOR, "writer"],
    "editor": "editor 编辑 責任編輯 责任编辑".split(),
    "date": [*DATE, *"时间 時間 發布時間 发表时间 发表日期".split()],
    "categories": "categories category channel column section 分类 分類 栏目 欄目 类别 類別 频道".split(),
    "thumbnail": ["thumbnail"],
    "url": [
        *(name for name in ADDRESS if name != "source"),
        *"source_url permalink href 链接 連結 网址 網址".split(),
    ],
}
FIELDS = tuple(_NAMES)
# Problems of a file that are listed one by one.
_LISTED = 1000
_EMPTY: tuple[object, ...] = (None, "", [])
# Lists inside lists that are joined.
_DEPTH = 10

FieldMap = Mapping[str, tuple[str, ...]]
NO_MAP: FieldMap = {}


def parse_field_map(pairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Parses `--map`: the names of each field in the files; values of several are joined by lines.

    Raises InputError for what is no field.

    >>> parse_field_map(["text=lead,title=name", "text=paragraphs"])
    {'text': ('lead', 'paragraphs'), 'title': ('name',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in (part.strip() for listed in pairs for part in listed.split(",")):
        name, _, key = (part.strip() for part in pair.partition("="))
        if name not in FIELDS or not key:
            raise InputError(
                "--map {pair}: give FIELD=KEY, where FIELD is one of {fields}.",
                pair=pair,
                fields=", ".join(FIELDS),
            )
        found[name] = (*found.get(name, ()), key)
    return found


@dataclass(slots=True)
class Tally:
    """What is told of a file of records, or of a piece of it: the first of its problems, and the numbers of
    all problems, of articles, of those dated by the file's path, and of records without a known field, by
    their names."""

    problems: list[Problem] = field(default_factory=list)
    noted: int = 0
    articles: int = 0
    dated_by_path: int = 0
    unnamed: dict[str, int] = field(default_factory=dict)


class RecordReader:
    """Reads the articles of a file of records, one after the other; or of a piece of it.

    `path` is as in `Article.path`; its suffix decides the format. `limit` is that of a record, in bytes.
    `problems` and `digest` are complete once all articles were read.
    """

    digest = ""

    def __init__(self, path: str, zone: tzinfo, limit: int, field_map: FieldMap, rules: ReadingRules) -> None:
        self._path = path
        self._suffix = PurePosixPath(path).suffix.lower()
        self._zone = zone
        self._rules = rules
        self._limit = limit
        self._mapped = field_map
        self._names = {name: (*field_map.get(name, ()), *names) for name, names in _NAMES.items()}
        self._path_date = date_in_path(path, zone)
        self.tally = Tally()

    @property
    def problems(self) -> list[Problem]:
        """The problems of the records, and of the file."""
        return self.tally.problems

    def articles(self, file: BinaryIO) -> Iterator[Article]:
        """The articles in an open file."""
        source = self.open(file)
        yield from self.read(source.rows())
        self.conclude(source.complaints, source.digest())

    def open(self, file: BinaryIO) -> RecordFile:
        """The records in an open file."""
        return RecordFile(file, self._suffix, self._limit)

    def read(self, rows: Iterable[Row]) -> Iterator[Article]:
        """The articles of some of its records."""
        for number, row in rows:
            record = parse_line(row) if isinstance(row, bytes) else row
            if isinstance(record, str):
                if record:
                    self._note(Problem(f"{self._path}:{number}", record, ProblemKind.LOST))
                continue
            for where, inner in self._records(str(number), record):
                made = self._article(where, inner)
                if made.article is not None:
                    self.tally.articles += 1
                    yield made.article
                for problem in problems_of(f"{self._path}:{where}", made.complaints):
                    self._note(problem)

    def add(self, tally: Tally) -> None:
        """Takes over what another reader has told of the next piece of the file."""
        self.problems.extend(tally.problems[: max(0, _LISTED - self.tally.noted)])
        self.tally.noted += tally.noted
        self.tally.articles += tally.articles
        self.tally.dated_by_path += tally.dated_by_path
        for names, count in tally.unnamed.items():
            self.tally.unnamed[names] = self.tally.unnamed.get(names, 0) + count

    def _records(self, number: str, row: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
        """The record; or the records in its lists, where it only wraps them: {"articles": [{…}, {…}]}."""
        inner = [
            item
            for value in row.values()
            if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            for item in value
        ]
        if inner and self._suffix == ".json" and not self._is_article(self._lowered(row)):
            yield from ((f"{number}.{part}", item) for part, item in enumerate(inner, start=1))
        else:
            yield number, row

    def _lowered(self, record: dict[str, object]) -> dict[str, object]:
        return {str(name).strip().lower(): value for name, value in record.items()} | record

    def _is_article(self, record: dict[str, object]) -> bool:
        return any(name in record for field in ("title", "text", "html") for name in self._names[field])

    def _article(self, where: str, record: dict[str, object]) -> Made:
        """The article of a record, if it is one, and its complaints."""
        fields = _Fields(self._lowered(record), self._names, self._mapped)
        if not self._is_article(fields.record):
            names = ", ".join(list(record)[:20])
            self.tally.unnamed[names] = self.tally.unnamed.get(names, 0) + 1
            if self._suffix == ".json":
                return Made(None, ())
        name = next((name for name in self._names["text"] if name in fields.record), "")
        is_literal = name == "text" and "text" not in self._mapped
        body, extracted = _body(fields, is_literal=is_literal, rest=record if not name else {})
        origin = Origin(
            self._path,
            post_id(f"{self._path}#{where}"),
            is_record=True,
            is_exported="category_paths" in fields.record,
        )
        values = fields.plain()
        made = make_article(values, Body(body, extracted), origin, self._zone, self._rules)
        if made.article is not None and made.article.date is not None and not values["date"]:
            self.tally.dated_by_path += made.article.date == self._path_date
        complaints = (*map(Complaint, fields.complaints), *made.complaints)
        return Made(made.article, complaints)

    def conclude(self, complaints: list[Complaint], digest: str) -> None:
        """Adds the problems of the file as a whole, once all articles were read."""
        self.digest, tally = digest, self.tally
        if tally.dated_by_path:
            reason = f"{tally.dated_by_path:,} records have no date, and were given that of the file's path"
            complaints = [*complaints, Complaint(reason, ProblemKind.GUESS)]
        self.problems[:0] = problems_of(self._path, complaints)
        if tally.noted > _LISTED:
            more = f"has {tally.noted - _LISTED:,} more records with problems"
            self.problems.append(Problem(self._path, more, ProblemKind.LOST))
        if not tally.unnamed:
            return
        names = max(tally.unnamed, key=lambda names: tally.unnamed[names])
        advice = f"Name the fields of its articles: souwen index --map text=KEY,title=KEY. It has: {names}"
        count = sum(tally.unnamed.values())
        if self._suffix != ".json":
            reason = f"{count:,} records have no field title or text; all their fields were read. {advice}"
        elif tally.articles:
            reason = f"{count:,} records have no field title or text, and are not indexed. {advice}"
        else:
            reason = f"holds no articles. {advice}"
        kind = ProblemKind.LOST if self._suffix == ".json" else ProblemKind.PARTIAL
        self.problems.append(Problem(self._path, reason, kind))

    def _note(self, problem: Problem) -> None:
        self.tally.noted += 1
        if self.tally.noted <= _LISTED:
            self.problems.append(problem)


class _Fields:
    """The values of a record, by the names of an article's fields."""

    def __init__(self, record: dict[str, object], names: FieldMap, mapped: FieldMap) -> None:
        self.record = record
        self.complaints: list[str] = []
        self._names = names
        self._mapped = mapped

    def values(self, field: str) -> list[object]:
        """The values of the first name that has one; of a field that is mapped to several, those of all."""
        mapped = [self.record.get(name) for name in self._mapped.get(field, ())]
        others = (self.record[name] for name in self._names[field] if name in self.record)
        return [value for value in mapped if value not in _EMPTY] or [
            *islice((value for value in others if value not in _EMPTY), 1)
        ]

    def text(self, field: str, joint: str = "\n") -> str:
        """The field's value as text; a list joined."""
        return joint.join(text for value in self.values(field) for text in self._texts(field, value))

    def plain(self) -> Values:
        """The values as those of front matter, without text and HTML: of each field of an article by its own
        name, of other fields by theirs."""
        bodies = {*self._names["text"], *self._names["html"]}
        rest = {name: value for name, value in self.record.items() if name not in bodies}
        values, complete = normalise(rest)
        if not complete:
            self.complaints.append(f"too many values ({MAX_VALUES:,} are read)")
        for name in ("id", "title", "editor", "thumbnail", "url"):
            values[name] = self.text(name)
        values["author"] = [text for value in self.values("author") for text in self._texts("author", value)]
        values["date"] = self.date()
        values["categories"] = self.categories()
        return values

    def categories(self) -> Value:
        """The category, or its levels; lists of lists are several paths."""
        value = next(iter(self.values("categories")), "")
        if isinstance(value, list):
            return [
                list(self._texts("categories", item)) if isinstance(item, list) else text
                for item in value
                for text in ([""] if isinstance(item, list) else self._texts("categories", item))
            ]
        return "".join(self._texts("categories", value))

    def date(self) -> str:
        """The date as text; of seconds or milliseconds since 1970, in ISO 8601."""
        value = next(iter(self.values("date")), None)
        if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{9,13}\s*", value):
            value = int(value)
        if _is_whole(value) and value > LAST_DATE:
            value //= 1000  # milliseconds, as JavaScript counts
        if _is_timestamp(value):
            return str(format_date(value))
        return self.text("date")

    def _texts(self, field: str, value: object, depth: int = 0) -> Iterator[str]:
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield clean(str(value).encode("utf-8", "replace").decode())
        elif isinstance(value, list) and depth < _DEPTH:
            for item in value:
                yield from self._texts(field, item, depth + 1)
        elif value is not None:
            complaint = f"{field}: must be text"
            if complaint not in self.complaints:
                self.complaints.append(complaint)


def _body(fields: _Fields, *, is_literal: bool, rest: Mapping[str, object]) -> tuple[str, Extracted]:
    """The body as HTML, and what it holds. `rest` is a record without a text: where it has no HTML and no
    title either, all its fields are text."""
    written = fields.text("text")
    if rest and not fields.values("html") and not fields.values("title"):
        texts = (
            (name, "\n".join(_Fields({}, NO_MAP, NO_MAP)._texts(name, value))) for name, value in rest.items()
        )
        written, is_literal = "\n".join(f"{clean(name)}：{text}" for name, text in texts if text), True
    text = "\n".join(lines_of(written))
    if html := fields.text("html"):
        body, extracted, loss = read_body(html)
        if loss:
            fields.complaints.append(f"html: {loss}")
        if text:
            extracted = Extracted(text, extracted.editor, extracted.images, extracted.title)
    elif not is_literal and has_markup(written):
        body, extracted, loss = read_body(written)
        if loss:
            fields.complaints.append(f"text: {loss}")
    else:
        body = as_html(text)  # text is text, also where it looks like markup
        extracted = extract(body)
    return body, extracted


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_timestamp(value: object) -> TypeGuard[int]:
    """True for seconds since 1970; false for a date written as a number, such as 20220104."""
    return (
        _is_whole(value)
        and FIRST_DATE <= value <= LAST_DATE
        and not re.fullmatch("(19|20)[0-9]{2}[01][0-9][0-3][0-9]", str(value))
    )
