"""The writer of the default engine: nothing depends on the number of its threads."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from whoosh import query

from index.analysis.document import Document
from index.engines.base import Hits, Sort
from index.engines.tantivy.engine import TantivyEngine
from index.ingest import job

COUNT = 600


def found(directory: Path, threads: int) -> list[Hits]:
    with closing(TantivyEngine.create(directory)) as engine:
        engine.threads = threads
        with engine.writer() as writer:
            for number in range(COUNT):
                words = " ".join(f"w{number % part}" for part in range(2, 40))
                writer.add(Document(f"{number:03d}", "", words, words, date=number % 50))
            writer.commit()
        engine.refresh()
        return [
            engine.search(
                query.Term("words", f"w{number}"), sort=sort, offset=0, limit=40, facets=["month_facet"]
            )
            for number in range(0, 38, 5)
            for sort in Sort
        ]


def test_no_answer_depends_on_the_threads(tmp_path: Path) -> None:
    one = found(tmp_path / "one", 1)
    assert sum(hits.total for hits in one) > COUNT
    assert found(tmp_path / "three", 3) == one


@pytest.mark.parametrize(
    ("cores", "jobs"), [(None, 1), (1, 1), (2, 2), (3, 2), (4, 3), (8, 6), (16, 6), (64, 6)]
)
def test_processes_and_threads_share_the_cores(
    cores: int | None, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert job.default_jobs() == jobs
