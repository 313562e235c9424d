"""`/healthz`, for whoever watches the server."""

from __future__ import annotations

from flask import Blueprint
from whoosh import query

from web.context import context

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, object]:
    """Whether searches can be answered: looks into the catalog and the engine."""
    with context().searcher.reader.acquire() as index:
        index.catalog.roots()
        index.engine.count(query.Term("id", ""))
    return {"status": "ok"}
