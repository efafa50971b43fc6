"""Extracts for a tenant of the simulator, made with the simulator's own rows."""

import csv
import io
import json
import random
from collections.abc import Iterable, Sequence
from typing import Any

from services.simulator.extract_row import COLUMNS, RowMaker
from services.simulator.mapping_file import make_mapping
from services.simulator.tenant import DISTRICT_ID


class StaffExtract:
    """Rows that say what the tenant has; tests change some of them."""

    def __init__(self, state: Any) -> None:
        maker = RowMaker(state, random.Random(1))
        self.rows = [maker.row(person) for person in state["people"] if _is_staff(person)]
        self.mapping = make_mapping(state)
        self._newcomers = 0

    @property
    def ids(self) -> list[str]:
        return [row["employee_id"] for row in self.rows]

    @property
    def mapping_text(self) -> str:
        return json.dumps(self.mapping)

    def row(self, employee_id: str) -> dict[str, str]:
        (row,) = [row for row in self.rows if row["employee_id"] == employee_id]
        return row

    def remove(self, *employee_ids: str) -> None:
        """They have left."""
        self.rows = [row for row in self.rows if row["employee_id"] not in employee_ids]

    def rename(self, employee_ids: Iterable[str]) -> None:
        """They have another last name."""
        for employee_id in employee_ids:
            self.row(employee_id)["last_name"] += " Renamed"

    def move(self, employee_ids: Iterable[str]) -> None:
        """They work at another site."""
        sites = sorted(self.mapping["groups"]["sites"])
        for row in map(self.row, employee_ids):
            row["site_code"] = sites[(sites.index(row["site_code"]) + 1) % len(sites)]

    def add(self, count: int) -> list[str]:
        """People the LMS doesn't have; their employee ids."""
        added = []
        for _ in range(count):
            self._newcomers += 1
            employee_id = f"N{self._newcomers:05d}"
            email = f"newcomer{self._newcomers}@lincoln.example"
            names = {"first_name": "Zoë", "last_name": f"Newcomer {self._newcomers}"}
            self.rows.append(
                {**self.rows[0], **names, "employee_id": employee_id, "work_email": email}
            )
            added.append(employee_id)
        return added

    def story(self) -> None:
        """A bit of everything: 2 leave, 4 are renamed, 3 move, 3 come."""
        self.remove(*self.ids[:2])
        self.rename(self.ids[2:6])
        self.move(self.ids[5:8])
        self.add(3)

    def csv(self, columns: Sequence[str] = COLUMNS) -> bytes:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self.rows)
        return buffer.getvalue().encode()


def _is_staff(person: Any) -> bool:
    here = DISTRICT_ID in person["groupIds"] and person["status"] == "active"
    return here and person["username"] != "lms.admin"
