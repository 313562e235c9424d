"""`souwen serve`."""

from __future__ import annotations

import ipaddress
import os

import click

from cli.language import _
from cli.options import index_option, json_option, print_json, settings_for

# More are of use only where many people search at once.
_MOST_PROCESSES = 4


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 is any free one.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help=f"Server processes. [default: one for each core, at most {_MOST_PROCESSES}]",
)
@index_option
@json_option
def serve_command(host: str, port: int, processes: int | None, directory: str | None, as_json: bool) -> None:
    """Serve the search page and the JSON API until Ctrl-C.

    \b
    Examples:
      souwen serve                       on http://127.0.0.1:8000
      souwen serve --port 8080 --processes 1
    """
    from web.server import serve

    settings = settings_for(directory)
    warn_of_host(host, settings.password)

    def announce(address: str, port: int) -> None:
        url = f"http://{f'[{address}]' if ':' in address else address}:{port}/"
        if as_json:
            print_json({"url": url})
        else:
            click.echo(_("souwen is at {url} (Ctrl-C ends it)", url=url), err=True)

    serve(host, port, settings, processes or min(os.cpu_count() or 1, _MOST_PROCESSES), announce)


def warn_of_host(host: str, password: str) -> None:
    """Print a warning if other machines can reach the address that is listened on."""
    if _is_loopback(host):
        return
    if password:
        warning = _(
            "Warning: {host} can be reached from other machines, and the password is sent unencrypted. "
            "Let a proxy in front of souwen speak HTTPS.",
            host=host,
        )
    else:
        warning = _(
            "Warning: {host} can be reached from other machines, and there is no password. "
            "Set one: {command}",
            host=host,
            command="SOUWEN_PASSWORD=… souwen serve",
        )
    click.echo(warning, err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
