"""`script/opensearch`: whom it ends and where it refuses, without a cluster; what nodes keep, on one."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import cluster as opensearch
import pytest

pytestmark = pytest.mark.slow


def script(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs it on nodes of its own."""
    settings = os.environ | {"TEST_CLUSTER_FOLDER": str(folder), "TEST_CLUSTER_PORT": ""} | environment
    return subprocess.run([str(opensearch.SCRIPT), *arguments], env=settings, capture_output=True, text=True)


@pytest.mark.parametrize("command", ["kill", "halt", "stop"])
def test_a_stranger_with_the_process_id_of_a_node_is_left_alone(tmp_path: Path, command: str) -> None:
    (tmp_path / "nodes" / "2").mkdir(parents=True)
    with subprocess.Popen(["sleep", "600"]) as stranger:
        (tmp_path / "nodes" / "2" / "pid").write_text(str(stranger.pid))
        assert "is halted" in script(tmp_path, "status").stdout
        assert script(tmp_path, command).returncode == 0
        assert stranger.poll() is None
        stranger.kill()
    assert (tmp_path / "nodes").exists() == (command != "stop")


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = script(tmp_path, "start", TEST_CLUSTER_PORT=port)
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in refused.stderr
    assert not (tmp_path / "nodes").exists()


@pytest.mark.parametrize("arguments", [[], ["begin"], ["start", "4"], ["kill", "1", "2"], ["stop", "1"]])
def test_what_it_does_not_know_is_answered_by_help(tmp_path: Path, arguments: list[str]) -> None:
    answered = script(tmp_path, *arguments)
    assert answered.returncode == 2
    assert "script/opensearch start" in answered.stderr


def test_the_kill_of_a_node_and_a_halt_of_all_lose_nothing(
    breakable_cluster: list[str], index_prefix: str
) -> None:
    index = f"{index_prefix}posts"
    settings = '{"settings": {"number_of_shards": 3, "number_of_replicas": 1}}'
    assert opensearch.ask("PUT", f"/{index}", settings)["acknowledged"]
    opensearch.wait_green(index)
    lines = "".join(f'{{"index": {{"_id": "{number}"}}}}\n{{"body": "文章"}}\n' for number in range(10))
    assert not opensearch.ask("POST", f"/{index}/_bulk?refresh=true", lines)["errors"]

    opensearch.kill(2)
    opensearch.wait_nodes(2)
    opensearch.start(2)
    opensearch.wait_green(index)
    opensearch.halt()
    assert opensearch.ask("GET", "/") is None
    opensearch.start()
    assert opensearch.ask("GET", f"/{index}/_count") == {
        "count": 10,
        "_shards": {"total": 3, "successful": 3, "skipped": 0, "failed": 0},
    }
