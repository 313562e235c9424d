"""A reverse proxy that publishes a server under a prefix, as nginx or Caddy would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@contextmanager
def proxy_to(site: str, prefix: str, **headers: str) -> Iterator[str]:
    """The address under which the proxy publishes `site`. It takes the prefix away, and tells of it; more
    `headers` (X_Forwarded_Proto="https") are sent with each request."""
    behind = urlsplit(site).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            told = dict(self.headers.items()) | {
                "X-Forwarded-Prefix": prefix,
                "X-Forwarded-Host": str(self.headers["Host"]),
                "X-Forwarded-Proto": "http",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            }
            with closing(HTTPConnection(behind, timeout=60)) as connection:
                connection.request("GET", self.path.removeprefix(prefix), headers=told)
                answer = connection.getresponse()
                body = answer.read()
            # A browser that goes on to another page, or types on, hangs up on what it asked for before.
            with suppress(ConnectionError):
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the standard library
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
        finally:
            server.shutdown()
            thread.join()
