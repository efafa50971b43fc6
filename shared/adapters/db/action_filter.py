"""A filter of actions as SQL."""

import json
from collections.abc import Mapping

from shared.domain.text import fold
from shared.ports.plans import ActionFilter

#: People whose JSON says the name or the whole email. The first name stands on both sides, so that
#: "last first" is found like "first last". Only a text with `:word` in it is read as JSON: that is
#: four times as fast. One with an escaped NUL can't be; it is passed over.
_NAMED = r"""
    CROSS JOIN json_to_record(
        CASE WHEN strpos(t.body, '\u0000') = 0 THEN CAST(t.body AS json) ELSE '{{}}' END
      ) AS n(first_name text, last_name text, {email} text)
    WHERE p.id = :plan AND strpos(lower(t.body), lower(:word)) > 0
      AND (concat_ws(' ', n.first_name, n.last_name, n.first_name) ILIKE :part
           OR lower(n.{email}) = :whole)"""

#: Canonical text of each identical part (`shared.domain.identical`) of an action. JSON with an escaped
#: NUL can't be taken apart: such an update has none.
IDENTICAL_PARTS = r"""
    CASE WHEN kind <> 'update'
         THEN ARRAY['["' || kind || '",' || coalesce(CAST(group_id AS text), 'null') || ']']
         WHEN strpos(body, '\u0000') = 0 THEN ARRAY(
           SELECT CAST(c AS text) FROM json_array_elements(CAST(body AS json)->'changes') AS c) END"""


def key_of(text: str) -> str:
    """The key of an identical part, from its canonical text."""
    return f"left(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 16)"


#: Field of the filter → what narrows where the field isn't empty. `:plan` is the plan.
_CONDITIONS = {
    "kinds": "kind = ANY(:kinds)",
    "classes": "class = ANY(:classes)",
    "statuses": "status = ANY(:statuses)",
    "holds": "hold = ANY(:holds)",
    "marks": "marks && CAST(:marks AS text[])",
    "sites": "site = ANY(:sites)",
    "groups": "group_id = ANY(CAST(:groups AS numeric[]))",
    "fields": "fields && CAST(:fields AS text[])",
    "changes": f"EXISTS (SELECT FROM unnest({IDENTICAL_PARTS}) AS part"
    f" WHERE {key_of('part')} = ANY(:changes))",
    "people": "person_key = ANY(:people)",
    # One row of several that were merged is not the one its person's actions name.
    "rows": """(
        source_row = ANY(CAST(:rows AS numeric[]))
        OR person_key IN (
            SELECT t.source_id FROM plan AS p JOIN record AS t ON t.run_id = p.run_id
             WHERE p.id = :plan AND t."row" = ANY(CAST(:rows AS numeric[]))))""",
    "text": f"""(
        person_key ILIKE :part OR email_masked ILIKE :part
        OR source_row IN (
            SELECT t."row" FROM plan AS p JOIN record AS t ON t.run_id = p.run_id
              {_NAMED.format(email="work_email")})
        OR ascip_id IN (
            SELECT t.ascip_id FROM plan AS p JOIN snapshot_person AS t ON t.snapshot_id = p.snapshot_id
              {_NAMED.format(email="email")}))""",  # noqa: S608  # words of our own
}


def conditions(wanted: ActionFilter) -> tuple[str, Mapping[str, object]]:
    """What follows `WHERE plan_id = :plan`, and the values it takes."""
    values: dict[str, object] = {}
    where = ""
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if not value:
            continue
        where += f" AND {condition}"
        if name == "text":
            values |= _searched(value)
        else:
            values[name] = [_storable(v) if isinstance(v, str) else v for v in value]
    return where, values


def _searched(text: str) -> dict[str, object]:
    """What is looked for: the text as part of a value, as a whole one, and a word of it as JSON has it."""
    words = _storable(text).replace(",", " ").split()
    part = " ".join(words).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    longest = max(words, key=len, default="")
    return {
        "part": f"%{part}%", "whole": fold(" ".join(words)),
        "word": json.dumps(longest, ensure_ascii=False)[1:-1],
    }  # fmt: skip


def _storable(value: str) -> str:
    """PostgreSQL stores no NUL: a value with one is nobody's, not an error."""
    return value.replace("\x00", "\ufffd")
