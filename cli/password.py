"""`souwen password`."""

from __future__ import annotations

import click

from cli.options import json_option, print_json


@click.command("password")
@click.password_option(help="The password. [default: ask]")
@json_option
def password_command(password: str, as_json: bool) -> None:
    """Print the hash of a password, for the setting password.

    \b
    Example:
      souwen password
    """
    from werkzeug.security import generate_password_hash

    made = generate_password_hash(password)
    if as_json:
        print_json({"hash": made})
    else:
        click.echo(made)
