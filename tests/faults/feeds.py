"""What three feeds send: staff, an inventory of chemicals, manifests of waste; each changes by a seed."""

import csv
import io
import json
import random
from collections.abc import Iterator
from typing import Protocol

from tests.fakes.waste_lines import SOUND
from tests.faults.plant import Plant

_VERSIONS = """
SELECT source_id, version, payload FROM record_version WHERE feed = %s ORDER BY source_id, version
"""


class Feed(Protocol):
    """A feed's files, one after the other."""

    name: str

    def change(self) -> None:
        """Something is otherwise since the last file."""
        ...

    def content(self) -> bytes:
        """The file as it is now."""
        ...

    def broken(self, plant: Plant) -> Iterator[str]:
        """What is stored and isn't what was sent last."""
        ...


class Staff:
    """People come, leave, move and have other names."""

    name = "staff"

    def __init__(self, plant: Plant, seed: int) -> None:
        self._extract, self._chance = plant.extract, random.Random(seed)

    def change(self) -> None:
        ids = self._extract.ids
        self._extract.rename(self._chance.sample(ids, 5))
        self._extract.move(self._chance.sample(ids, 3))
        self._extract.remove(*self._chance.sample(ids, 2))
        self._extract.add(3)

    def content(self) -> bytes:
        return self._extract.csv()

    def broken(self, plant: Plant) -> Iterator[str]:  # noqa: ARG002  # the checker's business
        yield from ()


class Governed:
    """Records with a quantity that changes; some are new."""

    def __init__(self, name: str, seed: int, row: dict[str, str], *, key: str, amount: str) -> None:
        self.name = name
        self._chance = random.Random(seed)
        self._row, self._key, self._amount = row, key, amount
        self._quantities: dict[str, int] = {}

    def change(self) -> None:
        for key in list(self._quantities):
            if self._chance.random() < 0.3:
                self._quantities[key] += 1
        for _ in range(4):
            # Of two digits, always: the first of three would look like a cell in the wrong column.
            self._quantities[f"{10**8 + len(self._quantities)}"] = 10

    def content(self) -> bytes:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self._row, lineterminator="\n")
        writer.writeheader()
        for key, quantity in self._quantities.items():
            name = self._row[self._key].replace("NUMBER", key)
            writer.writerow({**self._row, self._key: name, self._amount: str(quantity)})
        return buffer.getvalue().encode()

    def broken(self, plant: Plant) -> Iterator[str]:
        newest: dict[str, str] = {}
        versions: dict[str, int] = {}
        for row in plant.rows(_VERSIONS, self.name):
            if row.version != versions.get(row.source_id, 0) + 1:
                yield f"I2: {row.source_id} has version {row.version} too much, or the one before not"
            if newest.get(row.source_id) == row.payload:
                yield f"I2: version {row.version} of {row.source_id} is the one before again"
            newest[row.source_id], versions[row.source_id] = row.payload, row.version
        if len(newest) != len(self._quantities):
            yield f"I3: {self.name} has {len(newest)} records, not {len(self._quantities)}"
        stored = sorted(float(json.loads(payload)["quantity"]) for payload in newest.values())
        if stored != sorted(map(float, self._quantities.values())):
            yield f"I3: {self.name} has other quantities than were sent last"


def feeds_of(plant: Plant, seed: int) -> list[Feed]:
    """All three, for a plant."""
    chemical = {
        "Barcode": "C-NUMBER", "Chemical Name": "Water", "CAS Number": "7732-18-5",
        "Location": "Hall 1/12", "Quantity": "", "Unit": "L", "Hazard Codes": "",
        "SDS Reference": "",
    }  # fmt: skip
    waste = {**SOUND, "manifest_tracking_number": "NUMBERELC"}
    return [
        Staff(plant, seed),
        Governed("osha_inventory", seed, chemical, key="Barcode", amount="Quantity"),
        Governed("epa_waste", seed, waste, key="manifest_tracking_number", amount="quantity"),
    ]
