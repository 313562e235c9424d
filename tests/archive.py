"""A small archive in a temporary folder, with an index that follows it: for the tests of both."""

from __future__ import annotations

import fcntl
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from whoosh import query

from index.analysis.grams import phrase_grams
from index.article import Problem
from index.engines.base import Engine, Sort, engine_class
from index.engines.nodes import GramPhrase
from index.ingest import workers as prepare
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.sync import sync
from index.maintenance.verify import verify
from index.sources.scan import FoundFile
from index.store.directory import IndexDirectory
from index.store.reader import OpenIndex, catalog_of
from search.settings import SearchSettings


@dataclass
class Archive:
    """`folder` holds the articles, `directory` the index; `url` is where a shared engine is."""

    folder: Path
    directory: Path
    engine: str = "tantivy"
    url: str = ""
    settings: SearchSettings = field(default_factory=SearchSettings)

    def write(self, name: str, text: str) -> Path:
        """Writes a file, with the folders above it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    def post(self, name: str, body: str, title: str = "题") -> Path:
        """Writes a post."""
        return self.write(name, f"---\ntitle: {title}\n---\n<p>{body}</p>")

    def lines(self, name: str, articles: dict[str, str]) -> Path:
        """Writes a .jsonl file of articles: their texts by id."""
        lines = (json.dumps({"id": i, "title": i, "text": text}) + "\n" for i, text in articles.items())
        return self.write(name, "".join(lines))

    def sync(self, request: IngestRequest | None = None, **settings: str | int) -> IngestReport:
        """Makes the index follow the folder, even if that is empty now; or does what the request says."""
        if request is None:
            engine, url = ("", "") if self.directory.exists() else (self.engine, self.url)
            # In so many parts, each node of a cluster has one.
            request = IngestRequest([self.folder], engine=engine, url=url, shards=3, allow_empty=True)
        return sync(self.directory, request, replace(self.settings, **settings))  # type: ignore[arg-type]

    def open(self) -> OpenIndex:
        """The live generation, to be closed."""
        return OpenIndex.of(IndexDirectory(self.directory).current())

    def texts(self) -> dict[str, str]:
        """The texts in the catalog, by id."""
        with closing(self.open()) as index:
            return {article.id: article.text for article in index.articles.all_articles()}

    def problems(self) -> list[Problem]:
        with closing(self.open()) as index:
            return catalog_of(index).problems()

    def reasons(self) -> dict[str, str]:
        """The problems' reasons, by path."""
        return {problem.path: problem.reason for problem in self.problems()}

    def find(self, text: str) -> list[str]:
        """The texts of the articles that the engine finds by what their bodies hold, in order."""
        with closing(self.open()) as index:
            return find(index, text)

    def agrees(self) -> bool:
        """Whether files, catalog and engine agree."""
        return verify(self.directory).agree


def find(index: OpenIndex, text: str) -> list[str]:
    """The texts of the articles that an open index finds by what their bodies hold, in order."""
    units: Sequence[str] = index.analyzer.units(text)
    tree = (
        GramPhrase("body_grams", phrase_grams(units))
        if len(units) > 1
        else query.Term("body_units", units[0])
    )
    hits = index.engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=100)
    assert hits.total == len(hits.hits)
    articles = index.articles.articles([hit.id for hit in hits.hits])
    return sorted(articles[hit.id].text for hit in hits.hits)


def shared(archive: Archive) -> Engine:
    """The engine of an archive that is indexed on a cluster, to be closed."""
    generation = IndexDirectory(archive.directory).current()
    return engine_class(generation.meta.engine).open(generation.engine_directory)


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    """Articles that a run added, changed, removed and left."""
    return report.added, report.changed, report.removed, report.unchanged


def path_of(folder: int | str | Path) -> str:
    """The path of a folder that is listed, perhaps by a handle."""
    if not isinstance(folder, int):
        return str(folder)
    if sys.platform == "darwin":
        return fcntl.fcntl(folder, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0").decode()
    return str(Path(f"/proc/self/fd/{folder}").readlink())


@contextmanager
def watch_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the files that are opened."""
    opened: list[str] = []
    real = prepare.read_bytes

    def read_bytes(file: FoundFile, limit: int) -> bytes:
        opened.append(Path(file.location).name)
        return real(file, limit)

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "read_bytes", read_bytes)
        yield opened
