"""Figures over the tables: one read each, for health and metrics."""

from sqlalchemy import Connection, text

from shared.adapters.db.columns import GIVEN_UP, OF_EXTRACT
from shared.domain.errors import NOT_RECORDED
from shared.domain.work import LEASE_S
from shared.ports.state import FeedState, QueueState, WaitingRuns

#: Items given up longer ago than this are history.
DEAD_S = 86_400

# A lease is renewed by pushing its end away, so its end also tells when that was.
_QUEUE = text(f"""
    WITH open AS (
        SELECT state, notified_at, lease_until, error,
               CASE WHEN state = 'ready' AND not_before <= now() THEN not_before
                    WHEN state = 'leased' AND lease_until < now() THEN lease_until END AS due_at
          FROM work_item WHERE ended_at IS NULL)
    SELECT count(*) FILTER (WHERE due_at IS NOT NULL) AS due,
           count(*) FILTER (WHERE state = 'ready' AND due_at IS NULL) AS later,
           count(*) FILTER (WHERE state = 'leased' AND due_at IS NULL) AS leased,
           count(*) FILTER (WHERE state = 'ready' AND due_at IS NULL AND error = :unrecorded) AS unrecorded,
           (SELECT count(*) FROM work_item WHERE {GIVEN_UP}
               AND ended_at > now() - make_interval(secs => :dead)) AS dead,
           ARRAY(SELECT DISTINCT run_id FROM work_item WHERE {GIVEN_UP}
               AND ended_at > now() - make_interval(secs => :dead) ORDER BY run_id LIMIT 3) AS dead_runs,
           extract(epoch FROM now() - min(due_at)) AS oldest_due_s,
           extract(epoch FROM now() - min(due_at) FILTER (WHERE state = 'ready' AND notified_at IS NULL))
               AS oldest_unsent_s,
           extract(epoch FROM now() - greatest(
               max(lease_until) - make_interval(secs => :lease),
               (SELECT max(ended_at) FROM work_item WHERE attempt > 0))) AS idle_s
      FROM open
""")  # noqa: S608  # words of our own

_WAITING = text("""
    SELECT state, CASE WHEN state = 'paused' THEN reason END AS reason, count(*) AS runs,
           extract(epoch FROM now() - min(created_at)) AS oldest_s
      FROM run WHERE state IN ('held', 'awaiting_approval', 'approved', 'paused')
     GROUP BY 1, 2 ORDER BY 1, 2
""")

_AHEAD = text("""
    SELECT count(*) FROM run
     WHERE state IN ('queued', 'validating', 'fetching', 'planning', 'applying')
       AND NOT (state = 'queued' AND coalesce(reason, '') IN ('calendar', 'sync_paused'))
""")

_FEED = text(f"""
    SELECT extract(epoch FROM now() - (SELECT max(received_at) FROM upload
               WHERE feed = :feed)) AS last_file_s,
           extract(epoch FROM now() - (SELECT max(ended_at) FROM run WHERE feed = :feed
               AND {OF_EXTRACT} AND state IN ('applied', 'no_changes'))) AS last_success_s,
           (SELECT (books ->> 'balanced')::boolean FROM run
             WHERE feed = :feed AND ended_at IS NOT NULL AND books IS NOT NULL
             ORDER BY number DESC LIMIT 1) AS balanced
""")  # noqa: S608  # words of our own


class PgState:
    """See `shared.ports.state.State`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def queue(self) -> QueueState:
        """Work items that are not done."""
        row = self._db.execute(
            _QUEUE, {"dead": DEAD_S, "lease": LEASE_S, "unrecorded": NOT_RECORDED}
        ).one()
        return QueueState(
            due=row.due, later=row.later, leased=row.leased, unrecorded=row.unrecorded,
            dead=row.dead, dead_runs=row.dead_runs,
            oldest_due_s=_seconds(row.oldest_due_s), oldest_unsent_s=_seconds(row.oldest_unsent_s),
            idle_s=_seconds(row.idle_s),
        )  # fmt: skip

    def waiting(self) -> list[WaitingRuns]:
        """Runs that wait for people."""
        return [
            WaitingRuns(
                state=row.state, reason=row.reason, count=row.runs, oldest_s=float(row.oldest_s)
            )
            for row in self._db.execute(_WAITING)
        ]

    def runs_ahead(self) -> int:
        """A few runs a day: the table stays small."""
        return int(self._db.execute(_AHEAD).scalar_one())

    def feed(self, name: str) -> FeedState:
        """A feed's newest file, success and books."""
        row = self._db.execute(_FEED, {"feed": name}).one()
        return FeedState(
            last_file_s=_seconds(row.last_file_s), last_success_s=_seconds(row.last_success_s),
            balanced=row.balanced,
        )  # fmt: skip


def _seconds(value: object) -> float | None:
    return None if value is None else float(str(value))
