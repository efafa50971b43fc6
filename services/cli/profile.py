"""`ascip-sync profile`: which ready profile a file fits."""

from typing import Annotated

import typer

from services.cli.options import Json

app = typer.Typer(help="How extracts are declared.", no_args_is_help=True)


@app.callback()
def profiles() -> None:
    """How extracts are declared."""


@app.command("detect")
def detect(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An extract; - is stdin.")],
    json: Json = False,
) -> None:
    """Say which profiles a file fits, and what to write into config.toml. Reads nothing else."""
    from services.cli import verbs_profile

    raise typer.Exit(verbs_profile.detect(file, as_json=json))
