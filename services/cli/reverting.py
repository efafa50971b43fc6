"""The verb that takes a run back, with its options."""

from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer()


@app.command()
def revert(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="run_…")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Plan the inverse of what a run did; it is reviewed and applied like any other plan."""
    from services.cli import verbs_revert

    raise typer.Exit(verbs_revert.revert(config, run_id, as_json=json))
