"""The report of `validate-config`: made when somebody asks for it, since it asks ASCIP."""

from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.show import show
from services.console.signed_in import Admin
from services.console.words import counted
from shared.http.service import Served, Service
from shared.pipeline.probing import Probed
from shared.ports.probe import Finding, Verdict
from shared.readiness import check_installation

router = APIRouter()

_WORST_FIRST = (Verdict.ERROR, Verdict.WARNING, Verdict.OK)


@router.get("/settings/readiness")
def readiness(request: Request, served: Served, _: Admin) -> HTMLResponse:
    """What can be checked; nothing is asked yet."""
    return _shown(request, served, None)


@router.get("/settings/readiness/checked")
def checked(request: Request, served: Served, _: Admin) -> HTMLResponse:
    """Look now: at the files as they are, and at ASCIP with GETs alone."""
    return _shown(request, served, check_installation(served.loaded.files[0]))


def _shown(request: Request, served: Service, probed: Sequence[Probed] | None) -> HTMLResponse:
    lines = list(_lines(probed or ()))
    found = Counter(finding.verdict for finding, _ in lines)
    errors, warnings = found[Verdict.ERROR], found[Verdict.WARNING]
    said = f"{found[Verdict.OK]} ok, {counted(warnings, 'warning')}, {counted(errors, 'error')}"
    values = {
        "checked": probed is not None, "lines": lines, "errors": errors, "warnings": warnings,
        "verdict": f"{'Not ready' if errors else 'Ready'}: {said}",
        "files": [path.name for path in served.loaded.files],
    }  # fmt: skip
    return show(request, "readiness.html.j2", values, block="report")


def _lines(probed: Sequence[Probed]) -> list[tuple[Finding, float]]:
    """Worst first; the time of a check stands at its first finding."""
    lines = [
        (finding, 0.0 if at else each.seconds)
        for each in probed
        for at, finding in enumerate(each.findings)
    ]
    return sorted(lines, key=lambda line: _WORST_FIRST.index(line[0].verdict))
