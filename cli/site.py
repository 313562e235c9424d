"""`souwen site`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cli.language import _
from cli.options import index_option, json_option, print_json, settings_for
from index.engines.base import Connection
from index.store.reader import IndexReader
from web.site.folder import check_folder, write_site
from web.site.writer import make_site


@click.command("site")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@index_option
@json_option
def site_command(folder: Path, directory: str | None, as_json: bool) -> None:
    """Write a search for a published site.

    DIR gets a page, a script, and the pieces of an index, which any host of static files serves: a folder of
    its own inside the published site. Run it again after each change of the index: pieces that are the same
    keep their names and bytes.

    \b
    Examples:
      souwen site public/search
      souwen site public/search --index ~/blog/.souwen
    """
    check_folder(folder)
    settings = settings_for(directory)
    reader = IndexReader(settings.index, Connection.of(settings))
    try:
        with reader.acquire() as index:
            site = make_site(index.articles.all_articles(), index.analyzer, index.zone)
    finally:
        reader.close()
    written = write_site(site, folder)
    if as_json:
        print_json({"articles": site.articles, **asdict(written)})
        return
    click.echo(
        _(
            "{articles:,} articles, {pieces:,} pieces, {size:,.1f} MB. New: {new:,} files, "
            "{new_size:,.1f} MB; removed: {removed:,}.",
            articles=site.articles,
            pieces=written.pieces,
            size=written.bytes / 1e6,
            new=written.new,
            new_size=written.new_bytes / 1e6,
            removed=written.removed,
        )
    )
    if written.kept_page:
        page = folder / "index.html"
        click.echo(_("{file} was changed by others, and is left as it is.", file=page), err=True)
