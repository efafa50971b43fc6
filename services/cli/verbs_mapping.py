"""`mapping check|suggest|accept|rehearse|diff|history`."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from services.cli import mapping_report as report
from services.cli.exits import Exit
from services.cli.session import Session, open_session, say
from shared import bootstrap
from shared.domain.access import Scope
from shared.domain.errors import ConfigInvalid, InputInvalid
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.mapping_diff import differences
from shared.domain.mapping_proposals import (
    Proposal,
    Proposals,
    proposals_document,
    read_proposals,
)
from shared.pipeline import mapping_documents as documents
from shared.pipeline.accept_mapping import (
    accept_mapping,
    check_same_mapping,
    kept_mapping,
    mapping_history,
)
from shared.pipeline.check_mapping import check_mapping, suggest_mapping
from shared.pipeline.rehearsal_document import rehearsal_document
from shared.pipeline.rehearse_mapping import rehearse_mapping
from shared.ports.reader import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is held against what."""

    config: Path | None
    csv: Path | None
    offline: bool
    file: Path | None = None
    limit: int = 20


def check(wish: Check, *, as_json: bool) -> int:
    """4 where a run could not use all of the mapping; an unmapped value alone is no mistake."""
    with open_session(wish.config) as session:
        mapping = _mapping(session, wish.file)
        source = _source(wish.csv) if wish.csv else None
        found = check_mapping(session.tools, mapping, source, offline=wish.offline)
    if as_json:
        print(json.dumps(documents.check_document(found)))
    else:
        for line in report.check_lines(found, limit=wish.limit):
            print(line)
    return Exit.DONE if found.sound else Exit.INVALID


def suggest(wish: Check, out: Path, *, as_json: bool) -> int:
    """The proposals go to a file, for people to look through."""
    with open_session(wish.config) as session:
        mapping = _mapping(session, None)
        found = suggest_mapping(
            session.tools, mapping, _source(wish.csv or Path()), offline=wish.offline
        )
    document = proposals_document(mapping, found)
    if as_json:
        print(json.dumps(document))
    for line in () if as_json else report.suggestion_lines(found):
        print(line)
    if found:
        out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        say(f"Written to {out}. The mapping was not changed. {_next_step(out, document)}")
    return Exit.DONE


def _next_step(out: Path, document: dict[str, Any]) -> str:
    """A proposal without a target can't be accepted."""
    accept = f"ascip-sync mapping accept {out}"
    if any("target" in each for each in document["proposals"]):
        return f"Next: {accept}"
    return (
        'Next: add to each "target": {"id": …, "name": "…"} as `ascip-sync refs pull` lists them,'
        f" then {accept}"
    )


def accept(config: Path | None, path: Path, only: str | None, *, as_json: bool) -> int:
    """Asks for each where somebody can answer; else ``only`` must name them."""
    proposals = read_proposals(_text(path))
    with open_session(config) as session:
        actor = session.act(Scope.RUNS_WRITE)
        check_same_mapping(session.mapping_text, proposals)
        chosen = _chosen(proposals, only)
        if not chosen:
            say("Nothing was accepted. The mapping was not changed.")
            return Exit.DONE
        done = accept_mapping(
            session.tools, bootstrap.mapping_file(session.loaded), session.mapping_text, proposals,
            chosen=chosen, actor=actor,
        )  # fmt: skip
    said = differences(done.before, done.after)
    if as_json:
        about = {"version": done.after.version, "sha256": done.after.sha256, "differences": said}
        print(json.dumps(about))
        return Exit.DONE
    print(f"Version {done.after.version} took the place of {done.before.version}:")
    for line in said:
        print(f"  {line}")
    say("Next: ascip-sync plan --csv FILE")
    return Exit.DONE


def _chosen(proposals: Proposals, only: str | None) -> list[Proposal]:
    if only is not None:
        return _numbered(proposals, only)
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here: name the proposals with --only 1,2,…")
    return _asked(proposals, typer.confirm)


def _asked(proposals: Proposals, ask: Callable[..., bool]) -> list[Proposal]:
    takable = [each for each in proposals.items if each.target]
    try:
        return [
            each
            for each in takable
            if ask(report.question(each), default=each.preselected, err=True)
        ]
    except typer.Abort:
        say("\nInterrupted. Nothing was accepted. The mapping was not changed.")
        raise


def _numbered(proposals: Proposals, only: str) -> list[Proposal]:
    wanted = [part.strip() for part in only.split(",") if part.strip()]
    known = {str(each.number): each for each in proposals.items}
    if unknown := [number for number in wanted if number not in known]:
        raise typer.BadParameter(f"there is no proposal {', '.join(unknown)}.")
    return [known[number] for number in dict.fromkeys(wanted)]


def rehearse(config: Path | None, new: Path, *, limit: int, as_json: bool) -> int:
    """Nothing is called, nothing stored."""
    with open_session(config) as session:
        today, other = _mapping(session, None), parse_mapping(_text(new))
        if other.sha256 == today.sha256:
            say(
                f"{new} says the same as today's mapping, so there is nothing to compare."
                f" Leave {session.loaded.mapping_path.name} as it is, change a copy and rehearse that."
            )
        found = rehearse_mapping(session.tools, today, other)
        age_s = session.tools.since(found.read_at)
    if as_json:
        print(json.dumps(rehearsal_document(found)))
        return Exit.DONE
    for line in report.rehearsal_lines(found, age_s=age_s, limit=limit):
        print(line)
    return Exit.DONE


def diff(config: Path | None, old: str, new: str | None, *, as_json: bool) -> int:
    """Each side is a kept version or a file."""
    with open_session(config) as session:
        before = _version(session, old)
        after = _version(session, new) if new else _mapping(session, None)
    said = differences(before, after)
    if as_json:
        sides = [{"version": m.version, "sha256": m.sha256} for m in (before, after)]
        print(json.dumps({"from": sides[0], "to": sides[1], "differences": said}))
        return Exit.DONE
    for line in said or ["No difference."]:
        print(line)
    return Exit.DONE


def history(config: Path | None, *, as_json: bool) -> int:
    """What was used or accepted."""
    with open_session(config) as session:
        found = mapping_history(session.tools)
    if as_json:
        print(json.dumps(documents.history_document(found)))
        return Exit.DONE
    for line in report.history_lines(found):
        print(line)
    return Exit.DONE


def _version(session: Session, name: str) -> Mapping:
    path = Path(name)
    return parse_mapping(_text(path)) if path.is_file() else kept_mapping(session.tools, name)


def _mapping(session: Session, file: Path | None) -> Mapping:
    return parse_mapping(_text(file) if file else session.mapping_text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigInvalid(f"{path} can't be read: {why}. Nothing was changed.") from error


def _source(csv: Path) -> Source:
    if not csv.is_file():
        raise InputInvalid(f"{csv} can't be read: there is no such file.", code="unreadable")
    return lambda: csv.open("rb")
