"""Verbs that look and change nothing: runs, one person, two runs side by side, drift."""

from typing import Annotated

import typer

from services.cli.options import Config, Detailed, Feed, Json, Record

app = typer.Typer()

RunId = Annotated[str | None, typer.Argument(metavar="[RUN]", help="run_…; the newest if left out")]


@app.command()
def status(
    run_id: RunId = None,
    config: Config = None,
    json: Json = False,
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Ten lines without personal data, to paste somewhere."),
    ] = False,
) -> None:
    """Where a run stands: state, books, who acts next."""
    from services.cli import verbs_look

    if json and markdown:
        raise typer.BadParameter("it is either --json or --markdown")
    if markdown:
        raise typer.Exit(verbs_look.status_markdown(config, run_id))
    raise typer.Exit(verbs_look.status(config, run_id, as_json=json))


@app.command()
def runs(
    config: Config = None,
    json: Json = False,
    limit: Annotated[int, typer.Option(help="How many.")] = 20,
) -> None:
    """List runs, newest first."""
    from services.cli import verbs_look

    raise typer.Exit(verbs_look.runs(config, limit=limit, as_json=json))


@app.command()
def explain(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="Employee id, ascip:ID or email (governed: source id); - is stdin.",
        ),
    ],
    config: Config = None,
    feed: Feed = "staff",
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="That run alone.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many runs.", min=1, max=50)] = 3,
    after: Annotated[str | None, typer.Option("--after", help="Go on after this run.")] = None,
    json: Json = False,
) -> None:
    """What became of one person, and why: six steps from their row to the call. Writes nothing."""
    from services.cli import verbs_explain as verbs

    wish = verbs.Wish(feed=feed, run_id=run_id, after=after, limit=limit)
    raise typer.Exit(verbs.explain_one(config, key, wish, as_json=json))


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="run_… or its pln_…")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    config: Config = None,
    limit: Annotated[int, typer.Option(help="Actions shown.")] = 20,
    after: Annotated[str | None, typer.Option(help="Go on after this action.")] = None,
    json: Json = False,
) -> None:
    """Two runs side by side: what they were made from, and where their plans differ."""
    from services.cli import verbs_compare

    raise typer.Exit(verbs_compare.compare(config, a, b, limit=limit, after=after, as_json=json))


@app.command()
def drift(
    config: Config = None,
    json: Json = False,
    detailed_exitcode: Detailed = False,
    record: Record = None,
) -> None:
    """Does ASCIP still stand as it was applied? Writes nothing."""
    from services.cli import verbs_drift

    raise typer.Exit(
        verbs_drift.drift(config, as_json=json, detailed=detailed_exitcode, record=record)
    )
