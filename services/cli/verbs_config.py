"""`validate-config`: is everything there that a run needs?"""

import json
from collections.abc import Sequence
from pathlib import Path

from services.cli.exits import Exit
from services.cli.session import say
from shared.observability import configure_logging
from shared.pipeline.probing import Probed
from shared.ports.probe import Finding, Verdict
from shared.readiness import check_installation

_SIGNS = {Verdict.ERROR: "x ", Verdict.WARNING: "! ", Verdict.OK: "ok"}
#: From here on the time of a check is worth a word.
SHOWN_S = 0.05
#: Under which names ASCIP itself is spoken of.
_ASCIP = "ascip"


def validate_config(config: Path | None, *, as_json: bool) -> int:
    """All problems in one pass; warnings don't stop a run, errors do."""
    configure_logging("ERROR", "console")
    probed = check_installation(config)
    found = [finding for each in probed for finding in each.findings]
    if as_json:
        print(json.dumps(_document(probed, found)))
    else:
        _print(probed)
    say(_summary(found))
    return _exit(found)


def _exit(found: Sequence[Finding]) -> Exit:
    """6 only where nothing but ASCIP is wrong: anything else has to be mended here first."""
    wrong = {finding.name for finding in found if finding.verdict is Verdict.ERROR}
    if not wrong:
        return Exit.DONE
    return Exit.UNREACHABLE if wrong == {_ASCIP} else Exit.INVALID


def _print(probed: Sequence[Probed]) -> None:
    """Errors first, then warnings; a check that took its time says so on its first line."""
    lines = [
        (finding, each.seconds if index == 0 else None)
        for each in probed
        for index, finding in enumerate(each.findings)
    ]
    for verdict, sign in _SIGNS.items():
        for finding, seconds in lines:
            if finding.verdict is verdict:
                took = f"  ({seconds:.1f} s)" if seconds and seconds >= SHOWN_S else ""
                print(f"{sign}  {finding.name:<15} {_sentence(finding)}{took}")


def _sentence(finding: Finding) -> str:
    where = f"{finding.where}: " if finding.where else ""
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{where}{finding.detail}{remedy}"


def _summary(found: Sequence[Finding]) -> str:
    count = {verdict: sum(f.verdict is verdict for f in found) for verdict in Verdict}
    errors, warnings = count[Verdict.ERROR], count[Verdict.WARNING]
    said = (
        f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'},"
        f" {count[Verdict.OK]} ok"
    )
    if errors:
        return f"Not ready: {said}. Nothing was written to ASCIP."
    return f"Ready: {said}. Next: ascip-sync plan --csv FILE"


def _document(probed: Sequence[Probed], found: Sequence[Finding]) -> dict[str, object]:
    return {
        "format_version": "1.0",
        "ready": all(finding.verdict is not Verdict.ERROR for finding in found),
        "checks": [
            {
                "name": finding.name, "verdict": finding.verdict.value, "detail": finding.detail,
                "remedy": finding.remedy, "where": finding.where, "facts": dict(finding.facts),
                "seconds": round(each.seconds, 3),
            }
            for each in probed
            for finding in each.findings
        ],
    }  # fmt: skip
