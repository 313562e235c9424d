"""`create_app`: settings in, a WSGI application out."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import PathConverter

from index.analysis.bulk import accelerate_folding
from index.settings import Settings
from search.searcher import Searcher
from web import api, display, feeds, health, views
from web.context import Context, static_url
from web.errors import init_errors
from web.headers import init_headers
from web.language import init_language
from web.listing import search_url
from web.preferences import init_preferences


class _ArticleIdConverter(PathConverter):
    """Any id: one that begins with a slash, has two in a row, or a line break, too."""

    regex = r"[\s\S]+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        return super().to_url(value).replace("/", "%2F")


def create_app(settings: Settings) -> Flask:
    """The web front end and the JSON API over the index that the settings name.

    The index is opened at the first request and followed from then on. While there is none, every
    request answers 503 with the command that makes one.

    Behind a proxy under a prefix, the proxy strips the prefix and sends `X-Forwarded-Prefix`; or the
    server sets SCRIPT_NAME (waitress: `url_prefix`).
    """
    accelerate_folding()  # numpy takes longer to load than one search, but less than ten
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of the default provider
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # These headers decide nothing but how links begin, in an answer to whoever sent them: harmless
    # without a proxy. The client's address is not used.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    app.url_map.merge_slashes = False  # an id may have two in a row
    app.url_map.converters["article_id"] = _ArticleIdConverter
    app.extensions["souwen"] = Context(settings, Searcher(Path(settings.index), settings))
    app.jinja_env.globals |= {"static_url": static_url, "search_url": search_url}
    init_errors(app)
    init_headers(app)
    init_preferences(app)
    init_language(app)
    display.init_filters(app)
    for module in (views, feeds, api, health):
        app.register_blueprint(module.blueprint)
    return app
