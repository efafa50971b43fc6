"""How approved actions become versions: the statements of one chunk, in order.

Each takes what it works on as arrays: how PostgreSQL joins thousands of rows doesn't depend on whether it
has counted the tables since they grew.
"""

from sqlalchemy import text

#: A key, from the row as it is stored now: JSON text of PostgreSQL is escaped as in RFC 8785.
KEY = """encode(sha256(convert_to(
    '[' || to_json(CAST(:feed AS text)) || ',' || to_json({row}.source_id) || ','
        || coalesce('"' || {follows} || '"', 'null') || ',' || {row}.{body} || ']',
    'UTF8')), 'hex')"""

#: The chunk's actions that are still to be done, if the plan was approved and the item is of its run;
#: and whether the row is still what was planned. Whoever else works on them waits here, and then finds
#: nothing left to do.
LOCK = text(f"""
    SELECT a.*, plan.run_id, now() AS at, pinned.key, pinned.follows,
           {KEY.format(row="r", follows="pinned.follows", body="body")} = pinned.key AS sound
      FROM action AS a
      JOIN plan ON plan.id = a.plan_id
      JOIN work_item AS w ON w.run_id = plan.run_id AND w.id = :item
      JOIN review ON review.plan_id = plan.id AND review.decision = 'approve'
      CROSS JOIN LATERAL (SELECT CAST(a.body AS jsonb) #>> '{{record,idempotency_key}}' AS key,
                                 CAST(a.body AS jsonb) #>> '{{record,follows}}' AS follows) AS pinned
      LEFT JOIN record AS r
        ON r.run_id = plan.run_id AND r."row" = a.source_row AND r.source_id = a.person_key
     WHERE a.plan_id = :plan AND a.position BETWEEN :first AND :last AND a.status = 'planned'
     ORDER BY a.position FOR UPDATE OF a
""")  # noqa: S608  # of our own

#: The versions that the chunk follows, always in one order: two plans on the same records wait for each
#: other instead of standing in each other's way. What comes next is recorded as after this, in whole
#: milliseconds: a time that somebody was shown, and asks for again, is exactly the one that is stored.
LOCK_VERSIONS = text("""
    WITH stood AS MATERIALIZED (
      SELECT recorded_at FROM record_version WHERE idempotency_key = ANY(:follows)
       ORDER BY source_id FOR UPDATE)
    SELECT greatest(max(recorded_at), date_trunc('milliseconds', clock_timestamp())) FROM stood
""")

CLOSE = text("""
    UPDATE record_version AS v SET superseded_at = :at
      FROM unnest(CAST(:follows AS text[]), CAST(:source_ids AS text[])) AS due(follows, source_id)
     WHERE v.idempotency_key = due.follows AND v.superseded_at IS NULL
       AND v.feed = :feed AND v.source_id = due.source_id
    RETURNING v.idempotency_key
""")

#: Of new records only what nobody else has made first.
MAKE = text(f"""
    INSERT INTO record_version (
        idempotency_key, feed, source_id, version, follows, classification, payload, payload_hash,
        status, hazcom_verified, manifest_status, run_id, "row", recorded_at)
    SELECT due.key, :feed, r.source_id, coalesce(v.version, 0) + 1, due.follows, :classification,
           r.body, encode(sha256(convert_to(r.body, 'UTF8')), 'hex'),
           coalesce(CAST(r.body AS jsonb) ->> 'record_status', 'active'),
           CAST(:hazcom_verified AS boolean), CAST(:manifest_status AS text), :run, r."row", :at
      FROM unnest(CAST(:rows AS int[]), CAST(:keys AS text[]), CAST(:follows AS text[]))
             AS due("row", key, follows)
      JOIN record AS r ON r.run_id = :run AND r."row" = due."row"
      LEFT JOIN record_version AS v ON v.idempotency_key = due.follows
     WHERE {KEY.format(row="r", follows="due.follows", body="body")} = due.key
     ORDER BY r.source_id
    ON CONFLICT DO NOTHING RETURNING idempotency_key
""")  # noqa: S608  # of our own

THERE = text("SELECT idempotency_key FROM record_version WHERE idempotency_key = ANY(:keys)")

FINISH = text("""
    UPDATE action AS a
       SET status = new.status, outcome_code = new.code, settled = new.settled,
           attempts = attempts + 1, intent_at = coalesce(intent_at, :at), outcome_at = :at,
           work_item_id = :item,
           verified_at = CASE WHEN new.status = 'succeeded' THEN CAST(:at AS timestamptz) END
      FROM unnest(CAST(:ids AS text[]), CAST(:statuses AS text[]), CAST(:codes AS text[]),
                  CAST(:settled AS boolean[])) AS new(id, status, code, settled)
     WHERE a.plan_id = :plan AND a.id = new.id
""")
