"""The command group `mapping`; what it does is in verbs_mapping, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer(
    help="The mapping file: check it, mend it, look at its versions.", no_args_is_help=True
)

Csv = Annotated[Path, typer.Option("--csv", help="The extract.")]
Offline = Annotated[
    bool, typer.Option("--offline", help="Compare with ASCIP as it was read last, without a call.")
]
Limit = Annotated[int, typer.Option(help="Values or people shown of each kind.")]


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A mapping [that of staff.mapping].")
    ] = None,
    config: Config = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also what it covers of this file.")
    ] = None,
    offline: Offline = False,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Hold the mapping against ASCIP, and against an extract: what is gone, what is not covered."""
    from services.cli import verbs_mapping as verbs

    wish = verbs.Check(config=config, file=file, csv=csv, offline=offline, limit=limit)
    raise typer.Exit(verbs.check(wish, as_json=json))


@app.command()
def suggest(
    csv: Csv,
    out: Annotated[Path, typer.Option(help="The file of proposals.")] = Path("proposals.json"),
    config: Config = None,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Propose what unmapped values mean, by likeness of names. Changes nothing."""
    from services.cli import verbs_mapping as verbs

    wish = verbs.Check(config=config, csv=csv, offline=offline)
    raise typer.Exit(verbs.suggest(wish, out, as_json=json))


@app.command()
def accept(
    proposals: Annotated[Path, typer.Argument(metavar="PROPOSALS", help="From `mapping suggest`.")],
    only: Annotated[
        str | None, typer.Option(help="Numbers, comma separated, without asking.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Take proposals, one by one, into a new version of the mapping file."""
    from services.cli import verbs_mapping as verbs

    raise typer.Exit(verbs.accept(config, proposals, only, as_json=json))


@app.command()
def rehearse(
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another mapping file.")],
    config: Config = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """How the plan would differ under another mapping. Reads and writes nothing but what is stored."""
    from services.cli import verbs_mapping as verbs

    raise typer.Exit(verbs.rehearse(config, new, limit=limit, as_json=json))


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="A version's number or hash, or a file.")],
    new: Annotated[
        str | None, typer.Argument(metavar="[B]", help="The same [the mapping file].")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """What changed from one version to another, in words."""
    from services.cli import verbs_mapping as verbs

    raise typer.Exit(verbs.diff(config, old, new, as_json=json))


@app.command()
def history(config: Config = None, json: Json = False) -> None:
    """Versions that were used or accepted, newest first."""
    from services.cli import verbs_mapping as verbs

    raise typer.Exit(verbs.history(config, as_json=json))
