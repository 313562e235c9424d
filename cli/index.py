"""`souwen index`."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from cli.language import _, gettext, ngettext
from cli.options import index_option, json_option, print_json, printable, progress_bar, settings_for
from index.engines.base import ENGINES, is_address
from index.errors import InputError
from index.ingest.job import IngestReport, IngestRequest, default_jobs
from index.ingest.listing import followed_folders
from index.ingest.sync import sync
from index.settings import Settings

# Reasons that a summary names.
_REASONS = 6
# Articles of a run from which on its speed says something.
_MEASURED = 100
_SEE_EMPTY = "souwen problems --kind empty"
# Of a watcher: people who wait for an answer come first.
_NICENESS = 10


@click.command("index")
@click.argument("paths", nargs=-1, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--rebuild", is_flag=True, help="Build a new index beside the old one, then swap.")
@click.option("--check", is_flag=True, help="Read all files, also those that look unchanged.")
@click.option("--wait", is_flag=True, help="Wait for another process that is writing the index to end.")
@click.option("--watch", is_flag=True, help="Keep following the folders until Ctrl-C.")
@click.option("--engine", metavar="E", default="", help=f"The search engine: {', '.join(ENGINES)}.")
@click.option("--url", metavar="URL", default="", help="For opensearch: https://NODE:9200/NAME.")
@click.option(
    "--shards", metavar="N", type=click.IntRange(1), help="Shards, for opensearch. [default: as before, or 1]"
)
@click.option(
    "--writer-id",
    metavar="ID",
    default="",
    help="For opensearch: go on as the index directory that had this writer id, and was lost.",
)
@click.option("--segmenter", metavar="S", default="", help="Word segmenter of a new index: rjieba, jieba.")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), help="Processes that read files. [default: by the cores]"
)
@click.option(
    "--drafts/--no-drafts",
    default=None,
    help="Take in drafts, unpublished posts and those with a password. [default: as before, or no]",
)
@click.option("--forget", metavar="NAME", multiple=True, help="Stop following this folder.")
@click.option(
    "--map",
    "field_map",
    metavar="FIELD=KEY",
    multiple=True,
    help="The key of a field in records: text=paragraphs. The index remembers it.",
)
@click.option("--allow-empty", is_flag=True, help="Remove all or most articles if their files are gone.")
@index_option
@json_option
def index_command(
    paths: Sequence[Path],
    rebuild: bool,
    check: bool,
    wait: bool,
    watch: bool,
    engine: str,
    url: str,
    shards: int | None,
    writer_id: str,
    segmenter: str,
    jobs: int | None,
    drafts: bool | None,
    forget: Sequence[str],
    field_map: Sequence[str],
    allow_empty: bool,
    directory: str | None,
    as_json: bool,
) -> None:
    """Make an index follow folders of articles: new, changed and removed ones.

    Files of posts (.md, .html, .txt) and of records (.jsonl, .json, .csv) are read. An index remembers its
    folders: without PATH, all of them are looked at again.

    \b
    Examples:
      souwen index ~/posts              a first time, and after every change
      souwen index                      the folders that the index knows
      souwen index ~/posts --watch      and go on as files change
      souwen index ~/dump --map text=paragraphs,title=name
      souwen index --rebuild            after a change of dictionary, or of souwen itself
      souwen index --engine opensearch --url https://search.example.org:9200/news
    """
    settings = settings_for(directory)
    index = _directory(settings.index)
    request = IngestRequest(
        paths=paths,
        rebuild=rebuild,
        engine=engine,
        url=url,
        shards=shards or 0,
        writer_id=writer_id,
        segmenter=segmenter,
        jobs=jobs or default_jobs(),
        drafts=drafts,
        forget=forget,
        field_map=field_map,
        allow_empty=allow_empty,
        check=check,
        wait=wait,
    )
    update = partial(_update, index, settings, as_json=as_json)
    stop = threading.Event()
    if watch:  # what has begun is finished, from the first run on
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    update(request)
    if watch and not stop.is_set():
        _follow(index, settings, request, partial(update, is_silent_without_changes=True), stop)


def _directory(location: str) -> Path:
    """The index directory. Raises InputError for the address of a cluster."""
    if is_address(location):
        raise InputError(
            "{location}: an index on a cluster is written from a directory, which records the files that "
            "were read. Run: souwen index FOLDER --engine opensearch --url {location} --index DIR",
            location=location,
        )
    return Path(location)


def _update(
    directory: Path,
    settings: Settings,
    request: IngestRequest,
    *,
    as_json: bool,
    is_silent_without_changes: bool = False,
) -> IngestReport:
    """Updates the index once, and prints the report."""
    with progress_bar(_("files/s")) as show:
        report = sync(directory, request, settings, show)
    if is_silent_without_changes and not (report.added or report.changed or report.removed):
        return report
    if as_json:
        print_json(asdict(report))
    else:
        _print_report(report)
    return report


def _follow(
    directory: Path,
    settings: Settings,
    request: IngestRequest,
    run: Callable[[IngestRequest], IngestReport],
    stop: threading.Event,
) -> None:
    """Follows the folders until Ctrl-C, or until `stop` is set."""
    from index.ingest.watch import Watcher

    if hasattr(os, "nice"):  # not on Windows
        os.nice(_NICENESS)
    watcher = Watcher(
        directory,
        settings,
        run,
        lambda message: click.echo(f"souwen: {printable(gettext(message))}", err=True),
        jobs=request.jobs,
        allow_empty=request.allow_empty,
    )
    folders = printable(", ".join(map(str, followed_folders(directory))))
    click.echo(_("Watching {folders}; Ctrl-C ends it.", folders=folders), err=True)
    watcher.follow(stop)


def _print_report(report: IngestReport) -> None:
    changes = [
        text
        for count, text in (
            (report.added, _("{count:,} added", count=report.added)),
            (report.changed, _("{count:,} changed", count=report.changed)),
            (report.removed, _("{count:,} removed", count=report.removed)),
        )
        if count
    ]
    read = report.added + report.changed
    rate = read / report.seconds if report.seconds else 0.0
    done = _(
        "{changes} in {seconds:.1f} s{speed}.",
        changes=_(", ").join(changes) or _("Nothing has changed"),
        seconds=report.seconds,
        speed=_(", {rate:,.0f} articles/s", rate=rate) if read > _MEASURED else "",
    )
    held = ngettext(
        "The index holds {count:,} article.",
        "The index holds {count:,} articles.",
        report.articles,
        count=report.articles,
    )
    # i18n: Two sentences.
    click.echo(_("{first} {second}", first=done, second=held))
    if report.ignored:
        without = _("no suffix")
        kinds = _(", ").join(
            f"{printable(kind) or without} {count:,}" for kind, count in report.ignored.items()
        )
        click.echo(_("Ignored, as other kinds of files: {kinds}.", kinds=kinds))
    if report.left_out:
        click.echo(_left_out(report.left_out))
    if report.empty:
        click.echo(
            _("Articles without text: {count:,}. See: {command}", count=report.empty, command=_SEE_EMPTY)
        )
    if report.lost or report.partial or report.guess:
        click.echo(
            _(
                "Problems: {lost:,} not indexed, {partial:,} indexed in part, {guess:,} guessed. "
                "See: {command}",
                lost=report.lost,
                partial=report.partial,
                guess=report.guess,
                command="souwen problems",
            )
        )


def _left_out(reasons: Mapping[str, int]) -> str:
    """How many files and folders were left out, and the most frequent reasons."""
    named = _(", ").join(
        f"{printable(gettext(reason))} {count:,}" for reason, count in list(reasons.items())[:_REASONS]
    )
    more = len(reasons) - _REASONS
    return _(
        "Left out: {total:,} ({reasons}{more}). See: {command}",
        total=sum(reasons.values()),
        reasons=named,
        more=_(" and {count:,} other reasons", count=more) if more > 0 else "",
        command="souwen problems --kind left-out",
    )
