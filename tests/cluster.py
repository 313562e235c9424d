"""A real OpenSearch cluster, and what may happen to its nodes: `script/opensearch` for tests."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import portalocker

SCRIPT = Path(__file__).parent.parent / "script" / "opensearch"
VARIABLE = "TEST_CLUSTER"
NONE_FOUND = f'no cluster: eval "$(script/opensearch start)" starts one and sets {VARIABLE}'
NOT_OURS = (
    f"the nodes of {VARIABLE} were not started by this script/opensearch; TEST_CLUSTER_FOLDER tells where "
    "those of another work tree are"
)


def nodes() -> list[str]:
    """The addresses of the nodes, whether they run or not; none if no cluster is named."""
    return [url.strip().rstrip("/") for url in os.environ.get(VARIABLE, "").split(",") if url.strip()]


def is_ours() -> bool:
    """Whether the nodes are those that the functions below act on."""
    shown = _script("status").split()
    return all(url in shown for url in nodes())


@contextmanager
def locked(*, alone: bool) -> Iterator[None]:
    """Holds the cluster, across processes: with others, or alone where its nodes are killed."""
    port = urlsplit(nodes()[0]).port
    with (Path(tempfile.gettempdir()) / f"souwen-test-cluster-{port}.lock").open("ab") as file:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE if alone else portalocker.LockFlags.SHARED)
        yield


def kill(number: int | None = None) -> None:
    """Ends a node, from 1, or all, by SIGKILL."""
    _script("kill", number)


def halt(number: int | None = None) -> None:
    """Ends a node, from 1, or all, in order."""
    _script("halt", number)


def start(number: int | None = None) -> None:
    """Starts a node, from 1, or all that aren't running, with their data. Returns when a node has joined
    what else runs; when all have been started, when the cluster is green."""
    _script("start", number)


def wait_green(index: str = "", seconds: float = 60) -> None:
    """Waits until the cluster, or an index, is green with all nodes, and each of them answers: a node
    joins the others a moment before."""
    _wait(f"/{index}?wait_for_status=green&wait_for_nodes={len(nodes())}", seconds)
    end = time.monotonic() + seconds
    while not all(map(_answers, nodes())):
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds} s, some of {', '.join(nodes())} do not answer")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5):
            return True
    except OSError:
        return False


def wait_nodes(count: int, seconds: float = 60) -> None:
    """Waits until the cluster has noticed how many nodes it has: a killed one is missed a moment later."""
    _wait(f"?wait_for_nodes={count}", seconds)


def _wait(query: str, seconds: float) -> None:
    health: Any = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        health = ask("GET", f"/_cluster/health{query}&timeout=1s")
        if health and health.get("timed_out") is False:
            return
        time.sleep(0.1)
    raise TimeoutError(f"after {seconds} s, {query} is not met: {health}")


def remove_indices(prefix: str) -> None:
    """Removes all indices whose names start so."""
    for entry in ask("GET", f"/_cat/indices/{prefix}*?format=json&h=index&expand_wildcards=all"):
        ask("DELETE", f"/{entry['index']}")


def ask(method: str, path: str, body: str | None = None) -> Any:
    """What the first node that can be reached answers, even if it's an error; None if none can be."""
    opener = build_opener(ProxyHandler({}))
    kind = {"Content-Type": "application/x-ndjson" if "_bulk" in path else "application/json"}
    for url in nodes():
        request = Request(url + path, body.encode() if body else None, kind, method=method)
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            return json.load(error)
        except OSError:
            continue
    return None


def _script(command: str, number: int | None = None) -> str:
    arguments = [str(SCRIPT), command, *([] if number is None else [str(number)])]
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[1:])}: {done.stderr}")
    return done.stdout
