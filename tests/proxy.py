"""A reverse proxy that publishes a server under a prefix, as nginx or Caddy would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
                return self.send_error(404)
            connection = HTTPConnection(behind, timeout=10)
            told = dict(self.headers.items()) | {
                "X-Forwarded-Prefix": prefix,
                "X-Forwarded-Host": str(self.headers["Host"]),
                "X-Forwarded-Proto": "http",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            }
            connection.request("GET", self.path.removeprefix(prefix), headers=told)
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            connection.close()
            return None

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
