"""The files that a person keeps beside an index, synonyms and dictionary, read again when they change."""

from __future__ import annotations

from pathlib import Path

from index.analysis import hash_dictionary
from index.errors import SettingsError
from index.settings import read_named_file
from index.store.reader import OpenIndex
from search.followed import Followed
from search.query.parser import Note
from search.query.synonyms import NO_SYNONYMS, Synonyms, parse_synonyms


def _state(path: str) -> tuple[int, int] | None:
    """Modification time and size of a file; None where there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


class SynonymsFile:
    """The synonyms of the file at `path`; none where that is empty. Raises SettingsError for a file that
    can't be read when it is opened; one that breaks later leaves those that there were, with a note."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._followed: Followed[Synonyms] = Followed()
        self.current()

    def current(self) -> tuple[Synonyms, tuple[Note, ...]]:
        """The synonyms, and a note where the file is faulty."""
        if not self._path:
            return NO_SYNONYMS, ()
        try:
            return self._followed.value(_state(self._path), lambda: self._read), ()
        except SettingsError as error:
            if not self._followed.was_read:
                raise
            note = Note(
                "The synonyms file has an error, so its last valid version is used: {error}",
                {"error": str(error)},
            )
            return self._followed.last(), (note,)

    def _read(self) -> Synonyms:
        return parse_synonyms(read_named_file("synonyms", self._path), self._path)


class DictionaryFile:
    """The dictionary that the settings name, which may have changed since an index was made with it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._followed: Followed[str] = Followed()

    def notes(self, index: OpenIndex) -> tuple[Note, ...]:
        """A note with the command to run, where the index was made with another dictionary."""
        if not self._path or self._current_hash() == index.meta.dictionary:
            return ()
        return (
            Note(
                "The dictionary {file} is not the one that the index was made with. To apply it, run: "
                "souwen index --rebuild --index {index}",
                {"file": self._path, "index": index.location},
            ),
        )

    def _current_hash(self) -> str:
        return self._followed.value(_state(self._path), lambda: self._hash)

    def _hash(self) -> str:
        """The hash of the file; of one that can't be read the error, which equals no hash."""
        try:
            return hash_dictionary(read_named_file("dictionary", self._path))
        except SettingsError as error:
            return str(error)
