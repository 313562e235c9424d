"""`souwen queries`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cli.language import _, width
from cli.options import json_option, print_json, printable, settings_for
from index.errors import SettingsError
from search.assist.query_log import LoggedQuery, read_queries

# Columns of a number.
_NUMBER = 8


@click.command("queries")
@click.option(
    "-n",
    "size",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Queries in each list.",
)
@click.option("--days", type=click.IntRange(1), help="Days to count, including today. [default: all]")
@json_option
def queries_command(size: int, days: int | None, as_json: bool) -> None:
    """List frequent queries, and queries without results.

    The server counts queries by day if the setting query_log names a file.

    \b
    Example:
      SOUWEN_QUERY_LOG=queries.sqlite souwen queries --days 7
    """
    settings = settings_for(None)
    if not settings.query_log:
        raise SettingsError(
            "query_log: no file is named, so that nothing is counted. Name one, for the server, too: "
            "SOUWEN_QUERY_LOG=queries.sqlite souwen serve"
        )
    file, days = Path(settings.query_log), days or settings.query_log_days
    top = read_queries(file, days, size)
    lost = read_queries(file, days, size, found=False)
    if as_json:
        print_json({"top": [asdict(query) for query in top], "without_hits": [asdict(q) for q in lost]})
        return
    if not top:
        click.echo(_("Nothing has been searched for."))
        return
    click.echo("  ".join((_right(_("Searches")), _right(_("Articles")), _("Query"))))
    _print(top)
    if lost:
        click.echo()
        click.echo(_("Without hits:"))
        _print(lost)


def _right(heading: str) -> str:
    return " " * (_NUMBER - width(heading)) + heading


def _print(queries: list[LoggedQuery]) -> None:
    for logged in queries:
        click.echo(f"{logged.searches:{_NUMBER},}  {logged.articles:{_NUMBER},}  {printable(logged.query)}")
