"""A host of static files, with ranges as most hosts have them, or without."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Plain(SimpleHTTPRequestHandler):
    """Sends whole files, whatever range is asked for."""

    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        """Lets pieces be kept for ever, as docs/site.md says."""
        if path := re.search(r"/pieces/(\w+)\.bin$", self.path):
            self.send_header("Cache-Control", "max-age=31536000, immutable")
            self.send_header("ETag", f'"{path[1]}"')
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests don't read it."""


class Ranged(Plain):
    """Sends the range that is asked for."""

    def do_GET(self) -> None:
        """Answers with 206 and a part of a file."""
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if not asked or not path.is_file():
            super().do_GET()
            return
        data = path.read_bytes()
        start, end = int(asked[1]), int(asked[2]) + 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data[start:end])))
        self.end_headers()
        self.wfile.write(data[start:end])


@contextmanager
def hosting(folder: Path, handler: type[Plain] = Ranged) -> Iterator[str]:
    """The address of a host of a folder, with a slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
