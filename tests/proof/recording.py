"""A plugin of pytest: writes what each test came to, as it comes, so that a run that is cut loses nothing."""

import json
import os
from pathlib import Path

import pytest

KEPT, CODE = "ASCIP_SYNC_PROOF_KEPT", "ASCIP_SYNC_PROOF_CODE"


def _keep(**line: object) -> None:
    with Path(os.environ[KEPT]).open("a", encoding="utf-8") as kept:
        kept.write(json.dumps({"code": os.environ[CODE], **line}) + "\n")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Which cases each test has."""
    for item in session.items:
        _keep(case=item.nodeid, came_to="begun")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """One line a case; a failure around it counts too."""
    if report.when == "call" or report.outcome != "passed":
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _keep(case=report.nodeid, came_to=report.outcome, why=why, took_s=round(report.duration, 2))
