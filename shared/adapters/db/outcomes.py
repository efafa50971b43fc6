"""How outcomes become statuses, and what reading again adds: one statement for a wave of actions."""

from sqlalchemy import text

from shared.ports.target import Outcome, Trouble, Verified

#: A transient outcome makes the action planned again, until its attempts are used up. An unknown one
#: stays unknown and is settled by the next attempt; after the last it is for people to look at.
#: A refused key, a target that can't be reached or asks to wait use up no attempt: it isn't the
#: action's fault, however often it is tried.
#: Only actions that are attempting are touched: an outcome is recorded once.
RECORD = text("""
    UPDATE action SET
           status = CASE WHEN new.status <> 'transient' THEN new.status
                         WHEN attempts >= :max AND NOT coalesce(new.code = ANY(:free), false)
                           THEN 'failed'
                         ELSE 'planned' END,
           attempts = attempts - CASE WHEN new.code = ANY(:free) THEN 1 ELSE 0 END,
           outcome_code = new.code,
           settled = new.settled,
           verified_at = NULL, mismatch = NULL,
           ascip_id = coalesce(action.ascip_id, new.ascip_id),
           names = (names - 'holder') || CASE WHEN new.holder_id IS NULL THEN '{}'::jsonb
                                             ELSE jsonb_build_object('holder', new.holder_id) END,
           outcome_at = now()
      FROM jsonb_to_recordset(CAST(:rows AS jsonb))
             AS new(id text, status text, code text, ascip_id bigint, settled boolean,
                    holder_id bigint)
     WHERE plan_id = :plan AND action.id = new.id AND action.status = 'attempting'
    RETURNING action.*
""")

#: Codes that use up no attempt.
FREE = [trouble.value for trouble in Trouble]

#: An action whose answer was lost, and whose effect is there after all, has succeeded.
VERIFY = text("""
    WITH seen AS (SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
                         AS seen(id text, mismatch text, ascip_id bigint)),
         stood AS (SELECT action.id, status FROM action JOIN seen USING (id)
                    WHERE plan_id = :plan AND status IN ('succeeded', 'unknown') FOR UPDATE OF action)
    UPDATE action SET
           verified_at = now(),
           mismatch = seen.mismatch,
           status = CASE WHEN seen.mismatch IS NULL THEN 'succeeded' ELSE action.status END,
           settled = settled OR (stood.status = 'unknown' AND seen.mismatch IS NULL),
           ascip_id = coalesce(action.ascip_id, seen.ascip_id)
      FROM seen JOIN stood USING (id)
     WHERE plan_id = :plan AND action.id = seen.id
    RETURNING action.*, stood.status <> action.status AS newly
""")


def outcome_row(outcome: Outcome) -> dict[str, object]:
    """The form `RECORD` takes."""
    return {
        "id": outcome.action_id,
        "status": outcome.status.value,
        "code": outcome.code,
        "ascip_id": outcome.ascip_id,
        "settled": outcome.settled,
        "holder_id": outcome.holder_id,
    }


def verified_row(verified: Verified) -> dict[str, object]:
    """The form `VERIFY` takes."""
    return {
        "id": verified.action_id,
        "mismatch": verified.mismatch.value if verified.mismatch else None,
        "ascip_id": verified.ascip_id,
    }
