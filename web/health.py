"""Monitoring: `/healthz` (readiness), `/healthz/live` (liveness) and `/metrics`.

Readiness and liveness are apart, because a restart of the server does not help where the index can't be
searched; the answer says what does.
"""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from whoosh import query

from search.serialize import health_json
from web.context import context

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def ready() -> dict[str, object]:
    """Readiness: reads from the catalog and the engine. Status 503, with the reason, where they fail."""
    with context().searcher.reader.acquire() as index:
        if index.catalog is not None:
            index.catalog.roots()
        index.engine.count(query.Term("id", ""))
    return health_json()


@blueprint.get("/healthz/live")
def live() -> dict[str, object]:
    """Liveness: does not read the index."""
    return health_json()


@blueprint.get("/metrics")
def metrics() -> Response:
    """The metrics of all processes, for Prometheus."""
    return Response(context().metrics.exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
