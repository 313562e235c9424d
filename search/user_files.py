"""The files that a person keeps beside an index, synonyms and dictionary, read again when they change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from index.analysis import hash_dictionary
from index.errors import SettingsError
from index.settings import read_named_file
from index.store.reader import OpenIndex
from search.query.parser import Note
from search.query.synonyms import NO_SYNONYMS, Synonyms, parse_synonyms

Value = TypeVar("Value")


class _Followed(Generic[Value]):
    """What a file says, read again when its size or time has changed."""

    def __init__(self, path: str, read: Callable[[], Value]) -> None:
        self._path = Path(path)
        self._read = read
        self._mark = self._look()
        self._value = read()

    def value(self) -> Value:
        """Raises SettingsError where the file can't be read, each time until it can."""
        mark = self._look()
        if mark != self._mark:
            self._value = self._read()
            self._mark = mark
        return self._value

    def last(self) -> Value:
        """What could be read last."""
        return self._value

    def _look(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


class SynonymsFile:
    """The synonyms of the file at `path`; none where that is empty. Raises SettingsError for a file that
    can't be read when it is opened; one that breaks later leaves those that there were, with a note."""

    def __init__(self, path: str) -> None:
        def read() -> Synonyms:
            return parse_synonyms(read_named_file("synonyms", path), path)

        self._file = _Followed(path, read) if path else None

    def current(self) -> tuple[Synonyms, tuple[Note, ...]]:
        """The synonyms, and what is wrong with the file."""
        if self._file is None:
            return NO_SYNONYMS, ()
        try:
            return self._file.value(), ()
        except SettingsError as error:
            note = Note("The synonyms are those from before a mistake: {error}", {"error": str(error)})
            return self._file.last(), (note,)


class DictionaryFile:
    """The dictionary that the settings name, which may have changed since an index was made with it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = _Followed(path, self._hash) if path else None

    def notes(self, index: OpenIndex) -> tuple[Note, ...]:
        """What to run where the index was made with another dictionary. The index goes on with that."""
        if self._file is None or self._file.value() == index.meta.dictionary:
            return ()
        return (
            Note(
                "The dictionary {file} is not the one that the index was made with. To apply it, run: "
                "souwen index --rebuild --index {index}",
                {"file": self._path, "index": index.location},
            ),
        )

    def _hash(self) -> str:
        """Of a file that can't be read, what no dictionary has: the rebuild will say what is wrong."""
        try:
            return hash_dictionary(read_named_file("dictionary", self._path))
        except SettingsError as error:
            return str(error)
