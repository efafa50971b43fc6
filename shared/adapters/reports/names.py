"""Names of fields and values for people to read, in place of paths and ids."""

from collections.abc import Mapping

from shared.domain.action import Scalar
from shared.domain.canonical import Json

_BUCKET = "buckets."
_FIELDS = {"role_id": "role", "timezone_id": "time zone"}


def bucket_names(facts: Mapping[str, Json]) -> dict[str, str]:
    """Bucket id → name, where the plan's facts name them (`buckets`)."""
    match facts.get("buckets"):
        case Mapping() as names:
            return {str(bucket): str(name) for bucket, name in names.items()}
        case _:
            return {}


def bucket_columns(facts: Mapping[str, Json]) -> dict[str, str]:
    """Path of a change → column of the extract, where the plan's facts name it (`columns`)."""
    columns = {"role_id": "role", "timezone_id": "timezone"}
    match facts.get("columns"):
        case Mapping() as named:
            return columns | {f"{_BUCKET}{bucket}": str(name) for bucket, name in named.items()}
        case _:
            return columns


def field_name(path: str, buckets: Mapping[str, str]) -> str:
    """`buckets.9` as `Job Class` where known, `first_name` as `first name`."""
    if path.startswith(_BUCKET):
        bucket = path.removeprefix(_BUCKET)
        return buckets.get(bucket, f"bucket {bucket}")
    return _FIELDS.get(path, path.replace("_", " "))


def value_name(value: Scalar, name: str | None) -> str | None:
    """The name of a value, else the value; None for nothing."""
    if name:
        return name
    return None if value is None or value == "" else str(value)
