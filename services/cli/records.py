"""The command group `records`; what it does is in verbs_records, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import Config, Json
from shared.domain.record import RecordStatus

app = typer.Typer(help="Governed records, as the store keeps them.", no_args_is_help=True)

FeedName = Annotated[str, typer.Argument(metavar="FEED", help="A governed feed.")]
SourceId = Annotated[str, typer.Argument(metavar="SOURCE_ID", help="The record's own id.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="2026-10-01T08:00, in the district's time zone [now]."
    ),
]


@app.command("list")
def records_list(
    feed: FeedName,
    config: Config = None,
    as_of: AsOf = None,
    status: Annotated[
        list[RecordStatus] | None, typer.Option(help="active or retired [both].")
    ] = None,
    after: Annotated[
        str | None, typer.Option(metavar="SOURCE_ID", help="Go on behind this one.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """List the records of a feed."""
    from services.cli import verbs_records as verbs

    wish = verbs.Wish(
        feed=feed, as_of=as_of, statuses=tuple(status or ()), after=after, limit=limit
    )
    raise typer.Exit(verbs.list_feed(config, wish, as_json=json))


@app.command("show")
def records_show(
    feed: FeedName, source_id: SourceId, config: Config = None, json: Json = False
) -> None:
    """Show all versions of a record, and what each changed."""
    from services.cli import verbs_records as verbs

    raise typer.Exit(verbs.show(config, feed, source_id, as_json=json))


@app.command("export")
def records_export(
    feed: Annotated[str, typer.Option("--feed", metavar="NAME", help="A governed feed.")],
    out: Annotated[Path, typer.Option(help="File to write: .csv or .ndjson.")],
    config: Config = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Write the records of a feed to a file, in clear, for its owner only."""
    from services.cli import verbs_records as verbs

    raise typer.Exit(verbs.export(config, feed, out, as_of=as_of, as_json=json))


@app.command("reconcile")
def records_reconcile(
    feed: Annotated[str | None, typer.Argument(metavar="[FEED]", help="[all feeds]")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Recompute every hash, key and chain of versions. Exit 1 if anything doesn't fit."""
    from services.cli import verbs_records as verbs

    raise typer.Exit(verbs.reconcile(config, feed, as_json=json))


@app.command("review")
def records_review(
    feed: FeedName,
    source_id: SourceId,
    version: Annotated[int, typer.Option(min=1, help="The version you looked at.")],
    reason: Annotated[str, typer.Option(help="Kept with the version.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Confirm a version: hazcom_verified, or manifest_status REVIEWED."""
    from services.cli import verbs_records as verbs

    named = feed, source_id, version
    raise typer.Exit(verbs.review(config, named, reason=reason, as_json=json))
