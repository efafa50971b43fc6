"""A hundred megabytes of answer cost the client little, packed or not."""

import tracemalloc
from collections.abc import Callable

import pytest

from shared.adapters.lms.target import AscipLms
from shared.ports.target import MissingDetail
from tests.integration.lms.conftest import Simulator

Connect = Callable[..., AscipLms]
MOST_BYTES = 64 * 1024 * 1024


@pytest.mark.parametrize("fault", ["huge_body", "gzip_bomb"])
def test_a_hundred_megabytes_are_never_held_at_once(
    simulator: Simulator, connect: Connect, fault: str
) -> None:
    target = connect(simulator, detail_retries=0, timeout_s=20)
    simulator.fail({"fault": fault, "megabytes": 100})
    tracemalloc.start()
    try:
        ((found,),) = target.fetch_people([1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == MissingDetail(ascip_id=1, code="garbled_answer")
    assert peak < MOST_BYTES
