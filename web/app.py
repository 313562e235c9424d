"""`create_app`: settings → WSGI application."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, Request
from flask_compress import Compress
from jinja2.runtime import Context as TemplateContext
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import PathConverter

from index.analysis.bulk import accelerate_folding
from search import open_index
from search.assist.query_log import QueryLog
from web import advanced, api, display, downloads, feeds, health, params, robots, timeline, views, watching
from web.access import init_access
from web.access_log import AccessLog
from web.context import Context
from web.errors import init_errors
from web.fair import Fair
from web.filters import filter_label
from web.gate import init_gate
from web.headers import init_headers
from web.instrumentation import init_measure
from web.language import init_language
from web.links import article_url, init_links, search_url, static_url
from web.metrics import Metrics
from web.preferences import init_preferences
from web.proxies import Proxied, TrustedProxies
from web.robots import init_robots
from web.settings import WebSettings

# Pages are small: more effort would cost more time than it saves. Nothing here is secret, so that what
# compression tells of a page's content (BREACH) tells nothing.
_COMPRESSION = {
    "COMPRESS_ALGORITHM": ["zstd", "br", "gzip"],
    "COMPRESS_ALGORITHM_STREAMING": ["zstd", "br", "gzip"],
    "COMPRESS_LEVEL": 4,
    "COMPRESS_MIMETYPES": [
        "text/html", "text/css", "text/javascript", "text/csv", "text/plain", "image/svg+xml",
        "application/json", "application/x-ndjson", "application/atom+xml",
        "application/opensearchdescription+xml", "application/x-research-info-systems",
        "application/x-bibtex",
    ],
}  # fmt: skip


class _ArticleIdConverter(PathConverter):
    """Matches any id, including ones with a leading slash, repeated slashes or line breaks."""

    regex = r"[\s\S]+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        return super().to_url(value).replace("/", "%2F")


class _Request(Request):
    """A request whose address may contain any bytes: those that are not UTF-8 stay escaped; unescaped ones
    are read as if they had been escaped."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        quoted = "werkzeug.url_quote"  # a handler of errors that werkzeug registers
        query = self.query_string.decode(errors=quoted)
        return ImmutableMultiDict(parse_qsl(query, keep_blank_values=True, errors=quoted))


class _TemplateContext(TemplateContext):
    """Calls functions as they are. Jinja's own looks first whether one wants the context, which none of ours
    does; a page of results has 250 calls."""

    def call(self, function: Any, /, *args: Any, **values: Any) -> Any:
        values.pop("_block_vars", None)
        values.pop("_loop_vars", None)
        return function(*args, **values)


def create_app(settings: WebSettings) -> Flask:
    """The web front end and the JSON API over the index that the settings name.

    The index is opened at the first request and followed from then on. While there is none, every
    request answers 503 with the command that makes one.

    Behind a proxy, links begin as its headers say: `X-Forwarded-Proto`, `X-Forwarded-Host`, and where it
    publishes the pages under a prefix and strips that, `X-Forwarded-Prefix`.
    """
    accelerate_folding()  # numpy takes longer to load than one search, but less than ten
    app = Flask(__name__)
    app.request_class = _Request
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of the default provider
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.context_class = _TemplateContext
    expected = settings.trusted_proxy != WebSettings().trusted_proxy
    proxied = Proxied(Fair(app.wsgi_app), TrustedProxies(settings.trusted_proxy), expected=expected)
    app.wsgi_app = proxied  # type: ignore[method-assign]
    app.url_map.merge_slashes = False  # an id may have two in a row
    app.url_map.converters["article_id"] = _ArticleIdConverter
    searcher = open_index(settings.index, settings)
    opened = ExitStack()
    query_log = None
    if settings.query_log:
        query_log = QueryLog(Path(settings.query_log), settings.query_log_days)
        opened.enter_context(closing(query_log))
    metrics = Metrics(searcher)
    context = Context(settings, searcher, metrics, query_log=query_log, opened=opened)
    app.extensions["souwen"] = context
    app.jinja_env.globals |= {
        "static_url": static_url,
        "search_url": search_url,
        "article_url": article_url,
        "filter_label": filter_label,
        "search_fields": params.pairs,
        "script_data": watching.script_data,
        "longest_query": lambda: settings.max_query_length,
    }
    observers = [metrics.answered]
    if settings.access_log:
        observers.append(opened.enter_context(closing(AccessLog(settings.access_log))).write)
    init_measure(app, *observers)
    init_gate(app, settings)
    init_access(app, settings)
    app.config |= _COMPRESSION  # of Flask-Compress
    Compress(app)  # before the headers: what is registered last is done first
    init_errors(app)
    init_headers(app)
    init_preferences(app)
    init_language(app)
    init_links(app)
    init_robots(app)
    display.init_filters(app)
    for module in (views, advanced, watching, timeline, feeds, downloads, api, health, robots):
        app.register_blueprint(module.blueprint)
    return app
