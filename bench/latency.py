"""How long searches take: in process, over HTTP with 8 clients, and from a cold process.

    python bench/latency.py DATA INDEX [--queries 2000] [--requests 20000]

The queries are a mix of what people type, drawn from the evaluation sets with a fixed seed: words,
titles, quoted strings, questions, Boolean and field queries. Top 10 with snippets and facets, as the API
answers. Suggestions are asked for as titles are typed. An answer that is an error ends the run.

The clients are threads of this process, on the same cores as the server. With a figure over HTTP stands the
CPU time that a request takes on either side: where the machine is busy with other things, that says more.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from index.analysis import Analyzer
from index.analysis.bulk import accelerate_folding
from search.request import SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from search.settings import SearchSettings

_CLIENTS = 8


def mixed_queries(data: Path, count: int) -> list[str]:
    """Queries of all kinds, the same for the same data."""
    chooser = random.Random(20221122)
    titles = [
        json.loads(line)["query"]
        for name in ("title_xwlb", "title_lctt")
        for line in (data / "eval" / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    strings = [
        json.loads(line)["query"]
        for name in ("substring_xwlb", "substring_lctt")
        for line in (data / "eval" / name / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    analyzer = Analyzer()
    words = [word for title in titles for word in analyzer.words(title) if len(word) > 1]
    kinds = [
        lambda: chooser.choice(words),
        lambda: f"{chooser.choice(words)} {chooser.choice(words)}",
        lambda: chooser.choice(titles),
        lambda: f'"{chooser.choice(strings)}"',
        lambda: f"{chooser.choice(words)} OR {chooser.choice(words)}",
        lambda: f"{chooser.choice(words)} -{chooser.choice(words)}",
        lambda: f"title:{chooser.choice(words)} date:{chooser.randint(2015, 2026)}",
    ]
    return [chooser.choice(kinds)() for _ in range(count)]


def percentiles(milliseconds: list[float]) -> str:
    """Median, 95th and 99th percentile, and the longest."""
    cuts = statistics.quantiles(milliseconds, n=100)
    return f"p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f}, max {max(milliseconds):.1f} ms"


def in_process(index: Path, queries: list[str]) -> list[float]:
    """Milliseconds of each search in this process, which has made ready as a server does."""
    accelerate_folding()
    gc.freeze()
    searcher = Searcher(index, SearchSettings())
    for query in queries[:50]:
        searcher.search(SearchRequest(query))
    took = []
    for query in queries:
        started = time.perf_counter()
        json.dumps(results_json(searcher.search(SearchRequest(query))), ensure_ascii=False)
        took.append((time.perf_counter() - started) * 1000)
    return took


def typed(queries: list[str]) -> list[str]:
    """What the box holds while people type these."""
    return [query[: 1 + number % 6] for number, query in enumerate(queries)]


def over_http(index: Path, queries: list[str], path: str, clients: int) -> str:
    """Asks `souwen serve`, and says how long it took."""
    command = [sys.executable, "-W", "ignore", "-m", "cli", "serve", "--port", "0", "--index", str(index)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = next(word for line in server.stderr for word in line.split() if word.startswith("http"))
            host = urlsplit(address).netloc
            _requests(host, path, queries[:20])
            own, serving = time.process_time(), _server_time(server.pid)
            started = time.perf_counter()
            shares = [queries[start::clients] for start in range(clients)]
            with ThreadPoolExecutor(clients) as pool:
                took = [
                    t for part in pool.map(lambda share: _requests(host, path, share), shares) for t in part
                ]
            seconds = time.perf_counter() - started
            own, serving = time.process_time() - own, _server_time(server.pid) - serving
        finally:
            server.terminate()
    return (
        f"{percentiles(took)}; {len(took) / seconds:.0f}/s; CPU a request: "
        f"server {serving / len(took) * 1000:.1f} ms, clients {own / len(took) * 1000:.1f} ms"
    )


def _server_time(pid: int) -> float:
    """Seconds of CPU time that the server's processes have used; not a number where there is no /proc."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        states = [Path(f"/proc/{process}/stat").read_text() for process in [str(pid), *children]]
    except OSError:
        return math.nan
    ticks = sum(sum(map(int, state.rpartition(")")[2].split()[11:13])) for state in states)
    return ticks / os.sysconf("SC_CLK_TCK")


def _requests(host: str, path: str, queries: list[str]) -> list[float]:
    connection = HTTPConnection(host, timeout=30)
    took = []
    for query in queries:
        started = time.perf_counter()
        connection.request("GET", f"{path}?q={quote(query)}")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{path}?q={query}: status {response.status}")
        took.append((time.perf_counter() - started) * 1000)
    return took


def cold(index: Path, times: int) -> list[float]:
    """Milliseconds of `souwen search` as a new process."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run(
            [Path(sys.executable).with_name("souwen"), "search", "公安", "--index", str(index)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        took.append((time.perf_counter() - started) * 1000)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=0, help="so many more, to see that none fails")
    arguments = parser.parse_args()
    queries = mixed_queries(arguments.data, arguments.queries)
    print("in process:               ", percentiles(in_process(arguments.index, queries)))
    index, typing = arguments.index, typed(queries)
    for path, asked in (("/api/search", queries), ("/search", queries), ("/api/suggest", typing)):
        for clients in (1, _CLIENTS):
            print(f"{path:12} {clients} client(s): ", over_http(index, asked, path, clients))
    if arguments.requests:
        many = mixed_queries(arguments.data, arguments.requests)
        print(f"{len(many)} requests without an error: ", over_http(index, many, "/search", _CLIENTS))
    print(f"cold process: median {statistics.median(cold(arguments.index, 10)):.0f} ms")


if __name__ == "__main__":
    main()
