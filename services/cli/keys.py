"""The command group `keys`; what it does is in verbs_keys, imported when it is called."""

from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer(help="Keys of users and programs.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    config: Config = None,
    user: Annotated[str | None, typer.Option(help="Whose it is: a personal key.")] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="The user's roles from now on; repeatable.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="What a program's key may do; repeatable.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="Days until it expires.", min=1)] = None,
    json: Json = False,
) -> None:
    """Make a key. It is printed once, on standard output."""
    from services.cli import verbs_keys

    wanted = verbs_keys.wanted(name, user, scope or [])
    raise typer.Exit(verbs_keys.create(config, wanted, role or [], days=days, as_json=json))


@app.command("list")
def list_(config: Config = None, json: Json = False) -> None:
    """Every key with what it may do; never a secret."""
    from services.cli import verbs_keys

    raise typer.Exit(verbs_keys.list_(config, as_json=json))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="key_…")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Take a key back, at once."""
    from services.cli import verbs_keys

    raise typer.Exit(verbs_keys.revoke(config, key_id, as_json=json))
