"""`souwen completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cli.options import json_option, print_json

_VARIABLE = "_SOUWEN_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
@click.pass_context
def completion_command(context: click.Context, shell: str, as_json: bool) -> None:
    """Print the script by which a shell completes commands and options.

    \b
    Examples:
      souwen completion bash > ~/.local/share/bash-completion/completions/souwen
      souwen completion zsh > ~/.zfunc/_souwen      (with fpath+=~/.zfunc before compinit)
      souwen completion fish > ~/.config/fish/completions/souwen.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(context.find_root().command, {}, "souwen", _VARIABLE).source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script, nl=False)
