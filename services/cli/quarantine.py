"""The command group `quarantine`; what it does is in verbs_quarantine, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import Config, Json

app = typer.Typer(help="Quarantined records of governed feeds.", no_args_is_help=True)

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="qua_…")]
OneId = Annotated[str, typer.Argument(metavar="ID", help="qua_…")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with it.")]


@app.command("list")
def list_(
    config: Config = None,
    feed: Annotated[list[str] | None, typer.Option(help="Only of this feed; repeatable.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only in this state; repeatable.")] = None,
    code: Annotated[list[str] | None, typer.Option(help="Only with this code; repeatable.")] = None,
    owner: Annotated[list[str] | None, typer.Option(help="Only of this owner; repeatable.")] = None,
    source_id: Annotated[list[str] | None, typer.Option(help="Only of this source id.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only past their due date.")] = False,
    superseded: Annotated[
        bool, typer.Option("--superseded", help="Also those a newer record took the place of.")
    ] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=500)] = 100,
    after: Annotated[str | None, typer.Option(help="Go on after this record.")] = None,
    json: Json = False,
) -> None:
    """Records: regressed ones first, then new ones, then by due date."""
    from services.cli import verbs_quarantine as verbs

    wanted = verbs.wanted(
        feeds=feed, states=state, codes=code, owners=owner, source_ids=source_id, overdue=overdue,
        superseded=superseded,
    )  # fmt: skip
    raise typer.Exit(verbs.list_(config, wanted, verbs.page(after, limit), as_json=json))


@app.command()
def show(record_id: OneId, config: Config = None, json: Json = False) -> None:
    """A record: rules, values as read, what happened."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.show(config, record_id, as_json=json))


@app.command()
def codes(config: Config = None, json: Json = False) -> None:
    """Every code with its rule, and how many open records have it."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.codes(config, as_json=json))


@app.command()
def assign(
    ids: Ids,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="A user's name.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Give records to somebody."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.assign(config, ids, to, as_json=json))


@app.command()
def comment(
    record_id: OneId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="For the timeline.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Write something into a record's timeline."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.comment(config, record_id, text, as_json=json))


@app.command()
def notify(
    ids: Ids,
    config: Config = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Else the owner.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell whoever is responsible, by a mail without any value of the record."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.notify(config, ids, to, as_json=json))


@app.command()
def resubmit(
    ids: Ids,
    csv: Annotated[Path, typer.Option("--csv", help="The mended file; - is stdin.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Send a file in that mends records, and plan it."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.resubmit(config, ids, csv, as_json=json))


@app.command()
def attest(
    record_id: OneId,
    code: Annotated[str, typer.Option("--code", help="The rule that is confirmed.")],
    reason: Reason,
    config: Config = None,
    json: Json = False,
) -> None:
    """Confirm that a record may say what it says, against one rule that lets a person do so."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.attest(config, record_id, code, reason, as_json=json))


@app.command()
def close(record_id: OneId, reason: Reason, config: Config = None, json: Json = False) -> None:
    """Close a record that nobody will mend."""
    from services.cli import verbs_quarantine as verbs

    raise typer.Exit(verbs.close(config, record_id, reason, as_json=json))
