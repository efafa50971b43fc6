"""The mapping files of the demo: how values of the extract become ids of the made-up tenant.

Used by `extract`. The first lacks what an operator would have to mend; the second has it.
"""

import copy

from . import names
from .model import Bucket, Dump, JsonObject
from .tenant import (
    DEPARTMENT_BUCKET,
    DISTRICT_ID,
    HARBOR_CODE,
    HARBOR_ID,
    JOB_BUCKET,
    TYPE_BUCKET,
)

UNKNOWN_TITLE = "Data Steward"
_COLUMNS = {
    JOB_BUCKET: "job_title",
    DEPARTMENT_BUCKET: "department",
    TYPE_BUCKET: "employee_type",
}


def make_mapping(dump: Dump) -> JsonObject:
    sites = {
        group["code"]: {"id": group["id"], "name": group["name"]}
        for group in dump["groups"]
        if group["code"] and group["id"] not in (DISTRICT_ID, HARBOR_ID)
    }
    return {
        "version": 1,
        "groups": {"district": {"id": DISTRICT_ID, "name": "Lincoln USD"}, "sites": sites},
        "buckets": {
            bucket["name"]: _bucket(bucket)
            for bucket in dump["buckets"]
            if bucket["id"] in _COLUMNS
        },
        "roles": {"default": "Learner", "values": {}},
        "timezones": {"default": "America/Los_Angeles"},
        "protected": {"usernames": ["lms.admin"], "roles": ["Administrator"]},
        "privileged_roles": ["Administrator"],
    }


def mend_mapping(mapping: JsonObject) -> JsonObject:
    """Knows the new school and the new title."""
    mended = copy.deepcopy(mapping)
    mended["version"] += 1
    mended["groups"]["sites"][HARBOR_CODE] = {"id": HARBOR_ID, "name": "Harbor Middle"}
    mended["buckets"]["Job Class"]["values"]["Secretary"]["aliases"].append(UNKNOWN_TITLE)
    return mended


def _bucket(bucket: Bucket) -> JsonObject:
    values = {
        value["name"]: {
            "id": value["id"],
            "aliases": list(names.JOB_ALIASES.get(value["name"], [])),
        }
        for value in bucket["values"]
    }
    return {"id": bucket["id"], "column": _COLUMNS[bucket["id"]], "values": values}
