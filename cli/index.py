"""`souwen index`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from cli.options import index_option, json_option, print_json, progress_bar, settings_for
from index.engine import ENGINES
from index.sync import Report, Request, sync

# Milliseconds in which changes that follow one another are taken together.
_GATHER_MS = 400


@click.command("index")
@click.argument("paths", nargs=-1, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--rebuild", is_flag=True, help="Make the index anew, beside the old one, and then swap.")
@click.option("--watch", is_flag=True, help="Go on following the folders until Ctrl-C.")
@click.option("--engine", metavar="E", default="", help=f"For a new index: {', '.join(ENGINES)}.")
@click.option("--segmenter", metavar="S", default="", help="For a new index: rjieba, jieba.")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1), help="Processes that read. [default: one a core]"
)
@click.option("--forget", metavar="NAME", multiple=True, help="Follow this folder no longer.")
@index_option
@json_option
def index_command(
    paths: Sequence[Path],
    rebuild: bool,
    watch: bool,
    engine: str,
    segmenter: str,
    jobs: int | None,
    forget: Sequence[str],
    directory: str | None,
    as_json: bool,
) -> None:
    """Make an index follow folders of articles: new, changed and removed ones.

    Files of posts (.md, .html, .txt) and of JSON Lines (.jsonl) are read. An index remembers its
    folders: without PATH, all of them are looked at again.

    \b
    Examples:
      souwen index ~/posts              a first time, and after every change
      souwen index                      the folders that the index knows
      souwen index ~/posts --watch      and go on as files change
      souwen index --rebuild            after a change of dictionary, or of souwen itself
    """
    settings = settings_for(directory)
    request = Request(
        paths=paths,
        rebuild=rebuild,
        engine=engine,
        segmenter=segmenter,
        jobs=jobs or os.cpu_count() or 1,
        forget=forget,
    )
    place = Path(settings.index)

    def run(request: Request) -> Report:
        with progress_bar("files") as show:
            report = sync(place, request, settings, lambda progress: show(progress.done, progress.total))
        if as_json:
            print_json(asdict(report))
        else:
            _print_report(report)
        return report

    run(request)
    if watch:
        again = replace(request, rebuild=False, forget=())
        for _ in _changes(place):
            run(again)


def _changes(place: Path) -> Iterator[None]:
    """Comes back whenever something in the followed folders has changed."""
    from watchfiles import watch

    from index.sync import followed_folders

    folders = followed_folders(place)
    click.echo(f"Watching {', '.join(map(str, folders))}; Ctrl-C ends it.", err=True)
    is_caught_up = False
    for changes in watch(
        *folders, step=_GATHER_MS, debounce=2 * _GATHER_MS, rust_timeout=1000, yield_on_timeout=True
    ):
        # The first time in any case: something may have changed before the watching began.
        if changes or not is_caught_up:
            yield
        is_caught_up = True


def _print_report(report: Report) -> None:
    changes = [f"{count:,} {name}" for name, count in _counts(report) if count]
    rate = (report.added + report.changed) / report.seconds if report.seconds else 0.0
    speed = f", {rate:,.0f} articles/s" if report.added + report.changed > 100 else ""
    click.echo(
        f"{', '.join(changes) or 'Nothing has changed'} in {report.seconds:.1f} s{speed}. "
        f"The index holds {report.articles:,} articles."
    )
    if report.ignored:
        kinds = ", ".join(f"{kind or 'no suffix'} {count:,}" for kind, count in report.ignored.items())
        click.echo(f"Ignored, as other kinds of files: {kinds}.")
    if report.lost or report.doubtful:
        click.echo(
            f"Problems: {report.lost:,} not indexed, {report.doubtful:,} indexed with what there is. "
            "See: souwen problems"
        )


def _counts(report: Report) -> list[tuple[str, int]]:
    return [("added", report.added), ("changed", report.changed), ("removed", report.removed)]
