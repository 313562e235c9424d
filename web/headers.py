"""Security and caching headers of every answer."""

from __future__ import annotations

import hashlib

from flask import Flask, Response, request

from web.context import context
from web.preferences import shows_pictures

# Nothing is loaded from elsewhere but pictures of articles; nothing inline runs or styles.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src {pictures}",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_UNCACHED = frozenset(["health.ready", "health.live", "health.metrics"])


def init_headers(app: Flask) -> None:
    """Adds the headers to all responses of an app."""
    app.after_request(_finish)


def page_etag(content: str) -> str:
    """The ETag of a content without parts that differ each time, such as timings."""
    return hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _finish(response: Response) -> Response:
    response.headers.update(_SECURITY)
    pictures = "'self' http: https: data:" if shows_pictures() else "'self'"
    response.headers["Content-Security-Policy"] = _POLICY.format(pictures=pictures)
    if request.path.startswith("/api/"):
        _open_to_sites(response)
    if request.endpoint == "static":
        _version_static(response)
    elif response.status_code != 200 or request.endpoint in _UNCACHED:
        response.headers["Cache-Control"] = "no-store"
    elif request.method in ("GET", "HEAD"):
        # May be kept, but is asked for anew: the index changes under it.
        response.headers["Cache-Control"] = "no-cache"
        if not response.is_streamed:  # to count its bytes would be to make all of it
            if response.get_etag()[0] is None:
                response.add_etag(weak=True)
            response.make_conditional(request)
    return response


def _version_static(response: Response) -> None:
    name = (request.view_args or {}).get("filename", "")
    current = context().versions.get(name)
    if response.status_code == 200:
        response.direct_passthrough = False
        response.make_sequence()  # small, and closed with the answer, whatever is made of it
    if response.status_code in (200, 304) and current and request.args.get("v") == current:
        response.headers["Cache-Control"] = _FOR_EVER


def _open_to_sites(response: Response) -> None:
    """CORS headers (Fetch standard): scripts of the sites in the setting `cors` may read the API."""
    allowed = context().settings.cors.split()
    if not allowed:
        return
    origin = request.headers.get("Origin", "")
    if "*" not in allowed:
        response.vary.add("Origin")
        if origin not in allowed:
            return
    response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
