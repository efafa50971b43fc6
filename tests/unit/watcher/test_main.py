"""The watcher's loop: what keeps it from taking files is told without noise, and never ends it."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, cast

import pytest
from structlog.testing import capture_logs

from services.watcher.__main__ import Trouble, take, tell
from shared.domain.drop import ANYTHING, Expected, Found, Place, Watch
from shared.domain.errors import ConfigInvalid
from shared.pipeline.land import Order
from shared.pipeline.take_in import Intake, Noted
from shared.pipeline.tools import Tools


class BrokenFolder:
    """See `shared.ports.drop.DropFolder`: fails in a way nobody thought of."""

    def look(self) -> Mapping[Place, Sequence[Found]]:
        raise RuntimeError("Garcia")

    def open(self, found: Found, expected: Expected = ANYTHING) -> AbstractContextManager[BinaryIO]:
        raise NotImplementedError

    def move(self, found: Found, to: Place, name: str, *, reason: str | None = None) -> None:
        raise NotImplementedError

    def remove(self, found: Found) -> None:
        raise NotImplementedError


MAPPING = ConfigInvalid("The mapping can't be read.", code="mapping_missing")
FOLDER = ConfigInvalid("Everybody may write there.", code="drop_folder_unsafe")


def said(trouble: Trouble, error: Exception, at_s: float) -> list[str]:
    with capture_logs() as lines:
        trouble.met(error, at_s)
    return [line["code"] for line in lines]


def test_a_trouble_is_said_at_once_and_again_after_a_minute() -> None:
    trouble = Trouble()
    assert said(trouble, MAPPING, 100) == ["mapping_missing"]
    assert said(trouble, MAPPING, 102) == []
    assert said(trouble, MAPPING, 159.9) == []
    assert said(trouble, MAPPING, 160) == ["mapping_missing"]
    assert said(trouble, MAPPING, 161) == []


def test_another_trouble_is_said_at_once() -> None:
    trouble = Trouble()
    assert said(trouble, MAPPING, 100) == ["mapping_missing"]
    assert said(trouble, FOLDER, 101) == ["drop_folder_unsafe"]


def test_each_failure_in_a_row_waits_twice_as_long_up_to_half_a_minute() -> None:
    trouble = Trouble()
    waits = []
    for _ in range(6):
        trouble.met(MAPPING, 100)
        waits.append(trouble.wait_s)
    assert waits == [2, 4, 8, 16, 30, 30]


def test_when_it_is_over_that_is_said_once_and_nothing_waits() -> None:
    trouble = Trouble()
    trouble.met(MAPPING, 100)
    with capture_logs() as lines:
        trouble.over()
        trouble.over()
    assert [(line["event"], line["after"]) for line in lines] == [
        ("taking_again", "mapping_missing")
    ]
    assert trouble.wait_s == 0


def test_whatever_happens_the_watcher_goes_on_and_quotes_no_values() -> None:
    intake = Intake(
        folder=BrokenFolder(), keep_days=7, watch=Watch(5),
        order=lambda: Order(trigger="drop", mapping_text="{}"),
    )  # fmt: skip
    trouble = Trouble()
    with capture_logs() as lines:
        take(cast("Tools", None), intake, trouble, threading.Event())
    (line,) = lines
    assert line["code"] == "RuntimeError"
    assert "Garcia" not in str(line.get("message"))
    assert isinstance(line["exc_info"], RuntimeError)  # whose words the log leaves out
    assert trouble.wait_s == 2


@pytest.mark.parametrize(
    ("noted", "level"),
    [(Noted("taken", "run_1"), "info"), (Noted("refused", "drop_1", "empty"), "warning"),
     (Noted("left", "", "out_of_reach"), "warning")],
)  # fmt: skip
def test_what_was_refused_or_left_is_a_warning(noted: Noted, level: str) -> None:
    with capture_logs() as lines:
        tell(noted)
    assert [line["log_level"] for line in lines] == [level]
