"""`souwen password`."""

from __future__ import annotations

import click


@click.command("password")
@click.password_option(help="The password. [default: is asked for]")
def password_command(password: str) -> None:
    """Print the hash of a password, for the setting password.

    \b
    Example:
      souwen password
    """
    from werkzeug.security import generate_password_hash

    click.echo(generate_password_hash(password))
