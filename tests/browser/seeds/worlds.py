"""Worlds: installations in known states, each made once by the real pipeline and then copied.

A world is a database, a tenant of the simulator and a folder of files. What a test changes in its copy
no other test sees.
"""

import itertools
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shared.adapters.clock.system import RandomIds, SystemClock
from shared.domain.policy import Limits
from tests.browser.seeds.users import make_users
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a world is made."""

    make: Callable[[Installation], None]
    people: int = 60
    seed: int = 2
    limits: Limits = field(default_factory=Limits)
    four_eyes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mould:
    database: str
    folder: Path
    simulator: SimulatorThread
    state: Any


class Worlds:
    """Makes each world the first time it is wanted."""

    def __init__(
        self, servers: Servers, template: str, folder: Path, recipes: Mapping[str, Recipe]
    ) -> None:
        self._servers, self._template, self._folder = servers, template, folder
        self._recipes = recipes
        self._moulds: dict[str, _Mould] = {}
        self._open: dict[int, tuple[Installation, str]] = {}

    def copy(self, name: str) -> Installation:
        """A world of the caller's own; there is one copy of a world at a time."""
        mould = self._moulds.get(name) or self._make(name)
        number = next(_NUMBERS)
        folder = self._folder / f"{name}-{number}"
        shutil.copytree(mould.folder, folder)
        mould.simulator.reset(1, 1)  # no faults, no journal
        mould.simulator.put_state(mould.state)
        database = f"browser_{number}"
        url = self._servers.create(database, mould.database)
        engine = self._open_over(name, Database(url), mould.simulator, folder)
        self._open[id(engine)] = engine, database
        return engine

    def give_back(self, engine: Installation) -> None:
        """It isn't needed any more."""
        _, database = self._open.pop(id(engine))
        engine.close()
        engine.database.close()
        self._servers.drop(database)

    def close(self) -> None:
        for engine, _ in list(self._open.values()):
            self.give_back(engine)
        for mould in self._moulds.values():
            mould.simulator.close()
            self._servers.drop(mould.database)

    def _make(self, name: str) -> _Mould:
        recipe = self._recipes[name]
        simulator = SimulatorThread()
        simulator.reset(recipe.people, recipe.seed)
        database, folder = f"mould_{name}", self._folder / name
        folder.mkdir()
        kept = Database(self._servers.create(database, self._template))
        engine = self._open_over(name, kept, simulator, folder)
        try:
            make_users(engine.tools)
            recipe.make(engine)
        finally:  # a copy is made from a database that nobody uses
            engine.close()
            kept.close()
        made = _Mould(
            database=database, folder=folder, simulator=simulator, state=simulator.state()
        )
        self._moulds[name] = made
        return made

    def _open_over(
        self, name: str, database: Database, simulator: SimulatorThread, folder: Path
    ) -> Installation:
        """With the limits of its recipe, a clock that goes and ids that no copy makes twice."""
        engine = Installation(database, simulator, folder)
        recipe, policy = self._recipes[name], engine.tools.policy
        approval = replace(policy.approval, four_eyes=recipe.four_eyes)
        policy = replace(policy, limits=recipe.limits, approval=approval)
        engine.configure(policy=policy, clock=SystemClock(), ids=RandomIds())
        return engine
