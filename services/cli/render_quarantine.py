"""Quarantined records for people: lists, one record, codes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shared.domain.remediation import OPEN, QuarantineRecord, is_overdue
from shared.domain.text import printable
from shared.ports.remediation import Resubmission
from shared.ports.views import Page


def print_list(found: Page[QuarantineRecord], today: date) -> None:
    """A line a record."""
    if not found.items:
        print("No quarantined record of a governed feed fits. `ascip-sync show RUN --quarantined` lists"
              " rows of a run.")  # fmt: skip
    for record in found.items:
        late = is_overdue(record.state, record.due_on, today)
        due = f"{'OVERDUE since' if late else 'due'} {record.due_on.isoformat()}"
        print(
            f"{record.id}  {record.feed}  {printable(record.source_id or '-'):<20}"
            f"  {record.state.value:<17}  {', '.join(record.codes)}  {record.owner or 'unassigned'}"
            f"{f'  {due}' if record.state in OPEN else ''}"
        )
    if found.has_more:
        print(f"… {found.total:,} in all; go on with --after {found.items[-1].id}")


def print_record(document: Mapping[str, Any]) -> None:
    """Everything there is to know of one."""
    d = document
    late = "  OVERDUE" if d["overdue"] else ""
    print(f"{d['id']}  {d['feed']}  {printable(d['source_id'] or 'no sound source id')}")
    print(f"  {d['state']}, next: {d['next_actor']}, {d['next_step']}; due {d['due_on']}{late}")
    print(f"  owner {d['owner'] or '-'}; {printable(d['file'] or '')} row {d['row']}, line {d['line']}"
          f" of {d['run_id']}")  # fmt: skip
    for error in d["errors"]:
        print(f"\n  {error['code']} {error['column'] or ''}: {error['detail']}")
        cited = f"    {error['authority']}, {error['citation']}" if error["citation"] else ""
        print(f"    {error['title']} ({error['severity']}, {error['class']})")
        for line in filter(None, (cited, f"    {error['remedy']}")):
            print(line)
    _print_values(d["values"])
    _print_links(d)
    print("\n  What happened")
    for event in d["timeline"]:
        detail = printable(event["detail"])
        print(f"    {event['at']}  {event['actor']}  {event['event']}  {detail}".rstrip())


def _print_values(values: Sequence[Mapping[str, Any]] | None) -> None:
    if values is None:
        print("\n  Its values can't be read again from the file.")
        return
    print("\n  As written; nothing is changed here, mend it at the source")
    for each in values:
        mark = "   <- failed here" if each["failed"] else ""
        print(f"    {each['field']:<24} {printable(each['value'])!r}{mark}")


def _print_links(d: Mapping[str, Any]) -> None:
    for name, words in (
        ("supersedes", "takes the place of"),
        ("superseded_by", "gave its place to"),
        ("resubmitted_run", "is under way with"),
        ("closed_reason", "closed:"),
    ):
        if d[name]:
            print(f"  {words} {printable(d[name])}")
    if resolved := d["resolved_by"]:
        print(f"  resolved by {resolved['run_id']}, version {resolved['idempotency_key']}")
    for each in d["attestations"]:
        print(f"  {each['code']} confirmed by {each['actor']}: {printable(each['reason'])}")


def print_codes(documents: Sequence[Mapping[str, Any]]) -> None:
    """A line a code, those with open records first."""
    for code in sorted(documents, key=lambda d: -d["open"]):
        whose = code["authority"] or "engine"
        number = f"{code['open']:>5} open" if code["open"] else " " * 10
        print(f"{number}  {code['code']:<24} {whose:<8} {code['severity']:<10}  {code['title']}")


def print_outcomes(named: Sequence[Resubmission], records: Sequence[QuarantineRecord]) -> None:
    """What a run came to for each record."""
    for each, record in zip(named, records, strict=True):
        came = each.outcome.value if each.outcome else record.state.value
        place = f", see {each.superseded_by}" if each.superseded_by else ""
        print(f"  {record.id}  {printable(record.source_id or '-')}: {came}{place}")
