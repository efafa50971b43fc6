"""`export`: a run's reports, or a plan's actions alone."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import typer

from services.cli.exits import Exit
from services.cli.session import open_session
from shared import bootstrap, bootstrap_files
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.pipeline.export import export_reports
from shared.pipeline.export_actions import export_actions
from shared.pipeline.look import searched, view_plan
from shared.ports.exports import ExportFormat
from shared.ports.plans import ActionFilter

#: The whole archive is exported without `--actions`.
_FORMATS = (ExportFormat.CSV, ExportFormat.NDJSON, ExportFormat.XLSX)
Word = TypeVar("Word", bound=StrEnum)


def export(
    config: Path | None, plan_or_run_id: str, out: Path, wanted: ActionFilter, *, as_json: bool
) -> int:
    """All reports, in clear, into a folder or one file; audited."""
    if wanted != ActionFilter():
        raise typer.BadParameter("reports are exported whole: filters go with --actions")
    with open_session(config) as session:
        if out.suffix == ".zip":
            with bootstrap_files.zip_shelf(out) as packed:
                export_reports(session.tools, plan_or_run_id, packed, session.actor)
            print_paths([out], as_json=as_json)
            return Exit.DONE
        shelf = bootstrap.folder_shelf(out)
        files = export_reports(session.tools, plan_or_run_id, shelf, session.actor)
    print_paths([out / filed.name for filed in files], as_json=as_json)
    return Exit.DONE


def export_actions_only(
    config: Path | None, plan_or_run_id: str, out: Path, form: str, wanted: ActionFilter, *,
    as_json: bool,
) -> int:  # fmt: skip
    """The plan's actions, all or filtered, in clear, into one file; audited."""
    if form not in _FORMATS:
        raise typer.BadParameter(f"--actions takes {', '.join(_FORMATS)}")
    with open_session(config) as session:
        plan_id = view_plan(session.tools, plan_or_run_id).plan.id
        with bootstrap_files.file_at(out) as file:
            count = export_actions(
                session.tools, plan_id, wanted, ExportFormat(form), file, actor=session.actor
            )
    if as_json:
        print(json.dumps({"files": [str(out)], "actions": count}))
    else:
        print(f"{out}: {count:,} {'action' if count == 1 else 'actions'}")
    return Exit.DONE


def narrowed(
    *,
    kinds: Sequence[str] | None,
    classes: Sequence[str] | None,
    statuses: Sequence[str] | None,
    holds: Sequence[str] | None,
    marks: Sequence[str] | None,
    sites: Sequence[str] | None,
    fields: Sequence[str] | None,
    people: Sequence[str] | None,
    text: str,
) -> ActionFilter:
    """The options as a filter; a word that isn't known is a slip of the command line."""
    wanted = ActionFilter(
        kinds=_words(Kind, kinds, "--kind"), classes=_words(ActionClass, classes, "--class"),
        statuses=_words(ActionStatus, statuses, "--status"), holds=_words(HeldReason, holds, "--hold"),
        marks=_words(Mark, marks, "--mark"), sites=tuple(sites or ()), fields=tuple(fields or ()),
        people=tuple(people or ()),
    )  # fmt: skip
    return searched(wanted, text) if text else wanted


def print_paths(paths: Sequence[Path], *, as_json: bool) -> None:
    """What was written, a path a line."""
    if as_json:
        print(json.dumps({"files": [str(path) for path in paths]}))
        return
    for path in paths:
        print(path)


def _words(kind: type[Word], given: Sequence[str] | None, option: str) -> tuple[Word, ...]:
    known = {word.value: word for word in kind}
    for word in given or ():
        if word not in known:
            raise typer.BadParameter(f"{option} takes {', '.join(known)}")
    return tuple(known[word] for word in given or ())
