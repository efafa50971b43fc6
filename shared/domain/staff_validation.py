"""The staff feed's validation as the pipeline uses it: the names of its parts. Pure."""

from shared.domain.staff_file import FileCheck, check_file
from shared.domain.staff_result import (
    Conflicts,
    Quarantined,
    RowCounts,
    Validated,
    content_hash,
    input_hash,
    input_hash_of,
)
from shared.domain.staff_row import Excluded, Row, Validator, check
from shared.domain.staff_rules import StaffRules

__all__ = [
    "Conflicts",
    "Excluded",
    "FileCheck",
    "Quarantined",
    "Row",
    "RowCounts",
    "StaffRules",
    "Validated",
    "Validator",
    "check",
    "check_file",
    "content_hash",
    "input_hash",
    "input_hash_of",
]
