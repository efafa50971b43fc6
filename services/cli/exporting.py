"""The verb `export`; what it does is in verbs_export, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer()

Several = list[str] | None


@app.command()
def export(
    plan_id: Annotated[str, typer.Argument(metavar="PLAN", help="pln_… or its run_…")],
    out: Annotated[Path, typer.Option(help="Folder, or FILE.zip, to write to.")],
    config: Config = None,
    json: Json = False,
    actions: Annotated[
        str | None,
        typer.Option(
            metavar="csv|ndjson|xlsx", help="Only the plan's actions, into the file --out."
        ),
    ] = None,
    kind: Annotated[
        Several, typer.Option(help="With --actions: only of this kind; repeatable.")
    ] = None,
    action_class: Annotated[Several, typer.Option("--class", help="Only of this class.")] = None,
    status: Annotated[Several, typer.Option(help="Only with this status.")] = None,
    hold: Annotated[Several, typer.Option(help="Only held for this reason.")] = None,
    mark: Annotated[Several, typer.Option(help="Only with this mark.")] = None,
    site: Annotated[Several, typer.Option(help="Only of this site.")] = None,
    field: Annotated[Several, typer.Option(help="Only what changes this field.")] = None,
    person: Annotated[Several, typer.Option(help="Only of this employee id.")] = None,
    find: Annotated[
        str, typer.Option(help="Part of an employee id, masked email or name; or row:N.")
    ] = "",
) -> None:
    """Write reports of a plan or a run to a folder or a ZIP file, in clear, for their owner only."""
    from services.cli import verbs_export as verbs

    narrowed = verbs.narrowed(
        kinds=kind, classes=action_class, statuses=status, holds=hold, marks=mark, sites=site,
        fields=field, people=person, text=find,
    )  # fmt: skip
    if actions is None:
        raise typer.Exit(verbs.export(config, plan_id, out, narrowed, as_json=json))
    raise typer.Exit(
        verbs.export_actions_only(config, plan_id, out, actions, narrowed, as_json=json)
    )
