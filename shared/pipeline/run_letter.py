"""The mail about a run: how it stands, who must do what by when, counts, limits, reasons, times."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from shared.domain.action import ActionClass, ActionStatus, Kind
from shared.domain.gate_words import gate_words
from shared.domain.gates import Gate
from shared.domain.notice import GOOD_ENDS, News
from shared.domain.run import Run, RunState
from shared.domain.text import rows_in_words
from shared.pipeline.letter import Section, link, who
from shared.pipeline.tools import Tools
from shared.ports.notices import PhaseTime, RunFigures
from shared.ports.plans import StoredPlan, StoredReview
from shared.ports.unit_of_work import UnitOfWork

#: Reasons and violations that a mail lists.
MOST = 5
#: Tripped gates that a mail lists; with sites there can be many.
_MOST_GATES = 4
_SHOWN_HASH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Everything that is told of a run."""

    run: Run
    plan: StoredPlan | None
    review: StoredReview | None
    figures: RunFigures
    kinds: Mapping[tuple[Kind, ActionStatus], int]
    sha256: str

    def count(self, *statuses: ActionStatus) -> int:
        """Actions of the plan in one of these."""
        return sum(n for (_, status), n in self.figures.actions.items() if status in statuses)

    def done(self, *kinds: Kind) -> int:
        """Actions of these kinds that succeeded."""
        return sum(self.kinds.get((kind, ActionStatus.SUCCEEDED), 0) for kind in kinds)

    def counted(self, name: str) -> int:
        """A count of the reader's."""
        return int(str(self.run.counts.get(name, 0)))

    @property
    def planned(self) -> int:
        """All actions."""
        return sum(self.figures.actions.values())

    @property
    def gates(self) -> list[Gate]:
        """Judged when the plan was made."""
        return self.plan.gates if self.plan else []


def run_facts(uow: UnitOfWork, run: Run) -> RunFacts:
    """Read them."""
    plan = uow.plans.of_run(run.id)
    upload = uow.runs.upload(run.upload_id) if run.upload_id else None
    return RunFacts(
        run=run, plan=plan, review=uow.plans.review_of(plan.id) if plan else None,
        figures=uow.notices.figures(run.id, most=MOST),
        kinds=uow.plans.kind_counts(plan.id) if plan else {},
        sha256=upload.sha256 if upload else "",
    )  # fmt: skip


def where(tools: Tools, facts: RunFacts) -> str:
    """The run's page, or the command: the plan while it is to be decided, else what became of it."""
    run = facts.run
    waits = run.state in (RunState.HELD, RunState.AWAITING_APPROVAL)
    return link(tools, f"runs/{run.id}", f"{'show' if waits else 'status'} {run.id}")


def why(news: News) -> str:
    """Why a mail came, and how to stop the like of it."""
    named = " or ".join(role.value for role in news.roles)
    # What is wrong is told whatever mail.success says.
    quiet = ", or set mail.success" if news.word in GOOD_ENDS and not news.wrong else ""
    return (
        f"You get this as {named} ([mail] in config.toml). To stop it: have your address taken out"
        f" there{quiet}."
    )


def table(facts: RunFacts) -> list[list[str]]:
    """Actions by class and by what became of them, beside the last plan of the feed."""
    actions, last = facts.figures.actions, facts.figures.last_planned
    statuses = [s for s in ActionStatus if s is not ActionStatus.PLANNED and facts.count(s)]
    said = (_SAID.get(status, status.value.replace("_", " ")) for status in statuses)
    heading = ["actions", "planned", *said, *(["last run"] if last else [])]
    rows = [
        [
            name.value,
            f"{sum(n for (of, _), n in actions.items() if of is name):,}",
            *(f"{actions.get((name, status), 0):,}" for status in statuses),
            *([f"{last.get(name, 0):,}"] if last else []),
        ]
        for name in ActionClass
        if last.get(name) or any(of is name for of, _ in actions)
    ]
    return [heading, *rows] if facts.planned else []


_SAID = {ActionStatus.SUCCEEDED: "applied"}


def sections(facts: RunFacts) -> Iterator[Section]:
    """Gates, reasons, rows, times, and what the run was made of; nothing where there is nothing."""
    for title, lines in (
        ("Limits", list(_gate_lines(facts))),
        (f"{facts.count(*_NOT_DONE):,} not applied, most for", _coded(facts.figures.reasons)),
        (
            f"{rows_in_words(facts.counted('quarantined'))} quarantined, most for",
            _coded(facts.figures.violations),
        ),
        ("Took", _times(facts.figures.phases)),
        ("From", list(_made_of(facts))),
    ):
        if lines:
            yield Section(title=title, lines=lines)


_NOT_DONE = (
    ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.UNKNOWN, ActionStatus.NOT_ATTEMPTED,
)  # fmt: skip


def _gate_lines(facts: RunFacts) -> Iterator[str]:
    gates = facts.gates
    tripped = [gate for gate in gates if gate.tripped]
    sites = cast("Mapping[str, str]", facts.plan.facts.get("sites", {})) if facts.plan else {}
    for gate in tripped[:_MOST_GATES]:
        at = f" {sites.get(gate.site, gate.site)}" if gate.site else ""
        yield f"{gate.name.value}{at}: {gate_words(gate)}; TRIPPED"
    if (more := len(tripped) - _MOST_GATES) > 0:
        yield f"and {more:,} more TRIPPED"
    if gates:
        yield "the others did not trip" if tripped else f"none of {len(gates)} tripped"


def _coded(counts: Sequence[tuple[str, int]]) -> list[str]:
    """Codes on one line."""
    told = ", ".join(f"{code} {count:,}" for code, count in counts)
    return [told] if told else []


def _times(phases: Sequence[PhaseTime]) -> list[str]:
    told = [
        f"{each.phase.value} {seconds(each.seconds)}"
        + (f" (median {seconds(each.median_s)})" if each.median_s is not None else "")
        for each in phases
    ]
    return [", ".join(told)] if told else []


def seconds(number: float) -> str:
    """A time for people."""
    whole = round(number)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m {rest:02}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"


def _made_of(facts: RunFacts) -> Iterator[str]:
    run, figures = facts.run, facts.figures
    if run.file_name:
        rows = f", {facts.counted('rows_in'):,} rows" if "rows_in" in run.counts else ""
        yield f"file {run.file_name}, sha256 {facts.sha256[:_SHOWN_HASH]}…{rows}"
    if run.reverts:
        yield run.made_from
    if figures.mapping_version is not None:
        yield f"mapping version {figures.mapping_version}, started by {who(run.actor)}"
    else:
        yield f"started by {who(run.actor)}"
    if facts.review is not None:
        yield f"{facts.review.decision.done} by {who(facts.review.actor)}"


def summary_csv(facts: RunFacts) -> str:
    """Counts and limits for a spreadsheet; words of ours, codes of sites and numbers alone."""
    rows: list[tuple[str, str, str, object, object]] = [
        ("part", "name", "status", "count", "limit"),
        *(
            ("actions", name.value, status.value, count, "")
            for (name, status), count in sorted(facts.figures.actions.items())
        ),
        # A site's code stands behind the gate's name: no cell begins as a formula does.
        *(
            ("limits", f"{g.name.value} {g.site}" if g.site else g.name.value, g.verdict.value,
             g.value, g.limit)
            for g in facts.gates
        ),
        *(("reasons", code, "", count, "") for code, count in facts.figures.reasons),
        *(("violations", code, "", count, "") for code, count in facts.figures.violations),
    ]  # fmt: skip
    return "".join(f"{','.join(_cell(str(cell)) for cell in row)}\r\n" for row in rows)


def _cell(text: str) -> str:
    """As RFC 4180 wants it."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if set(text) & set(',"\r\n') else text
