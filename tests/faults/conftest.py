"""One pair of servers and one simulator for the tests of a file, an installation for each that asks."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.plant import Grounds, Plant, Size


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    """Servers that may be killed: nobody else's."""
    made = Grounds(tmp_path_factory.mktemp("faults"))
    yield made
    made.close()


@pytest.fixture
def build(grounds: Grounds) -> Iterator[Callable[..., Plant]]:
    """Make installations."""
    made: list[Plant] = []

    def make(**size: Any) -> Plant:
        made.append(Plant(grounds, Size(**size)))
        return made[-1]

    yield make
    for plant in made:
        plant.close()
