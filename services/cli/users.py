"""The command group `users`; what it does is in verbs_users, imported when it is called."""

from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer(help="People who sign in to the console.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]
Roles = Annotated[list[str], typer.Option("--role", help="What they are; repeatable.")]


@app.command()
def create(name: Name, role: Roles, config: Config = None, json: Json = False) -> None:
    """Let somebody sign in. Their first password is printed once, on standard output."""
    from services.cli import verbs_users

    raise typer.Exit(verbs_users.create(config, name, role, as_json=json))


@app.command("list")
def list_(config: Config = None, json: Json = False) -> None:
    """Every user with roles and state; never a password."""
    from services.cli import verbs_users

    raise typer.Exit(verbs_users.list_(config, as_json=json))


@app.command()
def roles(name: Name, role: Roles, config: Config = None, json: Json = False) -> None:
    """Give somebody these roles and no others, at once."""
    from services.cli import verbs_users

    raise typer.Exit(verbs_users.roles(config, name, role, as_json=json))


@app.command()
def reset(name: Name, config: Config = None, json: Json = False) -> None:
    """Give somebody another first password, printed once; it ends sessions, and a wait."""
    from services.cli import verbs_users

    raise typer.Exit(verbs_users.reset(config, name, as_json=json))


@app.command()
def disable(name: Name, config: Config = None, json: Json = False) -> None:
    """Shut somebody out at once, from the console and with every key."""
    from services.cli import verbs_users

    raise typer.Exit(verbs_users.disable(config, name, as_json=json))


@app.command()
def enable(name: Name, config: Config = None, json: Json = False) -> None:
    """Let somebody in again, with what they had."""
    from services.cli import verbs_users

    raise typer.Exit(verbs_users.enable(config, name, as_json=json))
