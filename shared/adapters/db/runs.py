"""Runs, uploads and target locks in PostgreSQL."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.adapters.db import tables as t
from shared.adapters.db.columns import OF_EXTRACT
from shared.adapters.db.remediation_views import IS_OPEN
from shared.domain.baseline import LOOK_BACK, ExtractSize
from shared.domain.canonical import Json
from shared.domain.errors import NotFound
from shared.domain.run import FINAL, Phase, Run, RunMode, RunState, TargetName, Upload
from shared.domain.shadow import SHADOW

_SUCCESS = (RunState.APPLIED.value, RunState.NO_CHANGES.value)
_GOOD_EXTRACTS = text(
    "SELECT (max(ARRAY[run.number, (run.counts->>'rows_in')::bigint]))[2] AS rows,"  # noqa: S608  # a word of our own
    "   max(upload.size_bytes) AS size_bytes"
    " FROM run JOIN plan ON plan.run_id = run.id JOIN upload ON upload.id = run.upload_id"
    f" WHERE run.feed = :feed AND run.{OF_EXTRACT} AND (run.state IN ('applied', 'no_changes')"
    f"   OR run.state = 'discarded' AND run.reason = '{SHADOW}')"
    "   AND plan.facts @> CAST(:read_as AS jsonb)"
    "   AND NOT EXISTS (SELECT 1 FROM action WHERE plan_id = plan.id AND \"class\" = 'removals'"
    "     AND status = 'held')"
    # Nor is a short one of which so many are in their grace that nobody was asked about them yet.
    "   AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(plan.header::jsonb->'gates') AS gate"
    "     WHERE plan.facts->'grace_ends' <> '{}' AND gate->>'gate' = 'rows_fewer'"
    "     AND gate->>'verdict' = 'tripped' AND (gate->>'limit')::int <="
    "       (SELECT sum(d.people::int) FROM jsonb_each_text(plan.facts->'grace_ends') AS d(day, people)))"
    " GROUP BY upload.id ORDER BY max(run.number) DESC LIMIT :most"
)
_ENDED = FINAL | {RunState.APPLIED_WITH_ERRORS, RunState.CANCELED}


class PgRuns:
    """See `shared.ports.runs.Runs`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add_upload(self, upload: Upload) -> Upload:
        """Store a landed file, or find the one with the same bytes."""
        names = (name for name in Upload.__slots__ if name != "received_at")
        statement = upsert(t.upload).values(**{name: getattr(upload, name) for name in names})
        same = statement.on_conflict_do_update(
            index_elements=["feed", "sha256"], set_={"received_at": func.now()}
        )
        return _upload(self._db.execute(same.returning(t.upload)).one())

    def set_location(self, upload_id: str, location: str) -> None:
        """Another copy."""
        self._db.execute(
            update(t.upload).where(t.upload.c.id == upload_id).values(location=location)
        )

    def upload(self, upload_id: str) -> Upload:
        """Read a landed file."""
        row = self._db.execute(select(t.upload).where(t.upload.c.id == upload_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no upload {upload_id}.")
        return _upload(row)

    def newest_upload(self, feed: str) -> Upload | None:
        """The file that came last."""
        query = (
            select(t.upload)
            .where(t.upload.c.feed == feed)
            .order_by(t.upload.c.received_at.desc(), t.upload.c.id.desc())
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return _upload(row) if row else None

    def locations(self) -> set[str]:
        """Every deposit that an upload stands for."""
        return set(self._db.execute(select(t.upload.c.location)).scalars())

    def add(self, run: Run) -> None:
        """Store a new run."""
        self._db.execute(
            insert(t.run).values(
                id=run.id, feed=run.feed, target=run.target.value, upload_id=run.upload_id,
                mode=run.mode.value, force=run.force, trigger=run.trigger, actor=run.actor,
                state=run.state.value, engine_version=run.engine_version,
                mapping_sha256=run.mapping_sha256, config_sha256=run.config_sha256,
                file_name=run.file_name, reverts=run.reverts,
            )
        )  # fmt: skip

    def get(self, run_id: str, *, lock: bool = False) -> Run:
        """Read a run."""
        query = select(t.run).where(t.run.c.id == run_id)
        if lock:
            # FOR NO KEY UPDATE: whoever wrote something that refers to the run shares its key, and
            # two of them would wait for each other.
            query = query.with_for_update(key_share=True)
        row = self._db.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"There is no run {run_id}. `ascip-sync runs` lists them.")
        return stored_run(row)

    def set_state(
        self, run_id: str, state: RunState, *, reason: str | None = None, detail: str | None = None
    ) -> None:
        """Write the state with its times."""
        self._db.execute(
            text(
                "UPDATE run SET state = :state, reason = :reason, detail = :detail, goes_on_at = NULL,"
                " started_at = CASE WHEN :state = 'queued' THEN started_at"
                "   ELSE coalesce(started_at, now()) END,"
                " ended_at = CASE WHEN :ended THEN now() END WHERE id = :id"
            ),
            {
                "id": run_id, "state": state.value, "reason": reason, "detail": detail,
                "ended": state in _ENDED,
            },
        )  # fmt: skip

    def wait(self, run_id: str, *, delay_s: float | None, reason: str, detail: str) -> None:
        """Until then, or until somebody ends the wait."""
        query = text(
            "UPDATE run SET reason = :reason, detail = :detail,"
            " goes_on_at = now() + make_interval(secs => CAST(:delay AS float8)) WHERE id = :id"
        )
        values = {"id": run_id, "delay": delay_s, "reason": reason, "detail": detail}
        self._db.execute(query, values)

    def wait_left_s(self, run_id: str) -> float | None:
        """By the database's clock."""
        query = text("SELECT extract(epoch FROM goes_on_at - now()) FROM run WHERE id = :id")
        left_s = self._db.execute(query, {"id": run_id}).scalar_one()
        return None if left_s is None else float(left_s)

    def end_wait(self, run_id: str) -> None:
        """No row is touched, or locked, where nothing is waited for."""
        query = text(
            "UPDATE run SET reason = NULL, detail = NULL, goes_on_at = NULL"
            " WHERE id = :id AND goes_on_at IS NOT NULL"
        )
        self._db.execute(query, {"id": run_id})

    def set_as_of(self, run_id: str, as_of: date) -> None:
        """The date the plan is made for."""
        self._db.execute(update(t.run).where(t.run.c.id == run_id).values(as_of=as_of))

    def set_base(self, run_id: str, base: Run) -> None:
        """What a drift run compares with."""
        names = ("upload_id", "file_name", "mapping_sha256")
        values = {name: getattr(base, name) for name in names}
        self._db.execute(update(t.run).where(t.run.c.id == run_id).values(**values))

    def set_input(
        self,
        run_id: str,
        *,
        input_sha256: str,
        counts: Mapping[str, Json],
        unverified: Mapping[str, Json],
    ) -> None:
        """What reading gave."""
        self._db.execute(
            update(t.run)
            .where(t.run.c.id == run_id)
            .values(input_sha256=input_sha256, counts=counts, unverified=unverified)
        )

    def set_result(self, run_id: str, *, books: Mapping[str, object] | None, clean: bool) -> None:
        """What it came to."""
        self._db.execute(
            update(t.run)
            .where(t.run.c.id == run_id)
            .values(books=books, clean=clean, unverified=None)
        )

    def set_archive(self, run_id: str, archive: str | None) -> None:
        """The reports are written."""
        self._db.execute(update(t.run).where(t.run.c.id == run_id).values(archive=archive))

    def set_superseded(self, run_id: str, by: str) -> None:
        """A newer extract took its place."""
        self._db.execute(update(t.run).where(t.run.c.id == run_id).values(superseded_by=by))

    def last_success(self, feed: str) -> Run | None:
        """Newest success."""
        query = (
            select(t.run)
            .where(
                t.run.c.feed == feed,
                t.run.c.state.in_(_SUCCESS),
                text(OF_EXTRACT),
            )
            .order_by(t.run.c.ended_at.desc(), t.run.c.number.desc())
            .limit(1)
        )
        row = self._db.execute(query).one_or_none()
        return stored_run(row) if row else None

    def good_extracts(self, feed: str, *, read_as: Mapping[str, Json]) -> list[ExtractSize]:
        """By the newest run of each file."""
        values = {"feed": feed, "most": LOOK_BACK, "read_as": json.dumps(read_as)}
        rows = self._db.execute(_GOOD_EXTRACTS, values)
        return [ExtractSize(rows=row.rows, size_bytes=row.size_bytes) for row in rows]

    def was_shadowed(self, feed: str) -> bool:
        """Whatever became of other runs since."""
        query = text(
            "SELECT EXISTS (SELECT 1 FROM run WHERE feed = :feed AND state = 'discarded'"
            " AND reason = :reason)"
        )
        return bool(self._db.execute(query, {"feed": feed, "reason": SHADOW}).scalar_one())

    def unchanged_since(self, run: Run, *, upload_sha256: str | None = None) -> Run | None:
        """The last success, if the present run would say the same."""
        last = self.last_success(run.feed)
        if last is None or not last.clean or last.upload_id is None:
            return None
        if upload_sha256 is not None:
            same_input = self.upload(last.upload_id).sha256 == upload_sha256
        else:
            same_input = last.input_sha256 == run.input_sha256
        same = (
            same_input
            and last.mapping_sha256 == run.mapping_sha256
            and last.config_sha256 == run.config_sha256
            and last.engine_version == run.engine_version
        )
        if not same or self._written_since(last) or self._planned_since(last):
            return None
        return None if self._drifted(last) or self._waits_since(last) else last

    def _written_since(self, last: Run) -> bool:
        """Whether a later run wrote something without ending in success."""
        query = text(
            "SELECT EXISTS (SELECT 1 FROM run JOIN plan ON plan.run_id = run.id"
            " JOIN action ON action.plan_id = plan.id"
            " WHERE run.feed = :feed AND run.id <> :id AND action.intent_at > :since)"
        )
        values = {"feed": last.feed, "id": last.id, "since": last.ended_at}
        return bool(self._db.execute(query, values).scalar_one())

    def _planned_since(self, last: Run) -> bool:
        """Whether a later extract was planned for ASCIP, whatever became of it.

        Its plan may wait for a person, and whom it lacked counts as absent since: both end only when
        this one is planned too. A governed file takes nothing back that another one says.
        """
        query = text(
            f"SELECT EXISTS (SELECT 1 FROM run WHERE feed = :feed AND target = :ascip AND {OF_EXTRACT}"  # noqa: S608  # of our own
            " AND as_of IS NOT NULL AND number > (SELECT number FROM run WHERE id = :last))"
        )
        values = {"feed": last.feed, "ascip": TargetName.ASCIP.value, "last": last.id}
        return bool(self._db.execute(query, values).scalar_one())

    def _waits_since(self, last: Run) -> bool:
        """Whether a quarantined record of a later run is open: that it is right again has to be seen."""
        query = text(
            "SELECT EXISTS (SELECT 1 FROM quarantine AS q JOIN run ON run.id = q.run_id"  # noqa: S608  # words of the domain
            f" WHERE q.feed = :feed AND {IS_OPEN} AND run.number >"
            " (SELECT number FROM run WHERE id = :last))"
        )
        return bool(self._db.execute(query, {"feed": last.feed, "last": last.id}).scalar_one())

    def _drifted(self, last: Run) -> bool:
        """Whether a drift run found something that this success could not have mended.

        Who reads has the target to itself, so a drift run that ended after this one had its turn has
        read later.
        """
        query = text(
            "SELECT EXISTS (SELECT 1 FROM run WHERE feed = :feed AND mode = 'drift'"
            " AND state = 'discarded' AND ended_at > :since)"
        )
        values = {"feed": last.feed, "since": last.started_at}
        return bool(self._db.execute(query, values).scalar_one())

    def waiting(self, feed: str) -> list[str]:
        """Runs that wait for people, to review, to apply or to retry."""
        query = text(
            "SELECT id FROM run WHERE feed = :feed AND (state IN ('held', 'awaiting_approval',"
            " 'approved') OR state IN ('applied_with_errors', 'canceled') AND EXISTS"
            " (SELECT 1 FROM plan WHERE plan.run_id = run.id)) ORDER BY number"
        )
        return list(self._db.execute(query, {"feed": feed}).scalars())

    def newer_in_queue(self, run_id: str) -> str | None:
        """By number."""
        query = text(
            "SELECT newer.id FROM run JOIN run AS newer"  # noqa: S608  # words of our own
            f" ON newer.feed = run.feed AND newer.number > run.number AND newer.{OF_EXTRACT}"
            " WHERE run.id = :id AND newer.state = 'queued' ORDER BY newer.number DESC LIMIT 1"
        )
        return self._db.execute(query, {"id": run_id}).scalar_one_or_none()

    def overtaken_by(self, run_id: str) -> str | None:
        """The newest later run of its feed that was planned, or had nothing to plan."""
        query = text(
            "SELECT newer.id FROM run JOIN run AS newer"  # noqa: S608  # words of our own
            f" ON newer.feed = run.feed AND newer.number > run.number AND newer.{OF_EXTRACT}"
            " WHERE run.id = :id"
            " AND (newer.as_of IS NOT NULL OR newer.state = 'skipped_unchanged')"
            " ORDER BY newer.number DESC LIMIT 1"
        )
        return self._db.execute(query, {"id": run_id}).scalar_one_or_none()

    def take_lock(self, target: str, run_id: str) -> str | None:
        """None if it is ours, else who has it."""
        self._db.execute(upsert(t.target).values(name=target).on_conflict_do_nothing())
        done = self._db.execute(
            text(
                "UPDATE target SET run_id = :run, locked_at = now()"
                " WHERE name = :name AND (run_id IS NULL OR run_id = :run)"
            ),
            {"name": target, "run": run_id},
        )
        if done.rowcount:
            return None
        query = select(t.target.c.run_id).where(t.target.c.name == target)
        return str(self._db.execute(query).scalar_one())

    def free_lock(self, target: str, run_id: str) -> None:
        """Let the next one in."""
        self._db.execute(
            update(t.target)
            .where(t.target.c.name == target, t.target.c.run_id == run_id)
            .values(run_id=None, locked_at=None)
        )

    def enter_phase(self, run_id: str, phase: Phase) -> None:
        """End the present phase, begin another."""
        self.end_phase(run_id)
        self._db.execute(insert(t.run_phase).values(run_id=run_id, phase=phase.value))

    def end_phase(self, run_id: str) -> None:
        """End the present phase."""
        query = text(
            "UPDATE run_phase SET ended_at = clock_timestamp()"
            " WHERE run_id = :id AND ended_at IS NULL"
        )
        self._db.execute(query, {"id": run_id})

    def phases(self, run_id: str) -> list[tuple[str, float]]:
        """Seconds per phase."""
        rows = self._db.execute(
            text(
                "SELECT phase, sum(extract(epoch FROM coalesce(ended_at, clock_timestamp())"
                " - started_at)) AS s FROM run_phase WHERE run_id = :id"
                " GROUP BY phase ORDER BY min(id)"
            ),
            {"id": run_id},
        )
        return [(row.phase, float(row.s)) for row in rows]

    def complete_read_age_s(self, target: str) -> float | None:
        """Age of the newest complete snapshot."""
        query = text(
            "SELECT extract(epoch FROM now() - max(completed_at)) FROM snapshot"
            " WHERE target = :target AND list_complete"
        )
        age = self._db.execute(query, {"target": target}).scalar_one()
        return None if age is None else float(age)


def _upload(row: Row[Any]) -> Upload:
    return Upload(**{name: getattr(row, name) for name in Upload.__slots__})


def stored_run(row: Row[Any]) -> Run:
    """A run from its columns."""
    values = {name: getattr(row, name) for name in Run.__slots__}
    values["state"] = RunState(values["state"])
    values["mode"] = RunMode(values["mode"])
    values["target"] = TargetName(values["target"])
    values["counts"] = values["counts"] or {}
    values["unverified"] = values["unverified"] or {}
    return Run(**values)
