"""`/robots.txt`, and the header X-Robots-Tag of pages that search engines should not list."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from web.context import context

blueprint = Blueprint("robots", __name__)

# Each filter leads to more filters: a crawler would never end.
_RESULTS = ("/search", "/?", "/feed.atom", "/api/")


def init_robots(app: Flask) -> None:
    """Adds the header to the answers of an app."""
    app.after_request(_add_header)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """The rules for crawlers (RFC 9309), by the setting `robots`."""
    paths = ("/",) if context().settings.robots == "none" else _RESULTS
    lines = ["User-agent: *", *(f"Disallow: {request.script_root}{path}" for path in paths)]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _add_header(response: Response) -> Response:
    """Sets the header X-Robots-Tag, beside /robots.txt: under a prefix no crawler finds that file, and
    links from other sites lead to results, too."""
    listed = context().settings.robots != "none" and not request.query_string
    if request.endpoint not in ("static", "robots.robots") and (not listed or request.blueprint == "api"):
        response.headers["X-Robots-Tag"] = "noindex"
    return response
