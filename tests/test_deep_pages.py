"""Pages far down a list by date, which tantivy gives by number: the same as by the texts of the keys."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from whoosh import query

from index.analysis.document import Document
from index.engines.base import Sort
from index.engines.tantivy.engine import TantivyEngine


@pytest.mark.parametrize("equal", [0, 3, 40, 2000])
@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
def test_pages_are_parts_of_the_list(tmp_path: Path, sort: Sort, equal: int) -> None:
    with closing(TantivyEngine.create(tmp_path / "engine")) as engine:
        engine.deep, engine.most_equal = 1, equal
        for part in range(3):  # segments
            with engine.writer() as writer:
                for i in range(part, 120, 3):
                    date = None if i % 5 == 0 else i * 53 % 11 - 5
                    writer.add(Document(f"{i * 37 % 120:03d}", "", "", "", date=date))
                writer.commit()
        engine.refresh()
        whole = engine.search(query.Every(), sort=sort, offset=0, limit=200)
        assert len(whole.hits) == whole.total == 120
        for offset in range(1, 125, 2):
            for limit in (1, 7, 60):
                page = engine.search(query.Every(), sort=sort, offset=offset, limit=limit)
                assert page.total == 120
                assert page.hits == whole.hits[offset : offset + limit]
