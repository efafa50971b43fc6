"""What people read, over one connection."""

from sqlalchemy import Connection

from shared.adapters.db.compare_views import CompareViews
from shared.adapters.db.fault_views import FaultViews
from shared.adapters.db.group_views import GroupViews
from shared.adapters.db.plan_views import PlanViews
from shared.adapters.db.record_views import RecordViews
from shared.adapters.db.row_views import RowViews
from shared.adapters.db.run_views import RunViews
from shared.adapters.db.shadow_views import ShadowViews
from shared.adapters.db.timeline_views import TimelineViews


class PgViews(
    CompareViews, FaultViews, GroupViews, PlanViews, RecordViews, RowViews, RunViews, ShadowViews,
    TimelineViews,
):  # fmt: skip
    """See `shared.ports.views.Views`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
