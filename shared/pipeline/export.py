"""Write reports outside the archive: a plan's, and ASCIP's reference data."""

from pathlib import Path

from shared.pipeline.report import write_reports
from shared.pipeline.tools import Tools


def export_plan(tools: Tools, run_id: str, folder: Path) -> list[Path]:
    """The reports of a run as it stands now."""
    with tools.transactions.begin() as uow:
        return write_reports(tools, uow, uow.runs.get(run_id), folder)


def pull_reference(tools: Tools, folder: Path) -> list[Path]:
    """Groups, buckets, roles and time zones as ASCIP has them now."""
    reference = tools.target.reference()
    return tools.reports.write_reference(
        folder, reference.to_json(), reference.groups.values(), None
    )
