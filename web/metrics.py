"""`/metrics`, for Prometheus: latencies of requests and searches, and the state of the index.

Each process counts for itself. With several processes, prometheus-client keeps their counts in files of
the directory `PROMETHEUS_MULTIPROC_DIR`, and the process that is asked adds them up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from index.errors import SouwenError
from search.results import Results
from search.searcher import Searcher
from search.stats import Stats, read_stats
from web.instrumentation import RequestRecord
from web.server import SHARED_DIRECTORY

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """Counters of this process, and gauges read from the index on demand."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._registry = CollectorRegistry()
        own = None if SHARED_DIRECTORY in os.environ else self._registry
        self._requests = Histogram(
            "souwen_request_seconds",
            "Seconds from a request to the end of its answer, by endpoint and status.",
            ("endpoint", "status"),
            registry=own,
            buckets=_SECONDS,
        )
        self._searches = Histogram(
            "souwen_search_seconds",
            "Seconds that a search took, by its matches: all (full ones), some (partial ones only), none.",
            ("found",),
            registry=own,
            buckets=_SECONDS,
        )
        if own is None:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        self._registry.register(self)

    def answered(self, answered: RequestRecord) -> None:
        """Counts a request."""
        self._requests.labels(answered.endpoint or "none", answered.status).observe(answered.seconds)

    def searched(self, results: Results) -> None:
        """Counts a search."""
        found = "all" if results.total else "some" if results.partial else "none"
        self._searches.labels(found).observe(results.took_ms / 1000)

    def exposition(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The state of the index, for the registry."""
        directory = self._searcher.reader.directory
        writing = directory is not None and directory.is_written()
        yield GaugeMetricFamily(
            "souwen_writer_running", "1 while a process writes to the index.", value=float(writing)
        )
        try:
            with self._searcher.reader.acquire() as index:
                stats, run = read_stats(index), index.catalog.last_run() if index.catalog else None
        except SouwenError:
            stats, run = None, None
        up = float(stats is not None)
        yield GaugeMetricFamily("souwen_index_up", "1 if the index can be searched.", value=up)
        if stats is not None:
            yield from _of_index(stats)
        if run is not None:
            yield GaugeMetricFamily(
                "souwen_index_age_seconds",
                "Seconds since the last run that changed something.",
                value=max(0.0, time.time() - run["started"] - run["seconds"]),
            )


def _of_index(stats: Stats) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("souwen_index_articles", "Articles in the index.", value=stats.articles)
    if stats.problems is not None:
        problems = GaugeMetricFamily(
            "souwen_index_problems",
            "Files or lines with a problem, by kind; souwen problems lists them.",
            labels=("kind",),
        )
        for kind, count in stats.problems.items():
            problems.add_metric((kind,), count)
        yield problems
    size = GaugeMetricFamily("souwen_index_bytes", "Size on disk.", labels=("part",))
    size.add_metric(("catalog",), stats.catalog_bytes)
    size.add_metric(("engine",), stats.engine_bytes)
    yield size
