"""The command group `archive`; what it does is in verbs_archive, imported when it is called."""

from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer(help="Archives of runs.", no_args_is_help=True)


@app.command("verify")
def verify(
    archive: Annotated[
        str, typer.Argument(metavar="FILE|RUN", help="What `export` wrote, or run_….")
    ],
    config: Config = None,
    json: Json = False,
) -> None:
    """Compare every file of an archive with its manifest. Of a file: offline, without configuration."""
    from services.cli import verbs_archive

    raise typer.Exit(verbs_archive.verify(config, archive, as_json=json))
