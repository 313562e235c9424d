"""The connection of an index directory to a cluster: its state on the disk. No cluster is needed."""

from __future__ import annotations

from pathlib import Path

from index.engines.opensearch.state import ClusterState


def test_the_state_of_an_older_index_is_read(tmp_path: Path) -> None:
    """The writer id had another name."""
    older = '{"url": "http://node:9200/news", "index": "news-000001", "ledger": "north-1", "building": true}'
    (tmp_path / "cluster.json").write_text(older, encoding="utf-8")
    state = ClusterState.read(tmp_path)
    assert state == ClusterState("http://node:9200/news", "news-000001", "north-1", building=True)
    state.write(tmp_path)
    assert ClusterState.read(tmp_path) == state
