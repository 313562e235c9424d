"""Connections to a cluster: credentials, and the state on the disk. No cluster is needed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from archive import Archive

from index.engines.base import Connection
from index.engines.opensearch.state import ClusterState
from index.errors import EngineError
from index.ingest.job import IngestRequest
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings


class Gate:
    """A server that lets nobody in, and notes with what they tried."""

    def __init__(self) -> None:
        seen: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                seen.append(self.headers["Authorization"])
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_PUT = do_POST = do_HEAD = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.seen = seen
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/news"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """What the environment says is another's: settings are given."""
    monkeypatch.setenv("SOUWEN_OPENSEARCH_USER", "another")
    gate = Gate()
    thread = Thread(target=gate.server.serve_forever)
    thread.start()
    yield gate
    gate.server.shutdown()
    thread.join()
    gate.server.server_close()


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        (
            SearchSettings(opensearch_user="reader", opensearch_password="密码"),
            f"Basic {base64.b64encode('reader:密码'.encode()).decode()}",
        ),
        (SearchSettings(opensearch_token="abc"), "Bearer abc"),
        (SearchSettings(), None),
    ],
    ids=["name and password", "token", "none"],
)
def test_credentials_in_given_settings_reach_the_cluster(
    gate: Gate, archive: Archive, settings: SearchSettings, sent: str | None
) -> None:
    with (
        closing(Searcher(gate.url, settings)) as searcher,
        pytest.raises(EngineError, match="requires a user name"),
    ):
        searcher.search(SearchRequest("图书馆"))
    archive.post("a.md", "图书馆")
    archive.settings = settings
    with pytest.raises(EngineError, match="requires a user name"):
        archive.sync(IngestRequest([archive.folder], engine="opensearch", url=gate.url))
    assert len(gate.seen) >= 2
    assert {*gate.seen} == {sent}


def test_credentials_are_not_in_what_is_printed_of_a_connection() -> None:
    connection = Connection.of(SearchSettings(opensearch_password="secret", opensearch_token="secret"))
    assert "secret" not in repr(connection)


def test_the_state_of_an_older_index_is_read(tmp_path: Path) -> None:
    """The writer id had another name."""
    older = '{"url": "http://node:9200/news", "index": "news-000001", "ledger": "north-1", "building": true}'
    (tmp_path / "cluster.json").write_text(older, encoding="utf-8")
    state = ClusterState.read(tmp_path)
    assert state == ClusterState("http://node:9200/news", "news-000001", "north-1", building=True)
    state.write(tmp_path)
    assert ClusterState.read(tmp_path) == state
