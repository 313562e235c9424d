"""What people complain of in other search engines, as golden cases: the whole way from files to marks.

cases/complaints.json has groups of small articles, and queries over each. `found` are the articles that
match as asked for, in any order (`ordered`: in this order), and `partial` those that follow; `marks` what is
marked in an article, title and snippets, in order; `same` are queries that find the same in the same order;
`notes` parts of the notes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from engines import EMBEDDED

from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.request import SearchRequest
from search.results import ResultHit, Results
from search.searcher import Searcher
from search.settings import SearchSettings

GROUPS = json.loads((Path(__file__).parent / "cases" / "complaints.json").read_text(encoding="utf-8"))[
    "groups"
]
CASES = [(group["name"], case) for group in GROUPS for case in group["cases"]]


@pytest.fixture(scope="module", params=EMBEDDED)
def complaints(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searcher]:
    """All articles in one index of each engine; the groups are categories."""
    folder = tmp_path_factory.mktemp(f"complaints-{request.param}")
    lines = [
        json.dumps({"id": f"{group['name']}/{name}", "title": name, "categories": [group["name"]], **article})
        for group in GROUPS
        for name, article in group["articles"].items()
    ]
    (folder / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
    sync(folder / "index", IngestRequest([folder / "articles.jsonl"], engine=request.param), Settings())
    with closing(Searcher(folder / "index", SearchSettings())) as searcher:
        yield searcher


def answer(searcher: Searcher, group: str, query: str) -> Results:
    return searcher.search(SearchRequest(query, size=100, category=(group,), fold="off"))


def names(results: Results, *, partial: bool = False) -> list[str]:
    """The articles that match as asked for, or those that match in part."""
    return [hit.article.id.partition("/")[2] for hit in results.hits if bool(hit.missing) == partial]


def marked(hit: ResultHit) -> list[str]:
    shown = (hit.title, *hit.snippets)
    return [snippet.text[start:end] for snippet in shown for start, end in snippet.highlights]


@pytest.mark.parametrize(("group", "case"), CASES, ids=[case["comment"] for _, case in CASES])
def test_complaint(complaints: Searcher, group: str, case: dict[str, Any]) -> None:
    results = answer(complaints, group, case["query"])
    found = names(results)
    assert found == case["found"] if case.get("ordered") else sorted(found) == sorted(case["found"])
    if "partial" in case:
        assert sorted(names(results, partial=True)) == sorted(case["partial"])
    marks = {hit.article.id.partition("/")[2]: marked(hit) for hit in results.hits}
    for name, wanted in case.get("marks", {}).items():
        assert marks[name] == wanted
    for query in case.get("same", []):
        assert names(answer(complaints, group, query)) == found, query
    assert len(results.notes) == len(case.get("notes", []))
    for note, part in zip(results.notes, case.get("notes", []), strict=True):
        assert part in str(note)


def test_every_case_says_what_it_is_about() -> None:
    comments = [case["comment"] for _, case in CASES]
    assert len(comments) == len(set(comments)) >= 100
