"""One sound row of each feed, for the sample file that people download: nobody's, and no real id."""

from collections.abc import Mapping
from datetime import date

#: Of dates: written as the feed declares dates.
Example = str | date

_STAFF: Mapping[str, Example] = {
    "employee_id": "E10001",
    "first_name": "Ana",
    "last_name": "Ruiz",
    "work_email": "ana.ruiz@district.example",
    "username": "ana.ruiz@district.example",
    "site_code": "010",
    "hire_date": date(2024, 8, 12),
}

_EPA_WASTE: Mapping[str, Example] = {
    "manifest_tracking_number": "012345678ELC",
    "waste_line_number": "1",
    "generator_id": "CAR000123456",
    "transporters": "NVD123456789",
    "transporter_orders": "1",
    "designated_facility_id": "TXD987654321",
    "shipped_on": date(2026, 3, 2),
    "received_on": date(2026, 3, 5),
    "generator_signed_on": date(2026, 3, 2),
    "transporter_signed_on": date(2026, 3, 2),
    "facility_signed_on": date(2026, 3, 5),
    "hazardous": "yes",
    "federal_waste_codes": "D001;F003",
    "management_method": "H061",
    "quantity": "400",
    "quantity_unit": "P",
    "container_count": "2",
    "container_type": "DM",
    "pcb": "no",
}

_OSHA_INVENTORY: Mapping[str, Example] = {
    "inventory_id": "CHM-00001",
    "chemical_name": "Acetone",
    "cas_number": "67-64-1",
    "product_name": "Acetone ACS",
    "manufacturer": "Example Scientific",
    "location": "Science / 12 / cabinet 3",
    "quantity": "2.5",
    "unit": "L",
    "hazard_codes": "H225; H319; H336",
    "signal_word": "Danger",
    "sds_url": "https://sds.district.example/acetone.pdf",
    "sds_revised_on": date(2025, 3, 10),
    "received_on": date(2025, 9, 1),
}

#: Feed → canonical column → what stands in it.
EXAMPLES: Mapping[str, Mapping[str, Example]] = {
    "staff": _STAFF,
    "epa_waste": _EPA_WASTE,
    "osha_inventory": _OSHA_INVENTORY,
}
