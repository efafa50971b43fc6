"""How findings are printed, counted and turned into an exit code."""

import pytest

from services.cli.exits import Exit
from services.cli.verbs_config import _exit, _print, _summary
from shared.pipeline.probing import Probed
from shared.ports.probe import Finding, Verdict


def finding(name: str, verdict: Verdict, detail: str = "said", **more: str) -> Finding:
    return Finding(name=name, verdict=verdict, detail=detail, **more)  # type: ignore[arg-type]  # text fields only


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((), Exit.DONE),
        (("ascip",), Exit.UNREACHABLE),
        (("db",), Exit.INVALID),
        (("ascip", "secrets"), Exit.INVALID),
        (("ascip-scopes",), Exit.INVALID),
    ],
)
def test_only_where_nothing_else_is_wrong_it_is_ascip_s(
    errors: tuple[str, ...], code: Exit
) -> None:
    found = [finding(name, Verdict.ERROR) for name in errors]
    assert _exit([finding("disk", Verdict.WARNING), finding("log", Verdict.OK), *found]) is code


def test_errors_come_first_each_with_place_remedy_and_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _print(
        [
            Probed(name="a", findings=(finding("db", Verdict.OK),), seconds=0.049),
            Probed(name="b", findings=(finding("disk", Verdict.WARNING),), seconds=0.05),
            Probed(
                name="c",
                findings=(
                    finding("secrets", Verdict.ERROR, where="config.toml:4", remedy="set it"),
                    finding("secrets", Verdict.OK, "here"),
                ),
                seconds=1.25,
            ),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "x   secrets         config.toml:4: said -> set it  (1.2 s)",
        "!   disk            said  (0.1 s)",
        "ok  db              said",
        "ok  secrets         here",
    ]


def test_the_last_line_counts_and_says_what_comes_next() -> None:
    ok, error = finding("a", Verdict.OK), finding("b", Verdict.ERROR)
    assert _summary([ok]) == "Ready: 0 errors, 0 warnings, 1 ok. Next: ascip-sync plan --csv FILE"
    assert _summary([ok, error]).startswith("Not ready: 1 error, 0 warnings, 1 ok. Nothing was")
