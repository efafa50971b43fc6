"""An installation of real processes, with a proxy on every edge between them.

Workers, beat with its relay, and the interface are the engine's own, unchanged; PostgreSQL and Valkey
are real servers. ASCIP is the simulator, whose journal is the witness.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from shared import bootstrap
from shared.adapters.db.connection import make_engine
from shared.adapters.db.migrate import upgrade
from shared.domain.access import Role
from shared.domain.audit import SYSTEM
from shared.pipeline import access
from shared.settings import load_settings
from tests.fakes.simulator_thread import KEY_ID, SECRET, SimulatorThread
from tests.fakes.staff_extract import StaffExtract
from tests.faults.office import Office
from tests.faults.parts import BEAT, WEB, WORKER, Part, Supervisor
from tests.faults.proxy import FaultProxy, Mode, Network
from tests.faults.servers import Servers

TEMPLATE = "template_of_faults"
#: What nobody's lease is longer than here: sixty seconds would be waited for again and again.
LEASE_S = 4
#: An unanswered message counts as lost after thirty seconds; here it is as old after so many.
LOST_S = 3
CONFIG = """\
[district]
name = "Lincoln USD"
environment = "test"
[ascip]
base_url = "http://127.0.0.1:{lms}/api/v1"
key_id = "{key_id}"
secret = {{ env = "ASCIP_SECRET" }}
rate_per_s = {rate}
burst = {burst}
concurrency = 8
timeout_s = 1
[server]
port = {port}
[staff.removal]
first_run = "allow"
[limits]
memberships_removed.percent = 1000
updates.percent = 1000
adds.percent = 1000
blanked.percent = 1000
quarantined.percent = 1000
rows_fewer.percent = 1000
bytes_fewer.percent = 1000
removals.percent = 1000
removals.site_min = 1000
removals.small_count = 1000
key_changes.min = 1000
failures.percent = 1000
failures.in_a_row = 1000
conflicts.percent = 1000
[data]
dir = "{data}"
"""
#: Leases are granted by the database, so the database makes them short for everybody alike.
_SHORT_LEASES = f"""
CREATE FUNCTION short_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.lease_until := least(NEW.lease_until, now() + interval '{LEASE_S} s');
  RETURN NEW;
END $$;
CREATE TRIGGER short_lease BEFORE UPDATE ON work_item FOR EACH ROW
  WHEN (NEW.state = 'leased') EXECUTE FUNCTION short_lease();
"""
_AGE = """
UPDATE work_item SET notified_at = now() - interval '1 min'
 WHERE state = 'ready' AND ended_at IS NULL AND notified_at < now() - make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a plant is."""

    people: int = 80
    seed: int = 3
    workers: int = 2
    rate_per_s: int = 2000
    #: Leases of a minute, and messages that count as lost after half of one, as users have them.
    real_times: bool = False
    #: Settings of Celery in the workers, otherwise than the engine sets them.
    flips: Mapping[str, object] = field(default_factory=dict)


class Grounds:
    """The servers and the simulator, which several plants use one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = Servers(folder / "servers")
        self.simulator = SimulatorThread()
        self.servers.create(TEMPLATE)
        engine = make_engine(self.servers.database_url(TEMPLATE))
        upgrade(engine)
        engine.dispose()
        with psycopg.connect(self.servers.database_url(TEMPLATE)) as connection:
            connection.execute(_SHORT_LEASES.encode())
        self._plants = 0

    def name_of_next(self) -> str:
        self._plants += 1
        return f"plant{self._plants}"

    def close(self) -> None:
        self.simulator.close()
        self.servers.close()


class Plant:
    """One installation; parts by name: `api`, `beat`, `worker-1` …; edges as `worker-1.postgres`."""

    def __init__(self, grounds: Grounds, size: Size) -> None:
        self.servers, self.simulator, self.size = grounds.servers, grounds.simulator, size
        self._stack = ExitStack()
        self.name = grounds.name_of_next()
        self.folder = grounds.folder / self.name
        (self.folder / "data").mkdir(parents=True, mode=0o700)
        self.servers.create(self.name, TEMPLATE)
        self._stack.callback(self._drop)
        self.servers.flush_valkey()
        self.simulator.reset(size.people, size.seed)
        self._network = Network()
        self.edges: dict[str, FaultProxy] = {}
        self.lms = self._proxy("lms", ("127.0.0.1", _port(self.simulator.base_url)))
        #: A port that is free now; the interface comes back on it.
        self.port = _free_port()
        self.config = self.folder / "config.toml"
        self.config.write_text(
            CONFIG.format(
                lms=self.lms.port, key_id=KEY_ID, rate=size.rate_per_s, port=self.port,
                burst=max(1, size.rate_per_s // 10), data=self.folder / "data",
            ),
            encoding="utf-8",
        )  # fmt: skip
        #: What HR has: at first, what ASCIP has.
        self.extract = StaffExtract(self.simulator.state())
        (self.folder / "mapping.json").write_text(self.extract.mapping_text, encoding="utf-8")
        self.office = Office(self)
        self._over = threading.Event()
        self._ageing = threading.Thread(target=self._age, name="ageing", daemon=True)
        if size.real_times:
            with self.database() as connection:
                connection.execute(b"DROP TRIGGER short_lease ON work_item")
        else:
            self._ageing.start()
        self.office.open(self._keys())
        workers = [f"worker-{number}" for number in range(1, size.workers + 1)]
        self.parts = Supervisor([self._part(name) for name in ("api", "beat", *workers)])

    # Its database, past the proxies

    @contextmanager
    def database(self) -> Iterator["psycopg.Connection[Any]"]:
        """A connection that commits each statement."""
        url = self.servers.database_url(self.name)
        with psycopg.connect(url, autocommit=True, row_factory=namedtuple_row) as connection:
            yield connection

    def rows(self, query: str, *values: object) -> list[Any]:
        with self.database() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        """The one value a query gives."""
        ((value,),) = self.rows(query, *values)
        return value

    def logs(self) -> str:
        """Whatever its parts have written."""
        return "".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(self.folder.glob("*.log"))
        )

    def flipped(self) -> dict[str, Any]:
        """What its workers say they work with instead of the engine's settings."""
        found: dict[str, Any] = {}
        for path in self.folder.glob("worker-*.flips.json"):
            found |= json.loads(path.read_text(encoding="utf-8"))
        return found

    def heal(self) -> None:
        """Whatever is frozen goes on, whatever is cut is whole, whatever is dead comes back."""
        self.simulator.faults()
        for edge in self.edges.values():
            edge.on_sent = lambda data: data
            if edge.mode is not Mode.OPEN:
                edge.mode = Mode.OPEN
        if self.servers.postgres.poll() is not None:
            self.servers.start_postgres()
        if self.servers.valkey.poll() is not None:
            self.servers.start_valkey()
        for part in self.parts.running.values():
            part.thaw()
            part.bring_back()

    def close(self) -> None:
        self.heal()
        self._over.set()
        if self._ageing.is_alive():
            self._ageing.join()
        self.parts.close()
        self.office.close()
        for edge in self.edges.values():
            edge.close()
        self._network.close()
        self._stack.close()

    def _drop(self) -> None:
        self.servers.drop(self.name)

    def _part(self, name: str) -> Part:
        module = {"api": WEB, "beat": BEAT}.get(name, WORKER)
        arguments = ["--config", str(self.config)]
        if module == WORKER:
            arguments += ["--name", name]
        postgres = self._proxy(f"{name}.postgres", self.servers.postgres_socket)
        valkey = self._proxy(f"{name}.valkey", self.servers.valkey_socket)
        environment = {
            **os.environ,
            "ASCIP_SECRET": SECRET,
            "ASCIP_SYNC__DATABASE__URL": self.servers.proxied_url(self.name, postgres.port),
            "ASCIP_SYNC__REDIS__URL": f"redis://127.0.0.1:{valkey.port}/0",
            "ASCIP_SYNC__LOG__FILE": str(self.folder / f"{name}.events.log"),
        }
        return Part(
            name=name, module=module, arguments=arguments, environment=environment,
            output=self.folder / f"{name}.log", flips=self.size.flips if module == WORKER else {},
        )  # fmt: skip

    def _proxy(self, edge: str, upstream: str | tuple[str, int]) -> FaultProxy:
        self.edges[edge] = FaultProxy(self._network, upstream)
        return self.edges[edge]

    def _keys(self) -> dict[str, str]:
        """Keys of an HR system and of an approver."""
        loaded = load_settings(self.config)
        urls = bootstrap.Urls(
            database=self.servers.database_url(self.name), redis="unused", embedded=False
        )
        keys = {}
        with bootstrap.open_tools(loaded, urls, needs_secret=False) as tools:
            for user, role in (("hr", Role.OPERATOR), ("anna", Role.APPROVER)):
                access.put_user(tools, user, (role,), SYSTEM)
                wanted = access.NewKey(name="test", user_name=user, scopes=())
                keys[user] = access.create_key(tools, wanted, SYSTEM)[1]
        return keys

    def _age(self) -> None:
        """Messages nobody answered grow old quickly."""
        while not self._over.wait(0.5):
            with suppress(psycopg.Error), self.database() as connection:
                connection.execute(_AGE.encode(), (LOST_S,))


def _port(url: str) -> int:
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


def _free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
