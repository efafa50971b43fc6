"""How approved actions become versions: the statements of one chunk, in order."""

from sqlalchemy import text

_CHUNK = "a.plan_id = :plan AND a.position BETWEEN :first AND :last AND a.status = 'planned'"

#: The run whose item carries the chunk out, if the plan is its own and was approved. Whoever else
#: works on the chunk waits here, and then finds nothing left to do.
LOCK = text(f"""
    SELECT plan.run_id FROM action AS a JOIN plan ON plan.id = a.plan_id
      JOIN work_item AS w ON w.run_id = plan.run_id AND w.id = :item
      JOIN review ON review.plan_id = plan.id AND review.decision = 'approve'
     WHERE {_CHUNK} ORDER BY a.position FOR UPDATE OF a
""")  # noqa: S608  # of our own

#: The versions the chunk follows, always in one order: two plans on the same records wait for each
#: other instead of standing in each other's way. What comes next is recorded as after this, in whole
#: milliseconds: a time that somebody was shown, and asks for again, is exactly the one that is stored.
LOCK_VERSIONS = text(f"""
    WITH stood AS MATERIALIZED (
      SELECT v.recorded_at FROM action AS a JOIN record_version AS v
          ON v.idempotency_key = CAST(a.body AS jsonb) #>> '{{record,follows}}'
       WHERE {_CHUNK} ORDER BY v.source_id FOR UPDATE OF v)
    SELECT greatest(max(recorded_at), date_trunc('milliseconds', clock_timestamp())) FROM stood
""")  # noqa: S608  # of our own

#: A key, from the row as it is stored now: JSON text of PostgreSQL is escaped as in RFC 8785.
KEY = """encode(sha256(convert_to(
    '[' || to_json(CAST(:feed AS text)) || ',' || to_json({row}.source_id) || ','
        || coalesce('"' || {row}.follows || '"', 'null') || ',' || {row}.{body} || ']',
    'UTF8')), 'hex')"""

_INSERT = """
    INSERT INTO record_version (
        idempotency_key, feed, source_id, version, follows, classification, payload, payload_hash,
        status, hazcom_verified, manifest_status, run_id, "row", recorded_at)
    SELECT due.key, :feed, due.source_id, {version}, due.follows, :classification, due.body,
           encode(sha256(convert_to(due.body, 'UTF8')), 'hex'),
           coalesce(CAST(due.body AS jsonb) ->> 'record_status', 'active'),
           CAST(:hazcom_verified AS boolean), CAST(:manifest_status AS text), :run, due."row", :at
      FROM {rows} ORDER BY due.source_id"""

#: Makes the versions: of new records, unless somebody else was first, and of those whose version in
#: force is the one the action follows. What is neither made nor failed is left for `SETTLE`.
MAKE = text(f"""
    WITH pinned AS (
      SELECT a.id, r."row", r.source_id, r.body,
             CAST(a.body AS jsonb) #>> '{{record,idempotency_key}}' AS key,
             CAST(a.body AS jsonb) #>> '{{record,follows}}' AS follows
        FROM action AS a
        LEFT JOIN record AS r
          ON r.run_id = :run AND r."row" = a.source_row AND r.source_id = a.person_key
       WHERE {_CHUNK}),
    every AS MATERIALIZED (
      SELECT pinned.*, coalesce({KEY.format(row="pinned", body="body")} = key, false) AS sound
        FROM pinned),
    due AS (SELECT * FROM every WHERE sound),
    closed AS (
      UPDATE record_version AS v SET superseded_at = :at FROM due
       WHERE v.idempotency_key = due.follows AND v.superseded_at IS NULL
         AND v.feed = :feed AND v.source_id = due.source_id
      RETURNING due.id, v.version),
    first AS (
      {_INSERT.format(version="1", rows="due WHERE due.follows IS NULL")}
      ON CONFLICT DO NOTHING RETURNING idempotency_key),
    next AS (
      {_INSERT.format(version="closed.version + 1", rows="due JOIN closed USING (id)")}
      RETURNING idempotency_key),
    made AS (SELECT idempotency_key FROM first UNION ALL SELECT idempotency_key FROM next)
    UPDATE action AS a
       SET status = CASE WHEN every.sound THEN 'succeeded' ELSE 'failed' END,
           outcome_code = CASE WHEN every.sound THEN NULL ELSE 'record_tampered' END,
           attempts = attempts + 1, intent_at = coalesce(intent_at, now()), outcome_at = now(),
           work_item_id = :item, verified_at = CASE WHEN every.sound THEN now() END
      FROM every LEFT JOIN made ON made.idempotency_key = every.key
     WHERE a.plan_id = :plan AND a.id = every.id AND (made.idempotency_key IS NOT NULL OR NOT every.sound)
    RETURNING a.*
""")  # noqa: S608  # of our own

#: What is left: the version is there already, or the record has another one by now.
SETTLE = text(f"""
    WITH left_over AS (
      SELECT a.id, EXISTS (SELECT FROM record_version AS v WHERE v.idempotency_key
                            = CAST(a.body AS jsonb) #>> '{{record,idempotency_key}}') AS there
        FROM action AS a WHERE {_CHUNK})
    UPDATE action AS a
       SET status = CASE WHEN there THEN 'succeeded' ELSE 'conflict' END,
           outcome_code = CASE WHEN there THEN NULL ELSE 'version_changed' END, settled = there,
           attempts = attempts + 1, intent_at = coalesce(intent_at, now()), outcome_at = now(),
           work_item_id = :item, verified_at = CASE WHEN there THEN now() END
      FROM left_over WHERE a.plan_id = :plan AND a.id = left_over.id
    RETURNING a.*
""")  # noqa: S608  # of our own
