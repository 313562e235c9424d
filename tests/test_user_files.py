"""Synonyms and dictionary follow their files while a server runs."""

from __future__ import annotations

import os
import re
import time
from contextlib import closing
from pathlib import Path

import pytest
from archive import Archive

from index.errors import SettingsError
from index.ingest.sync import IngestRequest
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from search.settings import SearchSettings


def search(searcher: Searcher, text: str) -> Results:
    return searcher.search(SearchRequest(text))


def ids(results: Results) -> list[str]:
    return [hit.article.id for hit in results.hits]


def test_changed_synonyms_are_read_again_and_a_mistake_is_told(archive: Archive) -> None:
    archive.lines("a.jsonl", {"bike": "电动车", "ebike": "电瓶车"})
    archive.sync()
    file = archive.folder.parent / "synonyms.txt"
    file.write_text("自行车, 单车\n", encoding="utf-8")
    with closing(Searcher(archive.directory, SearchSettings(synonyms=str(file)))) as searcher:
        assert ids(search(searcher, "电动车")) == ["bike"]
        file.write_text("电动车, 电瓶车\n", encoding="utf-8")
        assert ids(search(searcher, "电动车")) == ["bike", "ebike"]
        file.write_text("电动车\n", encoding="utf-8")
        for _ in range(2):
            results = search(searcher, "电动车")
            assert ids(results) == ["bike", "ebike"]
            assert re.search(
                r"last valid version is used: .*synonyms.txt, line 1: there is no second",
                str(results.notes[0]),
            )
        file.unlink()
        assert "No such file" in str(search(searcher, "电动车").notes[0])
        file.write_text("", encoding="utf-8")
        os.utime(file, (1, 1))
        results = search(searcher, "电动车")
        assert (ids(results), results.notes) == (["bike"], ())
    file.write_text("电动车\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 1"):
        Searcher(archive.directory, SearchSettings(synonyms=str(file)))


@pytest.fixture
def words(archive: Archive) -> Path:
    """A dictionary beside an archive."""
    return archive.folder.parent / "words.txt"


def test_a_changed_dictionary_is_noted_until_the_index_is_rebuilt(any_archive: Archive, words: Path) -> None:
    any_archive.lines("a.jsonl", {"a": "漂浮图书馆开放", "b": "海上漂浮"})
    any_archive.sync()
    words.write_text("漂浮图书馆 500\n", encoding="utf-8")
    settings = SearchSettings(dictionary=str(words))
    with (
        closing(Searcher(any_archive.directory, SearchSettings())) as unaware,
        closing(Searcher(any_archive.directory, settings)) as searcher,
    ):
        for text in ("漂浮", "没有的词", ""):
            (note,) = (note for note in search(searcher, text).notes if "dictionary" in note.template)
            assert f"souwen index --rebuild --index {any_archive.directory}" in str(note)
            assert str(words) in str(note)
        assert not search(unaware, "漂浮").notes
        # Meanwhile the index is searched with the words that it was made with.
        assert search(searcher, "漂浮图书馆开放").understood == "漂浮 图书馆 开放"

        any_archive.sync(IngestRequest(rebuild=True), dictionary=str(words))
        assert not wait_for_understood(searcher, "漂浮图书馆 开放").notes
        words.write_text("漂浮图书馆 500\n开放 1\n", encoding="utf-8")
        assert search(searcher, "漂浮").notes
        words.unlink()
        assert search(searcher, "漂浮").notes
        assert ids(search(searcher, "漂浮图书馆")) == ["a"]


def wait_for_understood(searcher: Searcher, understood: str) -> Results:
    """The results of a query once a reader has noticed the new generation: within a second."""
    for _ in range(2000):
        results = search(searcher, "漂浮图书馆开放")
        if results.understood == understood:
            return results
        time.sleep(0.02)
    raise AssertionError(results.understood)
