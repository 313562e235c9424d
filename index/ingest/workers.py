"""Files, and pieces of large ones, → articles and documents: the work of a run that needs no catalog and no
engine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from index.analysis import Analyzer
from index.analysis.document import Document, make_documents
from index.article import Article, Problem, ProblemKind
from index.files import FileState
from index.packing import PackedArticle, pack
from index.settings import zone
from index.sources.chapters import split_long
from index.sources.fields import ReadingRules
from index.sources.posts import digest_of, is_of_records, parse_file
from index.sources.records import FieldMap, RecordReader
from index.sources.scan import FoundFile
from index.sources.streams import Piece, too_large

# Of the largest size of a file, the share from which on files of records are read in pieces.
_STREAMED_SHARE = 8
# Articles, and characters of them, that are analysed and handed on at a time.
_PART, _PART_CHARACTERS = 200, 1_000_000


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Worker configuration. `max_bytes` is the size of the largest file that is read, and of the largest
    record of one that is read in parts; `field_map` is what records call their fields."""

    segmenter: str
    dictionary: str
    timezone: str
    max_bytes: int
    rules: ReadingRules
    field_map: FieldMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file to read. `known_digest` is that of its content in the index."""

    file: FoundFile
    known_digest: str = ""


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file's articles with their documents. With `unreadable`, the file could not be opened at all;
    `same` says that it has the content that is known.

    Of a large file of records, there are several: `is_continued` says that others came before, and
    `continues` that others follow.
    """

    state: FileState
    digest: str = ""
    articles: tuple[PackedArticle, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: Problem | None = None
    same: bool = False
    is_continued: bool = False
    continues: bool = False


class Worker:
    """Reads, parses and analyses files. Never raises for their content."""

    def __init__(self, preparation: WorkerConfig) -> None:
        self._max_bytes = preparation.max_bytes
        self._zone = zone(preparation.timezone)
        self._rules = preparation.rules
        self._analyzer = Analyzer(preparation.segmenter, preparation.dictionary)
        self._field_map = preparation.field_map

    def prepare(self, tasks: Sequence[FileTask]) -> list[FileResult]:
        """Results of the tasks, in order."""
        read = [self._read(task) for task in tasks]
        articles = [article for prepared, parsed in read for article in parsed]
        try:
            documents = iter(make_documents(articles, self._analyzer, self._zone))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception:  # noqa: BLE001  # one bad file never stops a run: which of them is it?
            return [self._prepare_alone(prepared, parsed) for prepared, parsed in read]
        return [_with_documents(prepared, [next(documents) for _ in parsed]) for prepared, parsed in read]

    def _read(self, task: FileTask) -> tuple[FileResult, tuple[Article, ...]]:
        """A file's articles, packed and as they are."""
        state = task.file.state.as_read(time.time_ns())
        if state.size > self._max_bytes:
            return self._too_large(state, state.size), ()
        try:
            data = read_bytes(task.file, self._max_bytes)
        except OSError as error:
            problem = Problem(state.path, f"can't be read: {error.strerror}", ProblemKind.LOST)
            return FileResult(state, unreadable=problem), ()
        if len(data) > self._max_bytes:  # it has grown meanwhile
            return self._too_large(state, len(data)), ()
        if task.known_digest and digest_of(data) == task.known_digest:
            return FileResult(state, task.known_digest, same=True), ()
        try:
            parsed = parse_file(state.path, data, self._zone, self._rules, self._field_map)
            articles = tuple(chapter for article in parsed.articles for chapter in split_long(article))
            packed = tuple(map(pack, articles))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001  # one bad file never stops a run
            return unparsable(FileResult(state, digest_of(data)), error), ()
        if parsed.again:
            state = replace(state, size=-1)
        return FileResult(state, parsed.digest, packed, problems=parsed.problems), articles

    def reader(self, state: FileState) -> RecordReader:
        """The reader of a file of records."""
        return RecordReader(state.path, self._zone, self._max_bytes, self._field_map, self._rules)

    def read_piece(self, state: FileState, piece: Piece, reader: RecordReader) -> Iterator[FileResult]:
        """The articles of a piece of a large file of records, in parts."""
        try:
            for part in _parts(reader.read(piece.rows)):
                yield self._analyzed(FileResult(state, articles=tuple(map(pack, part))), part)
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001  # one bad file never stops a run
            yield unparsable(FileResult(state), error)

    def _analyzed(self, result: FileResult, articles: Sequence[Article]) -> FileResult:
        """A result with the documents of its articles; articles that can't be analysed are dropped, with a
        problem."""
        try:
            return _with_documents(result, make_documents(articles, self._analyzer, self._zone))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception:  # noqa: BLE001  # which of them is it?
            alone = [
                self._prepare_alone(replace(result, articles=(packed,), problems=()), [article])
                for packed, article in zip(result.articles, articles, strict=True)
            ]
        return replace(
            result,
            articles=tuple(packed for one in alone for packed in one.articles),
            documents=tuple(document for one in alone for document in one.documents),
            problems=(*result.problems, *(problem for one in alone for problem in one.problems)),
        )

    def _too_large(self, state: FileState, size: int) -> FileResult:
        problem = Problem(state.path, too_large(size, self._max_bytes), ProblemKind.LOST)
        return FileResult(state, problems=(problem,))

    def _prepare_alone(self, prepared: FileResult, articles: Sequence[Article]) -> FileResult:
        try:
            return _with_documents(prepared, make_documents(articles, self._analyzer, self._zone))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001
            return unparsable(replace(prepared, articles=()), error)


def read_bytes(file: FoundFile, limit: int) -> bytes:
    """The bytes of a file, one more than the limit at most.

    Raises OSError for what is no regular file, or lies elsewhere, though it was fine when it was listed.
    """
    with file.open() as opened:
        expected = min(file.state.size, limit)  # not more, since memory for all of it is taken at once
        data = opened.read(expected + 1)
        return data + opened.read(limit + 1 - len(data)) if len(data) > expected else data


def is_streamed(file: FileState, max_bytes: int) -> bool:
    """True for a file that is read in parts and may have any size."""
    return file.size * _STREAMED_SHARE > max_bytes and is_of_records(file.path)


def _parts(articles: Iterable[Article]) -> Iterator[list[Article]]:
    part: list[Article] = []
    characters = 0
    for article in articles:
        for chapter in split_long(article):
            part.append(chapter)
            characters += len(chapter.text)
            if len(part) >= _PART or characters >= _PART_CHARACTERS:
                yield part
                part, characters = [], 0
    if part:
        yield part


def _with_documents(prepared: FileResult, documents: Iterable[Document]) -> FileResult:
    return replace(prepared, documents=tuple(documents))


def unparsable(prepared: FileResult, error: Exception) -> FileResult:
    """The result of a file, or of a part of one, with the problem that it can't be parsed."""
    problem = Problem(
        prepared.state.path, f"can't be parsed: {type(error).__name__}: {error}", ProblemKind.LOST
    )
    return replace(prepared, problems=(problem,))
