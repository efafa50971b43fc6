"""Notices in PostgreSQL, and the figures that mails show: a statement for each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from shared.adapters.db.columns import OF_EXTRACT
from shared.domain.action import ActionClass, ActionStatus
from shared.domain.errors import NotFound
from shared.domain.notice import Earlier, News, Notice, NoticeState, Topic
from shared.domain.run import Phase
from shared.ports.notices import Backlog, PhaseTime, RunFigures, Undecided

#: Whoever took a notice longer ago has died: another sends it, perhaps for the second time.
LEASE = timedelta(minutes=5)
#: Any constant: of two who want a notice at once, one waits for the other.
_LOCK = text("SELECT pg_advisory_xact_lock(1312902467)")

_ADD = text("""
    INSERT INTO notice (topic, about, stage, created_at, due_at)
    VALUES (:topic, :about, :stage, :at, :at)
    ON CONFLICT (topic, about, stage) WHERE topic <> 'run' DO NOTHING
""")
_CLAIM = text("""
    UPDATE notice SET leased_until = :until, attempts = attempts + 1
     WHERE id = (SELECT id FROM notice AS n WHERE state = 'waiting' AND due_at <= :now
                    AND NOT EXISTS (SELECT 1 FROM work_item AS w WHERE n.topic = 'run'
                        AND w.run_id = n.about AND w.kind = 'report' AND w.ended_at IS NULL)
                  ORDER BY id LIMIT 1)
       AND NOT EXISTS (SELECT 1 FROM notice WHERE state = 'waiting' AND leased_until > :now)
    RETURNING id, topic, about, stage, created_at, attempts,
              EXISTS (SELECT 1 FROM notice AS newer WHERE notice.topic = 'run'
                  AND newer.topic = 'run' AND newer.about = notice.about AND newer.id > notice.id
              ) AS overtaken
""")
_END = text("""
    UPDATE notice SET state = :state, ended_at = :at, leased_until = NULL, series = :series,
           status = :status WHERE id = :id AND state = 'waiting'
""")
_POSTPONE = text("""
    UPDATE notice SET due_at = :until, leased_until = NULL, error = :error,
           attempts = attempts - CASE WHEN CAST(:error AS text) IS NULL THEN 1 ELSE 0 END
     WHERE id = :id AND state = 'waiting'
""")
_EARLIER = text("""
    SELECT n.status, coalesce(run.superseded_by IS NOT NULL, false) AS superseded,
           EXISTS (SELECT 1 FROM notice AS t WHERE t.series = :series AND t.status = :status
                      AND t.state = 'sent' AND t.ended_at >= :since) AS told_today
      FROM notice AS n LEFT JOIN run ON run.id = n.about
     WHERE n.series = :series AND n.status IS NOT NULL ORDER BY n.id DESC LIMIT 1
""")
_BACKLOG = text(
    "SELECT count(*) AS waiting, min(created_at) AS oldest FROM notice"
    " WHERE state = 'waiting' AND error IS NOT NULL"
)
_UNDECIDED = text("""
    SELECT run.id, extract(epoch FROM now() - plan.created_at) / 3600 AS waited_h
      FROM run JOIN plan ON plan.run_id = run.id
     WHERE run.state IN ('held', 'awaiting_approval') ORDER BY run.number
""")
_ACTIONS = text("""
    SELECT class, status, count(*) AS actions FROM action JOIN plan ON plan.id = plan_id
     WHERE plan.run_id = :run GROUP BY class, status
""")
_LAST = text(f"""
    SELECT older.id FROM run JOIN run AS older ON older.feed = run.feed
       AND older.number < run.number AND older.{OF_EXTRACT}
     WHERE run.id = :run AND EXISTS (SELECT 1 FROM plan WHERE plan.run_id = older.id)
     ORDER BY older.number DESC LIMIT 1
""")  # noqa: S608  # words of our own
_REASONS = text("""
    SELECT coalesce(outcome_code, status) AS code, count(*) AS counted
      FROM action JOIN plan ON plan.id = plan_id
     WHERE plan.run_id = :run AND status IN ('conflict', 'failed', 'unknown', 'not_attempted')
     GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :most
""")
_VIOLATIONS = text("""
    SELECT code, count(DISTINCT quarantine_id) AS counted
      FROM violation JOIN quarantine ON quarantine.id = quarantine_id
     WHERE run_id = :run GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :most
""")
_PHASES = text(f"""
    WITH took AS (
        SELECT run.id, run.number, phase,
               sum(extract(epoch FROM coalesce(p.ended_at, now()) - p.started_at)) AS seconds,
               min(p.id) AS first
          FROM run JOIN run_phase AS p ON p.run_id = run.id
         WHERE run.number IN (
             SELECT older.number FROM run AS this JOIN run AS older ON older.feed = this.feed
                AND (older.mode = this.mode OR older.{OF_EXTRACT} AND this.{OF_EXTRACT})
                AND older.number <= this.number
              WHERE this.id = :run ORDER BY older.number DESC LIMIT 50)
         GROUP BY run.id, phase)
    SELECT phase, seconds, before.median, before.runs
      FROM took CROSS JOIN LATERAL (
          SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t.seconds) AS median, count(*) AS runs
            FROM (SELECT seconds FROM took AS b WHERE b.phase = took.phase AND b.id <> took.id
                   ORDER BY b.number DESC LIMIT 10) AS t) AS before
     WHERE took.id = :run ORDER BY first
""")  # noqa: S608  # words of our own
_MAPPING = text("""
    SELECT m.version FROM run LEFT JOIN mapping_version AS m ON m.sha256 = run.mapping_sha256
     WHERE run.id = :run
""")
_RECENT = text("""
    SELECT id FROM run WHERE created_at > now() - make_interval(hours => :hours) ORDER BY number
""")


class PgNotices:
    """See `shared.ports.notices.Notices`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, topic: Topic, about: str, *, stage: str, at: datetime) -> None:
        """Due at once."""
        values = {"topic": topic.value, "about": about, "stage": stage, "at": at}
        self._db.execute(_ADD, values)

    def claim(self, now: datetime) -> Notice | None:
        """One at a time over all processes."""
        self._db.execute(_LOCK)
        row = self._db.execute(_CLAIM, {"now": now, "until": now + LEASE}).one_or_none()
        if row is None:
            return None
        return Notice(
            id=row.id, topic=Topic(row.topic), about=row.about, stage=row.stage,
            created_at=row.created_at, attempts=row.attempts, overtaken=row.overtaken,
        )  # fmt: skip

    def end(
        self, notice: Notice, state: NoticeState, *, at: datetime, news: News | None = None
    ) -> None:
        """Close it."""
        self._db.execute(
            _END,
            {
                "id": notice.id, "state": state.value, "at": at,
                "series": news.series if news else None, "status": news.status if news else None,
            },
        )  # fmt: skip

    def postpone(self, notice: Notice, *, until: datetime, error: str | None = None) -> None:
        """Due again then."""
        self._db.execute(_POSTPONE, {"id": notice.id, "until": until, "error": error})

    def earlier(self, news: News, *, since: datetime) -> Earlier:
        """The newest of the series that had anything to say."""
        values = {"series": news.series, "status": news.status, "since": since}
        row = self._db.execute(_EARLIER, values).one_or_none()
        if row is None:
            return Earlier()
        return Earlier(status=row.status, told_today=row.told_today, superseded=row.superseded)

    def backlog(self) -> Backlog:
        """Those with an error."""
        row = self._db.execute(_BACKLOG).one()
        return Backlog(row.waiting, row.oldest)

    def undecided(self) -> list[Undecided]:
        """By the database's clock."""
        return [Undecided(row.id, float(row.waited_h)) for row in self._db.execute(_UNDECIDED)]

    def figures(self, run_id: str, *, most: int) -> RunFigures:
        """Seven statements; none reads more than the run's own plan, rows and phases."""
        version = self._db.execute(_MAPPING, {"run": run_id}).one_or_none()
        if version is None:
            raise NotFound(f"There is no run {run_id}.")
        last = self._db.execute(_LAST, {"run": run_id}).scalar_one_or_none()
        planned: dict[ActionClass, int] = {}
        for (of_class, _), count in self._actions(last).items():
            planned[of_class] = planned.get(of_class, 0) + count
        counted = {"run": run_id, "most": most}
        return RunFigures(
            actions=self._actions(run_id), last_planned=planned,
            reasons=_pairs(self._db.execute(_REASONS, counted).all()),
            violations=_pairs(self._db.execute(_VIOLATIONS, counted).all()),
            phases=self.phases(run_id), mapping_version=version.version,
        )  # fmt: skip

    def _actions(self, run_id: str | None) -> dict[tuple[ActionClass, ActionStatus], int]:
        rows = self._db.execute(_ACTIONS, {"run": run_id})
        return {(ActionClass(r[0]), ActionStatus(r.status)): r.actions for r in rows}

    def phases(self, run_id: str) -> list[PhaseTime]:
        """Beside the last ten runs that had the phase."""
        return [
            PhaseTime(
                Phase(row.phase), float(row.seconds),
                None if row.median is None else float(row.median), row.runs,
            )
            for row in self._db.execute(_PHASES, {"run": run_id})
        ]  # fmt: skip

    def recent_runs(self, hours: int) -> list[str]:
        """By the database's clock."""
        return list(self._db.execute(_RECENT, {"hours": hours}).scalars())


def _pairs(rows: Sequence[object]) -> list[tuple[str, int]]:
    return [(row.code, row.counted) for row in rows]  # type: ignore[attr-defined]  # columns
