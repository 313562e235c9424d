"""A cluster whose nodes are killed at any moment: nothing is lost or there twice, nobody is told less."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import cluster as opensearch
import pytest
from archive import Archive, find, shared
from opensearchpy import OpenSearch

from index.engines.opensearch.engine import OpenSearchEngine
from index.engines.opensearch.generations import Generations
from index.engines.opensearch.writer import LoadLimits
from index.errors import EngineError
from index.ingest.sync import IngestRequest
from index.store.reader import IndexReader
from web.app import create_app
from web.context import Context
from web.settings import WebSettings

FILES, ARTICLES = 10, 300
LIMITS = LoadLimits(request_bytes=20_000, wait_for_shard=1)
pytestmark = pytest.mark.usefixtures("breakable_cluster")


@pytest.fixture
def full(machine: Callable[[str], Archive], monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Some hundred articles in a few files, not indexed yet; requests are small, so that they are many. All
    nodes are there, also those that the test before has killed."""
    opensearch.wait_green()
    monkeypatch.setattr(OpenSearchEngine, "load_limits", LIMITS)
    archive = machine("posts")
    for file in range(FILES):
        numbers = range(file, ARTICLES, FILES)
        archive.lines(f"{file}.jsonl", {f"{number:03d}": f"第{number}座漂浮图书馆" * 5 for number in numbers})
    return archive


def is_whole(archive: Archive) -> bool:
    """Whether each article is there once, is found, and the machine and the cluster agree."""
    opensearch.wait_green(index_of(archive))
    with closing(shared(archive)) as engine:
        ids = Counter(article.id for article in engine.articles(None).all_articles())
        assert engine.articles(None).count() == ARTICLES
    assert ids == {f"{number:03d}": 1 for number in range(ARTICLES)}
    return archive.agrees()


def index_of(archive: Archive) -> str:
    """What the names of an archive's indices start with."""
    return f"{archive.url.rpartition('/')[2]}*"


@contextmanager
def killed_at(patch: pytest.MonkeyPatch, request: int, number: int) -> Iterator[None]:
    """A node is killed before a request of a bulk load, the first of which is 1."""
    send, requests = OpenSearch.bulk, Counter[str]()
    lock = threading.Lock()

    def killing(self: OpenSearch, **arguments: Any) -> Any:
        with lock:
            requests["sent"] += 1
            if requests["sent"] == request:
                opensearch.kill(number)
        return send(self, **arguments)

    with patch.context() as patched:
        patched.setattr(OpenSearch, "bulk", killing)
        yield
    assert requests["sent"] >= request


def test_a_load_goes_on_when_a_node_that_was_killed_is_back(
    full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = opensearch.kill
    back = threading.Thread(target=opensearch.start, args=[2])

    def kill_and_start(number: int) -> None:
        kill(number)
        back.start()

    monkeypatch.setattr(opensearch, "kill", kill_and_start)
    try:
        with killed_at(monkeypatch, 3, 2):
            full.sync()
    except EngineError as error:
        assert full.url in str(error)
    finally:
        back.join()
    full.sync()
    assert is_whole(full)


def test_a_load_that_a_killed_node_ends_says_so_and_is_continued(
    full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(OpenSearchEngine, "load_limits", replace(LIMITS, patience=0.5))
        with killed_at(patch, 3, 3), pytest.raises(EngineError, match=r"has not taken|can't be read|answers"):
            full.sync()
    opensearch.start(3)
    opensearch.wait_green(index_of(full))
    full.sync()
    assert is_whole(full)


def test_a_search_finds_all_or_says_that_it_can_not_while_a_node_is_killed(full: Archive) -> None:
    full.sync()
    opensearch.wait_green(index_of(full))
    is_over, found, errors, others = threading.Event(), Counter[int](), Counter[str](), list[BaseException]()

    def search() -> None:
        with closing(IndexReader(full.url, stale_after=0)) as reader:
            while not is_over.is_set():
                try:
                    with reader.acquire() as index:
                        found[len(find(index, "第7座漂浮"))] += 1
                        found[index.articles.count() - ARTICLES + 1] += 1
                except EngineError as error:
                    errors[str(error)] += 1
                except BaseException as error:  # noqa: BLE001  # a thread's failure is the test's
                    others.append(error)
                    return

    thread = threading.Thread(target=search)
    thread.start()
    try:
        opensearch.kill(1)
        opensearch.wait_nodes(2)
        opensearch.start(1)
        opensearch.wait_green(index_of(full))
    finally:
        is_over.set()
        thread.join()
    assert others == []
    assert set(found) == {1}
    assert all(full.url in error for error in errors)
    assert is_whole(full)


def test_an_index_made_anew_is_live_or_the_old_one_is_when_a_node_is_killed(
    full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.sync()
    publish = Generations.publish

    def publish_while_killing(generations: Generations, index: str) -> None:
        opensearch.kill(2)
        publish(generations, index)

    with monkeypatch.context() as patch:
        patch.setattr(Generations, "publish", publish_while_killing)
        try:
            full.sync(IngestRequest(rebuild=True))
        except EngineError as error:
            assert full.url in str(error)
    with closing(IndexReader(full.url, stale_after=0)) as reader, reader.acquire() as index:
        assert index.articles.count() == ARTICLES
    opensearch.start(2)
    full.sync()
    assert is_whole(full)
    assert len(opensearch.ask("GET", f"/_cat/indices/{index_of(full)}?format=json")) == 1


def test_all_nodes_may_be_killed_and_nothing_that_was_taken_is_lost(full: Archive) -> None:
    full.sync()
    opensearch.kill()
    with pytest.raises(EngineError, match=r"no node of .* answers"):
        full.find("第7座漂浮")
    with pytest.raises(EngineError, match=r"no node of .* answers"):
        full.sync()
    opensearch.start()
    assert is_whole(full)
    assert full.sync().unchanged == FILES


def test_a_part_that_is_gone_is_a_page_that_says_so_until_it_is_back(full: Archive) -> None:
    full.sync()
    no_copies = '{"index": {"auto_expand_replicas": false, "number_of_replicas": 0}}'
    assert opensearch.ask("PUT", f"/{index_of(full)}/_settings", no_copies)["acknowledged"]
    app = create_app(WebSettings(index=full.url))
    context: Context = app.extensions["souwen"]
    client = app.test_client()
    with closing(context):
        assert client.get("/api/search?q=漂浮图书馆").get_json()["total"] == ARTICLES
        opensearch.kill(3)
        opensearch.wait_nodes(2)
        for path in ("/search?q=漂浮图书馆", "/search?q=没有的词", "/"):
            page = client.get(path)
            assert page.status_code == 503, path
            assert "souwen" in page.text
        answer = client.get("/api/search?q=漂浮图书馆")
        assert answer.status_code == 503
        assert "can't be read now" in answer.get_json()["error"]["message"]
        opensearch.start(3)
        opensearch.wait_green(index_of(full))
        assert client.get("/api/search?q=漂浮图书馆").get_json()["total"] == ARTICLES
