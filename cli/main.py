"""The command `souwen`: its subcommands, and their errors. Subcommands are imported when called, because a
search from a cold process should take half a second."""

from __future__ import annotations

import gc
import io
import os
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

import click

from cli.language import _, gettext, prepare_language
from cli.options import printable
from index.durability import NO_MEMORY, is_full, try_again
from index.errors import IndexDamagedError, SouwenError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# New objects after which Python looks for garbage: by its own threshold, 80 times for a search, nearly always
# while modules are imported, which is a twentieth of its time.
_GARBAGE = 50_000
# Each command's module, and its help in `souwen --help`.
COMMANDS = {
    "index": ("cli.index", "Make an index follow folders of articles."),
    "search": ("cli.search", "Search, and print ranked results with highlighted hits."),
    "show": ("cli.search", "Print an article."),
    "similar": ("cli.search", "List the articles most similar to one."),
    "suggest": ("cli.search", "Suggest queries."),
    "serve": ("cli.serve", "Serve the search page and the JSON API."),
    "site": ("cli.site", "Write a search for a published site."),
    "mcp": ("cli.mcp", "Let assistants search, by the Model Context Protocol."),
    "stats": ("cli.inspect", "Print the contents of the index in numbers."),
    "problems": ("cli.inspect", "List files that could not be read, or only in part."),
    "doctor": ("cli.doctor", "Check what souwen needs on this machine."),
    "verify": ("cli.inspect", "Check that index, catalog and files agree."),
    "backup": ("cli.backup", "Write the index to one file."),
    "restore": ("cli.backup", "Make an index from a backup."),
    "export": ("cli.export", "Write all articles as JSON Lines."),
    "dict": ("cli.dictionary", "Find new words for the dictionary, and try a changed one."),
    "queries": ("cli.queries", "List frequent queries, and queries without results."),
    "password": ("cli.password", "Print the hash of a password for the server."),
    "completion": ("cli.completion", "Print the completion script of a shell."),
    "config": ("cli.inspect", "Print the settings in effect."),
}


class _Context(click.Context):
    def get_help(self) -> str:
        from cli.help import localized

        return localized(self.command).get_help(self)

    def make_formatter(self) -> click.HelpFormatter:
        from cli.help import Formatter

        return Formatter(width=self.terminal_width, max_width=self.max_content_width)


class _Commands(click.Group):
    context_class = _Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), f"{cmd_name}_command")
        subcommands = command.commands.values() if isinstance(command, click.Group) else ()
        for each in (command, *subcommands):
            each.context_class = _Context
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Runs a command. A reader that closes the pipe early is no error; click would end with 1."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python would complain once more when it closes the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return result

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Completes the names of commands, without importing them."""
        from click.shell_completion import CompletionItem

        items = [CompletionItem(name, help=gettext(help_)) for name, (__, help_) in COMMANDS.items()]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [item for item in items if item.value.startswith(incomplete)] + options

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands, without importing them."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, gettext(help_)) for name, (__, help_) in COMMANDS.items()])


def _print_version(context: click.Context, __: click.Parameter, is_wanted: bool) -> None:
    """Callback of the option `--version`."""
    if is_wanted and not context.resilient_parsing:
        from cli.installed import versions

        click.echo(versions())
        context.exit()


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print what is installed.",
)
def souwen() -> None:
    """Full-text search for archives of Chinese articles.

    \b
      souwen index ~/posts              make an index of a folder, or bring it up to date
      souwen search 交管 放管服          search it
      souwen serve                      search it in a browser

    The index is in .souwen in the current folder, unless --index or SOUWEN_INDEX says otherwise.
    `souwen COMMAND --help` has examples.
    """


def main() -> None:
    """Runs the command line. Exits with 0, 1 (nothing found) or 2 (an error)."""
    _prepare_streams()
    prepare_language()
    gc.set_threshold(_GARBAGE)
    # Of whoosh and jieba, when an installation first compiles them; in other processes, too.
    if not sys.warnoptions:
        warnings.simplefilter("ignore", SyntaxWarning)
        os.environ.setdefault("PYTHONWARNINGS", "ignore::SyntaxWarning")
    # numpy's, which are of no use here, take memory, and end the process where they get none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        status = souwen.main(standalone_mode=False)
    except click.exceptions.Abort:
        _complain(_("interrupted; what was committed before is in the index."))
        status = 130
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo("\n".join(map(printable, told.getvalue().split("\n"))), err=True, nl=False)
        status = error.exit_code
    except SouwenError as error:
        _complain(gettext(error))
        if isinstance(error, IndexDamagedError) and "command" not in error.values:
            click.echo(
                _("To repair it: souwen verify --repair. To rebuild it: souwen index --rebuild"), err=True
            )
        status = 2
    except OSError as error:
        prefix = f"{error.filename}: " if error.filename else ""
        todo = f". {gettext(try_again(error))}" if is_full(error) else ""
        _complain(f"{prefix}{gettext(error.strerror or str(error))}{todo}")
        status = 2
    except (MemoryError, ImportError, RuntimeError) as error:
        if not _is_for_lack_of_memory(error):
            raise
        kept = _("What was committed before is in the index.")
        _complain(_("{first} {second}", first=gettext(NO_MEMORY), second=kept))
        status = 2
    sys.exit(status if isinstance(status, int) else 0)


def _complain(text: str) -> None:
    click.echo(f"souwen: {printable(text)}", err=True)


def _prepare_streams() -> None:
    """Lets output be written whatever takes it: nobody, or a terminal that lacks characters."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123  # until the process ends
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _is_for_lack_of_memory(error: Exception) -> bool:
    said = str(error)
    return isinstance(error, MemoryError) or "failed to map" in said or "can't start new thread" in said
