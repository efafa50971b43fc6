"""The command group `audit`; what it does is in verbs_audit, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@app.command("list")
def audit_list(
    config: Config = None,
    run: Annotated[str | None, typer.Option(help="Entries of one run.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    json: Json = False,
) -> None:
    """List audit entries in order."""
    from services.cli import verbs_audit

    raise typer.Exit(verbs_audit.list_entries(config, run=run, limit=limit, as_json=json))


@app.command("export")
def audit_export(
    out: Annotated[Path, typer.Option(help="File to write (NDJSON).")], config: Config = None
) -> None:
    """Write the whole audit to a file."""
    from services.cli import verbs_audit

    raise typer.Exit(verbs_audit.export(config, out))


@app.command("verify")
def audit_verify(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Recompute every entry of an export, offline."""
    from services.cli import verbs_audit

    raise typer.Exit(verbs_audit.verify_file(file))
