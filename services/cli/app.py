"""The verbs of `ascip-sync` with their options. What a verb does is imported when it is called."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli import (
    archive,
    audit,
    exporting,
    keys,
    looking,
    mapping,
    profile,
    quarantine,
    records,
    reverting,
    users,
)
from services.cli.options import Config, Detailed, Feed, Json, Record

app = typer.Typer(
    name="ascip-sync",
    help="Keeps staff in ASCIP in line with an HR extract: plan, review, apply, audit.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
refs = typer.Typer(help="Reference data of ASCIP.", no_args_is_help=True)
app.add_typer(looking.app)
app.add_typer(exporting.app)
app.add_typer(reverting.app)
app.add_typer(refs, name="refs")
app.add_typer(archive.app, name="archive")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(profile.app, name="profile")
app.add_typer(mapping.app, name="mapping")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(records.app, name="records")
app.add_typer(users.app, name="users")

Csv = Annotated[Path, typer.Option("--csv", help="The extract; - is stdin.")]
Force = Annotated[bool, typer.Option("--force", help="Plan even if nothing has changed.")]
By = Annotated[
    str | None,
    typer.Option(
        metavar="change|site|action|field|mark|person",
        help="What is alike in one line, with its count.",
    ),
]
PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="pln_… or its run_…")]
OnlyRun = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="run_…; the only one that fits if left out")
]
NamedRun = Annotated[str | None, typer.Argument(metavar="RUN", help="run_…")]
Digest = Annotated[str, typer.Option("--digest", help="The digest you reviewed.")]
Comment = Annotated[str, typer.Option("--comment", help="Kept with the decision.")]


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


@app.command()
def plan(
    csv: Csv,
    config: Config = None,
    feed: Feed = "staff",
    force: Force = False,
    json: Json = False,
    detailed_exitcode: Detailed = False,
    group_by: By = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the plan as JSON; for its owner only.")
    ] = None,
    record: Record = None,
) -> None:
    """Read an extract, read its target, and say what would change. Writes nothing there."""
    from services.cli import verbs_plan

    wish = verbs_plan.Wish(
        as_json=json, detailed=detailed_exitcode, by=verbs_plan.grouping(group_by), out=out
    )
    raise typer.Exit(verbs_plan.plan(config, csv, wish, feed=feed, force=force, record=record))


@app.command()
def run(
    csv: Csv,
    config: Config = None,
    feed: Feed = "staff",
    force: Force = False,
    json: Json = False,
    record: Record = None,
) -> None:
    """Plan, and apply where the rule approves by itself (approval.mode)."""
    from services.cli import verbs_apply

    raise typer.Exit(
        verbs_apply.run(config, csv, feed=feed, force=force, as_json=json, record=record)
    )


@app.command()
def show(
    plan_id: PlanId,
    config: Config = None,
    json: Json = False,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Rows that were not taken.")
    ] = False,
    group_by: By = None,
    limit: Annotated[
        int, typer.Option(help="Actions shown of each kind; with --group-by: groups.")
    ] = 10,
) -> None:
    """Show a plan, or the rows that were not taken."""
    from services.cli import verbs_plan

    by = verbs_plan.grouping(group_by)
    raise typer.Exit(
        verbs_plan.show(
            config, plan_id, as_json=json, quarantined_rows=quarantined, limit=limit, by=by
        )
    )


@app.command()
def approve(
    plan_id: PlanId,
    digest: Digest,
    config: Config = None,
    only: Annotated[str | None, typer.Option(help="CLASS,… and no others.")] = None,
    sites: Annotated[str | None, typer.Option(help="Site codes, comma separated.")] = None,
    people: Annotated[str | None, typer.Option(help="Employee ids, comma separated.")] = None,
    exclude: Annotated[str | None, typer.Option(help="Employee ids to leave out.")] = None,
    release: Annotated[
        list[str] | None, typer.Option(help="CLASS=N: lift what gates hold.")
    ] = None,
    release_people: Annotated[str | None, typer.Option(help="Only for these people.")] = None,
    reason: Annotated[str, typer.Option(help="Why it is released.")] = "",
    comment: Comment = "",
    json: Json = False,
) -> None:
    """Approve a plan, whole or in part, by its digest."""
    from services.cli import verbs_review

    wish = verbs_review.Wish(
        only=_names(only), sites=_names(sites), people=_names(people), exclude=_names(exclude),
        releases=tuple(release or ()), release_people=_names(release_people), reason=reason,
        comment=comment,
    )  # fmt: skip
    raise typer.Exit(verbs_review.approve(config, plan_id, digest, wish, as_json=json))


@app.command()
def discard(
    plan_id: PlanId,
    digest: Digest,
    config: Config = None,
    comment: Comment = "",
    json: Json = False,
) -> None:
    """Decide that a plan is never applied."""
    from services.cli import verbs_review

    raise typer.Exit(verbs_review.discard(config, plan_id, digest, comment, as_json=json))


@app.command()
def apply(
    plan_id: PlanId, config: Config = None, json: Json = False, record: Record = None
) -> None:
    """Carry out what was approved, and nothing else."""
    from services.cli import verbs_apply

    raise typer.Exit(verbs_apply.apply(config, plan_id, as_json=json, record=record))


@app.command()
def retry(run_id: OnlyRun = None, config: Config = None, json: Json = False) -> None:
    """Repeat what failed or was not attempted, from the same approved plan."""
    from services.cli import verbs_apply

    raise typer.Exit(verbs_apply.retry(config, run_id, as_json=json))


@app.command()
def resume(run_id: OnlyRun = None, config: Config = None, json: Json = False) -> None:
    """Go on with a paused run."""
    from services.cli import verbs_apply

    raise typer.Exit(verbs_apply.resume(config, run_id, as_json=json))


@app.command()
def pause(run_id: OnlyRun = None, config: Config = None, json: Json = False) -> None:
    """Stop a run that is applying before its next call; `resume` goes on."""
    from services.cli import verbs_apply

    raise typer.Exit(verbs_apply.pause(config, run_id, as_json=json))


@app.command()
def cancel(run_id: NamedRun = None, config: Config = None) -> None:
    """End a run; the call in flight finishes, the rest is not attempted."""
    from services.cli import verbs_apply

    raise typer.Exit(verbs_apply.cancel(config, run_id))


@app.command("who-left")
def who_left(
    config: Config = None,
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="Employee id.")] = "",
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Applied on that day or later.")
    ] = None,
    after: Annotated[str | None, typer.Option("--after", help="The last id seen.")] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=500)] = 20,
    json: Json = False,
) -> None:
    """Who was removed, and the evidence: last seen, why, grace, who approved and released it."""
    from services.cli import verbs_left as verbs

    wish = verbs.Wish(person=person, since=since, after=after, limit=limit)
    raise typer.Exit(verbs.who_left(config, wish, as_json=json))


@app.command()
def shadow(
    config: Config = None,
    days: Annotated[int, typer.Option(help="How far to look back.", min=1, max=366)] = 14,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write it as a page too.")
    ] = None,
    json: Json = False,
) -> None:
    """What would have happened: the extracts planned in shadow mode (approval.mode)."""
    from services.cli import verbs_left as verbs

    raise typer.Exit(verbs.shadow(config, days, out, as_json=json))


@refs.command("pull")
def refs_pull(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("refs"),
    config: Config = None,
    json: Json = False,
    record: Record = None,
) -> None:
    """Write groups, buckets, roles and time zones of ASCIP as CSV."""
    from services.cli import verbs_look

    raise typer.Exit(verbs_look.refs_pull(config, out, as_json=json, record=record))


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="config, mapping or feed")],
    feed: Annotated[
        str | None, typer.Argument(metavar="FEED", help="With feed: the governed feed.")
    ] = None,
) -> None:
    """Print a JSON Schema, for editors and programs."""
    from services.cli import verbs_schema

    raise typer.Exit(verbs_schema.schema(name, feed))


@app.command("validate-config")
def validate_config(config: Config = None, json: Json = False) -> None:
    """Check everything a run needs, and tell all problems at once. Changes nothing."""
    from services.cli import verbs_config

    raise typer.Exit(verbs_config.validate_config(config, as_json=json))


@app.command()
def inspect(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="- is stdin.")],
    columns: Annotated[
        str | None, typer.Option(help="a,b,c: exactly these headers, in this order.")
    ] = None,
    feed: Annotated[str | None, typer.Option(help="The feed whose rules count [staff].")] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="A character, or tab, comma, semicolon, pipe.")
    ] = None,
    quote: Annotated[str | None, typer.Option(help='What stands around fields ["].')] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8, utf-16 or cp1252.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """What would be read from files: rows taken, rows quarantined, files refused. Keeps nothing."""
    from services.cli import verbs_inspect as verbs

    wish = verbs.Wish(
        files=tuple(files), columns=columns, feed=feed, delimiter=delimiter, quote=quote,
        encoding=encoding, config=config,
    )  # fmt: skip
    raise typer.Exit(verbs.inspect_files(wish, as_json=json))


@app.command()
def up(
    config: Config = None,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 1,
    only: Annotated[
        list[str] | None, typer.Option(help="beat, worker, api or watcher; repeatable.")
    ] = None,
    record: Record = None,
) -> None:
    """Run the parts as processes until ^C: schedule, workers, REST, watcher; PostgreSQL and Valkey."""
    from services.cli import up as verb

    raise typer.Exit(verb.up(config, workers, tuple(only or ()), record))


@app.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    },
    add_help_option=False,
)
def simulator(context: typer.Context) -> None:
    """Run the ASCIP double: --port P --seed-people N --seed S (and --help for more)."""
    import runpy

    sys.argv = ["ascip-sync simulator", *context.args]
    runpy.run_module("services.simulator", run_name="__main__")


@app.command()
def conformance(
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST/api/v1")],
    config: Config = None,
    key_id: Annotated[
        str | None, typer.Option("--key-id", help="Id of the key [that of the configuration].")
    ] = None,
    secret_env: Annotated[
        str | None, typer.Option("--secret-env", metavar="NAME", help="Variable with its secret.")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="File with its secret.")
    ] = None,
    write_sandbox: Annotated[
        bool, typer.Option("--write-sandbox", help="Also write, with people of its own.")
    ] = False,
    json: Json = False,
    record: Record = None,
) -> None:
    """Check an LMS against the rules of the API, one by one. Reads only, unless told otherwise."""
    from services.cli import verbs_conformance as verbs

    wish = verbs.Wish(
        url=url, config=config, key_id=key_id, secret_env=secret_env, secret_file=secret_file,
        record=record,
    )  # fmt: skip
    raise typer.Exit(verbs.conformance(wish, write_sandbox=write_sandbox, as_json=json))


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", envvar="KEEP", help="Leave it running.")] = False,
    console: Annotated[
        bool, typer.Option("--console", help="Only a plan, which waits for you in the console.")
    ] = False,
    directory: Annotated[Path | None, typer.Option("--dir", help="Where its files go.")] = None,
) -> None:
    """A whole sync against a simulated ASCIP with 5,000 people, in under two minutes."""
    from services.cli.demo import demo as verb
    from services.cli.demo import demo_console

    if console:
        raise typer.Exit(demo_console(directory))
    raise typer.Exit(verb(keep=keep, directory=directory))
