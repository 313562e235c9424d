"""Records of a JSON Lines, JSON or CSV file of any size: read in parts, in bounded memory.

A limit in bytes holds for one record. What can't be read is told by its line (in a JSON file, by its number),
and reading goes on behind it.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO, TextIO

from index.article import Complaint
from index.language import gettext_noop
from index.sources.decode import clean, decode, find_encoding

# Of a file, what tells its encoding; and what is read of it at a time. In bytes.
_SAMPLE = 262_144
_CHUNK = 262_144
# Records of a piece at most; and bytes of a file from which on a piece ends.
_PIECE, _PIECE_BYTES = 200, 500_000
# The number of a record, and the record (of JSON Lines, its line in UTF-8), or why it can't be read.
Row = tuple[int, "dict[str, object] | bytes | str"]

_DELIMITERS = ",;\t|"
# Between the values of a JSON file: the brackets of an array around all of them are no part of any.
_BETWEEN = re.compile(r"[\s,\[\]\ufeff\x00-\x1f]*")
_NEXT_OBJECT = re.compile(r"\}\s*,?\s*(?=\{)")
# Characters that an error may be before the end of what was read, and come of the end alone.
_CUT = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """Adjacent records of a file; `size` is in bytes of the file, and exceeds that of a usual piece only for
    a large record."""

    rows: tuple[Row, ...]
    size: int


class RecordFile:
    """The records of an open file. Its digest and complaints are those of the whole, once all were read."""

    def __init__(self, file: BinaryIO, suffix: str, limit: int) -> None:
        self._suffix = suffix
        self._limit = limit
        sample = file.read(_SAMPLE)
        file.seek(0)
        whole_lines = sample[: sample.rfind(b"\n") + 1] if len(sample) == _SAMPLE else sample
        encoding, self.complaints = find_encoding(whole_lines or sample)
        self._recoded = _Recoded(file, encoding)
        self._stream = io.BufferedReader(self._recoded, _CHUNK)
        self._text = io.TextIOWrapper(self._stream, "utf-8", errors="replace")
        self._replaced = 0

    def pieces(self) -> Iterator[Piece]:
        """The records in order, in pieces that depend on the content of the file alone."""
        rows: list[Row] = []
        before = 0
        for row in self.rows():
            rows.append(row)
            size = self._recoded.size - before
            if len(rows) == _PIECE or size >= _PIECE_BYTES:
                yield Piece(tuple(rows), size)
                before += size
                rows.clear()
        if rows:
            yield Piece(tuple(rows), self._recoded.size - before)

    def rows(self) -> Iterator[Row]:
        """The records in order; each by the number of its line, from 1."""
        if self._suffix == ".json":
            found = False
            for row in _json_values(self._text, self._limit):
                found = True
                yield row
            if not found:
                self.complaints.append(Complaint(gettext_noop("holds no records")))
        elif self._suffix in (".csv", ".tsv"):
            delimiter = "\t" if self._suffix == ".tsv" else ""
            yield from _csv_rows(self._text, delimiter, self._limit, self.complaints)
        else:
            yield from self._json_lines()
        if replaced := self._replaced or self._recoded.replaced:
            encoding = self._recoded.encoding
            reason = f"{replaced} places are not valid {encoding} and were replaced by \ufffd"
            self.complaints.append(Complaint(reason))

    def digest(self) -> str:
        """The digest of the file's bytes: see `index.sources.posts.digest_of`."""
        while self._recoded.read(_CHUNK):
            pass
        return self._recoded.digest.hexdigest()

    def _json_lines(self) -> Iterator[Row]:
        for number in count(1):
            line = self._stream.readline(self._limit + 1)
            if not line:
                return
            if len(line) > self._limit and not line.endswith(b"\n"):
                size = len(line)
                while not line.endswith(b"\n") and (line := self._stream.readline(_CHUNK)):
                    size += len(line)
                yield number, too_large(size, self._limit)
                continue
            try:
                line.decode()
            except UnicodeDecodeError:
                text, complaints = decode(line)
                self._replaced += text.count("\ufffd") if complaints else 0
                line = text.encode("utf-8", "surrogatepass")
            if not line.isspace():
                yield number, line


class _Recoded(io.RawIOBase):
    """The bytes of a file, as UTF-8 whatever its encoding, with the digest of those read."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.encoding = encoding
        self.digest = hashlib.blake2b(digest_size=16)
        self.replaced = 0
        self.size = 0  # bytes read
        self._file = file
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            data = self._file.read(_CHUNK)
            self.digest.update(data)
            self.size += len(data)
            if self._decoder is not None:
                text = self._decoder.decode(data, final=not data)
                self.replaced += text.count("\ufffd")
                self._rest = memoryview(text.encode("utf-8", "replace"))
            else:
                self._rest = memoryview(data)
            if not data and not self._rest:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def too_large(size: int, limit: int) -> str:
    """The complaint about a record, or a file, of so many bytes."""
    return f"is too large: {size:,} bytes, and {limit:,} are allowed (max_file_mb)"


def parse_line(line: bytes) -> dict[str, object] | str:
    """The record in a line of JSON Lines, or why it can't be read; empty for a line without one."""
    text = clean(line.decode("utf-8", "surrogatepass")).strip()
    if not text:
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"is not valid JSON ({error})"
    return value if isinstance(value, dict) else "is not a JSON object"


def _json_values(text: TextIO, limit: int) -> Iterator[Row]:
    """Values of a file: those of one array, or concatenated ones."""
    read_value = json.JSONDecoder(strict=False).raw_decode
    buffer, position, number = text.read(_CHUNK), 0, 1
    while True:
        between = _BETWEEN.match(buffer, position)
        assert between is not None
        position = between.end()
        if position == len(buffer):
            buffer, position = text.read(_CHUNK), 0
            if not buffer:
                return
            continue
        try:
            value, end = read_value(buffer, position)
        except (ValueError, RecursionError) as error:
            length = len(buffer) - position
            more = ""
            if _is_cut(error, len(buffer)) and length <= limit:
                more = text.read(max(_CHUNK, length))
            if more:
                buffer, position = buffer[position:] + more, 0
                continue
            reason = f"is not valid JSON ({error})"
            buffer, position, skipped = _skip_value(text, buffer, position)
            yield number, too_large(skipped, limit) if length > limit else f"{reason}: {skipped:,} characters"
        else:
            size, position = end - position, end
            if size > limit:
                yield number, too_large(size, limit)
            else:
                yield number, value if isinstance(value, dict) else "is not a JSON object"
        number += 1


def _is_cut(error: Exception, end: int) -> bool:
    """True if a value is valid as far as it was read, and may continue."""
    return isinstance(error, json.JSONDecodeError) and (
        error.msg.startswith(("Unterminated string", "Invalid \\")) or error.pos >= end - _CUT
    )


def _skip_value(text: TextIO, buffer: str, position: int) -> tuple[str, int, int]:
    """Skips to what looks like the next object. Returns a buffer, the offset in it, and the number of
    characters skipped."""
    skipped = 0
    while not (found := _NEXT_OBJECT.search(buffer, position)):
        kept = max(position, len(buffer) - _CUT)
        skipped += kept - position
        more = text.read(_CHUNK)
        if not more:
            return "", 0, skipped + len(buffer) - kept
        buffer, position = buffer[kept:] + more, 0
    return buffer, found.end(), skipped + found.end() - position


class _TooLargeError(Exception):
    """The lines of a record are over the limit."""


class _Lines:
    """Lines of a CSV file, and the lines of the current record."""

    def __init__(self, text: TextIO, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._ahead = ""
        self.number = 0
        self.record: list[str] = []
        self.size = 0

    def begin(self) -> int:
        """Begins a new record; returns the number of its first line."""
        self.record, self.size = [], 0
        return self.number + 1

    def peek(self) -> str:
        """The next line, without consuming it; empty at the end."""
        self._ahead = self._ahead or self._text.readline(self._limit + 1)
        return self._ahead

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.peek()
        if not line:
            raise StopIteration
        self._ahead = ""
        self.number += 1
        self.size += len(line)
        self.record.append(line)
        if self.size > self._limit:
            self._skip(line)
            raise _TooLargeError
        return line.replace("\0", "")

    def _skip(self, line: str) -> None:
        """Skips the rest of a record that is too large: to behind its closing quote."""
        quotes = sum(part.count('"') for part in self.record)
        while line and (quotes % 2 or not line.endswith("\n")):
            line = self._text.readline(_CHUNK)
            self.number += line.endswith("\n")
            self.size += len(line)
            quotes += line.count('"')

    def is_unclosed(self) -> bool:
        """True if an open quote in the record extends to the end of the file."""
        if len(self.record) < 2 or self.peek():
            return False
        return sum(line.count('"') for line in self.record) % 2 == 1


def _csv_rows(text: TextIO, delimiter: str, limit: int, complaints: list[Complaint]) -> Iterator[Row]:
    """Records of a CSV file, by the names in its first line."""
    csv.field_size_limit(max(csv.field_size_limit(), limit + 1))
    lines = _Lines(text, limit)
    if not delimiter:
        head = lines.peek()
        delimiter = max(_DELIMITERS, key=lambda mark: len(next(csv.reader([head], delimiter=mark), [])))
    names: list[str] = []
    found = 0
    for number, values in _parsed(lines, delimiter, complaints, limit):
        if isinstance(values, str):
            yield number, values
        elif not any(map(str.strip, values)):
            continue
        elif not names:
            names = [clean(name).strip() or f"#{column}" for column, name in enumerate(values, start=1)]
        else:
            if len(values) > len(names):  # a delimiter in the last field that nobody quoted
                values[len(names) - 1 :] = [delimiter.join(values[len(names) - 1 :])]
            found += 1
            yield number, dict(zip(names, values, strict=False))
    if names and not found:
        complaints.append(Complaint(gettext_noop("has one line, which names its fields, and no records")))


def _parsed(
    lines: _Lines, delimiter: str, complaints: list[Complaint], limit: int
) -> Iterator[tuple[int, list[str] | str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        start = lines.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except _TooLargeError:
            yield start, too_large(lines.size, limit)
            reader = csv.reader(lines, delimiter=delimiter)
        except csv.Error as error:
            yield start, f"is not valid CSV ({error})"
            reader = csv.reader(lines, delimiter=delimiter)
        else:
            if not lines.is_unclosed():
                yield start, values
                continue
            reason = f"line {start}: a quote is never closed; each line from there is a record"
            complaints.append(Complaint(reason))
            for number, line in enumerate(lines.record, start=start):
                plain = csv.reader([line.replace("\0", "")], delimiter=delimiter, quoting=csv.QUOTE_NONE)
                yield number, next(plain, [])
