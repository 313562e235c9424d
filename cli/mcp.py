"""`souwen mcp`."""

from __future__ import annotations

import logging
import sys

import click

from cli.language import _
from cli.options import index_option, json_option, print_json, settings_for
from index.errors import InputError
from index.packages import install_command
from search import open_index


@click.command("mcp")
@click.option("--http", "over_http", is_flag=True, help="Serve streamable HTTP in place of stdin and stdout.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: the address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="With --http: the port; 0 is any free one.",
)
@click.option(
    "--pages",
    metavar="URL",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="The address of souwen serve: links to articles without an address of their own.",
)
@index_option
@json_option
def mcp_command(
    over_http: bool, host: str, port: int, pages: str, directory: str | None, as_json: bool
) -> None:
    """Let assistants search the archive, by the Model Context Protocol. Nothing can be written.

    An assistant on this machine starts `souwen mcp` itself, and speaks with it over stdin and stdout. Others
    reach --http with the setting password as their token (Authorization: Bearer …). docs/assistants.md has
    the configuration of each.

    \b
    Examples:
      souwen mcp --index ~/archive/.souwen     as the command of an assistant
      souwen mcp --http                        on http://127.0.0.1:8001/mcp
    """
    logging.basicConfig(level=logging.WARNING, format="souwen: %(message)s", stream=sys.stderr)
    try:
        from cli.mcp_tools import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "pydantic"):
            raise
        raise InputError(
            "souwen mcp needs packages that are not installed. Run: {command}", command=install_command("mcp")
        ) from None
    settings = settings_for(directory)
    with open_index(settings.index, settings) as searcher:
        searcher.zone()  # an index that is missing is told now
        server = make_server(searcher, pages, settings.max_hits)
        if not over_http:
            server.run("stdio")
            return
        from cli.mcp_http import PATH, listen, serve
        from cli.serve import warn_of_host

        warn_of_host(host, settings.password)
        listening = listen(host, port)
        address, port = listening.getsockname()[:2]
        url = f"http://{f'[{address}]' if ':' in address else address}:{port}{PATH}"
        if as_json:
            print_json({"url": url})
        else:
            click.echo(_("souwen is at {url} (Ctrl-C ends it)", url=url), err=True)
        serve(server, listening, settings)
