"""`souwen serve`."""

from __future__ import annotations

import ipaddress
import logging
import socket

import click

from cli.options import index_option, settings_for
from index.analysis import Analyzer
from index.errors import InputError

_THREADS = 8


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port.")
@index_option
def serve_command(host: str, port: int, directory: str | None) -> None:
    """Serve the search page and the JSON API until Ctrl-C.

    \b
    Examples:
      souwen serve                       on http://127.0.0.1:8000
      souwen serve --port 8080
    """
    from waitress.server import create_server

    from web.app import create_app

    app = create_app(settings_for(directory))
    Analyzer().words("搜文")  # loads the dictionary before the first question comes
    # It warns of every request that waits for a thread, which is what the queue is for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"can't listen on {host}:{port}: {error.strerror or error}. "
            "Choose another port: souwen serve --port 8001"
        ) from None
    if not _is_loopback(host):
        click.echo(f"Warning: {host} can be reached from other machines, and there is no password.", err=True)
    click.echo(f"souwen is at http://{host}:{listening.getsockname()[1]}/ (Ctrl-C ends it)", err=True)
    server = create_server(app, sockets=[listening], threads=_THREADS, ident=None)
    try:
        server.run()
    finally:
        server.close()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
