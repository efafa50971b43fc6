"""Every problem the interface answers with: its code is stable, its page is made from here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """A type of RFC 9457."""

    code: str
    status: int
    title: str
    #: When it is answered.
    means: str
    #: What the caller does about it.
    fix: str
    #: Whether anything was written.
    written: str = "Nothing was written."
    #: Whether the same request may succeed later.
    retryable: bool = False
    #: Who helps when the fix doesn't.
    escalate: str = "The operator of the installation, with the `request_id`."

    @property
    def urn(self) -> str:
        """The same string in each district."""
        return f"urn:ascip-sync:problem:{self.slug}"

    @property
    def slug(self) -> str:
        """The code as it stands in addresses."""
        return self.code.replace("_", "-")


def _p(code: str, status: int, title: str, means: str, fix: str, **more: object) -> ProblemType:
    return ProblemType(code=code, status=status, title=title, means=means, fix=fix, **more)  # type: ignore[arg-type]  # its fields


_PLAN_AGAIN = "Plan again: `POST /api/v1/runs` with the newest upload."
_APPROVER = "An approver."

_ALL = (
    _p("invalid_request", 422, "The request is not valid",
       "A field or parameter is missing, unknown or has a value that is not allowed; `errors` points at each.",
       "Correct what `errors` points at. The OpenAPI document has every field."),
    _p("invalid_body", 400, "The body can't be read",
       "The body is not JSON, has a key twice, is nested too deeply or holds numbers JSON doesn't know.",
       "Send one JSON object in UTF-8."),
    _p("unauthorized", 401, "A key is needed",
       "No key was shown, or it is unknown, expired or revoked. The answer is the same for each.",
       "Send `Authorization: Bearer …` with a good key. `ascip-sync keys create` makes one.",
       escalate="An administrator, who can look a key up by its id."),
    _p("forbidden", 403, "This key may not do that",
       "The key is good, but neither its scopes nor the roles of its user allow this. The audit has a note of it.",
       "Take a key with the scope that `detail` names.", escalate="An administrator."),
    _p("not_found", 404, "There is no such thing",
       "There is nothing under this address or id.", "Look the id up in a list, such as `GET /api/v1/runs`."),
    _p("method_not_allowed", 405, "This address takes other methods",
       "The address exists, the method does not fit it.", "Use a method of the `Allow` header."),
    _p("too_slow", 408, "The body came too slowly",
       "Nothing arrived for 30 seconds, or less than 1 KiB a second over a minute.",
       "Send it again over a better line.", retryable=True),
    _p("too_large", 413, "The body is too large",
       "A file is larger than `server.max_upload_mb`, or a JSON body larger than 1 MiB.",
       "Send less, or have the limit raised in the configuration."),
    _p("unsupported_media_type", 415, "This kind of body is not taken",
       "Files come as `text/csv`, `application/octet-stream` or one part of `multipart/form-data`, without"
       " `Content-Encoding`.",
       "Set `Content-Type`, and send the file uncompressed."),
    _p("invalid_multipart", 400, "The form can't be read",
       "`multipart/form-data` must hold exactly one file part and be whole.",
       "Send one part with a file name: `curl -F file=@staff.csv`."),
    _p("content_digest_mismatch", 422, "The file is not the one that was announced",
       "The SHA-256 in `Content-Digest` differs from that of the bytes that arrived.",
       "Send the file again. If it happens again, it changes while it is read.", retryable=True),
    _p("empty", 422, "The file is empty",
       "The file has no bytes. Nobody is removed because of it.", "Export again and look at the size."),
    _p("storage_full", 507, "There is no room for the file",
       "The disk of the installation is full. Runs under way are not touched.",
       "Have room made, then send it again.", retryable=True,
       escalate="Whoever runs the server: `/readyz?verbose` shows the disk."),
    _p("vault_damaged", 500, "A stored file is not what was stored",
       "The file is gone, cut or changed on the disk of the installation. Nothing of it is used.",
       "Send an extract again; reports of that run are lost.",
       escalate="Whoever runs the server: look at the disk, bring the file back from the backup."),
    _p("master_key_missing", 503, "The key of a stored file is missing",
       "The installation lacks the master key that the file was encrypted under.",
       "Have the key brought back.", retryable=True,
       escalate="Whoever runs the server: how-to/master-key.md."),
    _p("idempotency_key_missing", 400, "An Idempotency-Key is needed",
       "The header `Idempotency-Key` is missing or empty. Requests that set something going name a key of their"
       " own, so that a repeat does nothing twice.",
       "Send `Idempotency-Key` with a new UUID, and the same one with each repeat of this request."),
    _p("idempotency_key_invalid", 400, "The Idempotency-Key can't be used",
       "It must be 1 to 255 visible ASCII characters.", "Send a UUID."),
    _p("idempotency_in_flight", 409, "The same request is being worked on",
       "Another request with this key has not been answered yet.", "Ask again in a second.",
       retryable=True, written="Nothing was written by this request."),
    _p("idempotency_key_reused", 422, "The Idempotency-Key belongs to another request",
       "The key was used before, with another body.", "Take a new key for a new request."),
    _p("plan_stale", 409, "The plan is out of date",
       "Extract, mapping, configuration, engine or the people of the plan changed since it was made, or a newer"
       " extract took its place. The `code` in `errors` says which.", _PLAN_AGAIN),
    _p("plan_expired", 409, "The plan has expired",
       "A plan can be approved and applied for `approval.plan_ttl_h` hours.", _PLAN_AGAIN),
    _p("plan_tampered", 409, "The plan is not what was digested",
       "What the database holds does not come to the plan's digest: somebody changed it.",
       "Don't apply it. " + _PLAN_AGAIN, escalate="The systems owner, at once."),
    _p("digest_mismatch", 409, "This is not the plan that was looked at",
       "The digest in the request is not the plan's, or not the whole of it.",
       "Read the plan again and send its `digest`."),
    _p("not_approved", 409, "The plan has not been approved",
       "Only an approved plan is applied.", "Have it reviewed: `POST /api/v1/plans/{id}/reviews`.",
       escalate=_APPROVER),
    _p("already_reviewed", 409, "The plan was decided before",
       "A plan is decided once.", "Look at its review. For another decision, plan again."),
    _p("wrong_state", 409, "The run's state doesn't allow that",
       "`detail` names the state. A run that ended stays as it ended.",
       "`next_actor` and `next_step` of the run say what can be done."),
    _p("four_eyes", 409, "A second person has to do that",
       "`approval.four_eyes` is on: who started the run or brought in its mapping version, with a"
       " service key of theirs too, can't approve it. The audit has a note of it.",
       "Ask another approver.", escalate=_APPROVER),
    _p("not_attestable", 409, "Nobody can confirm that",
       "The rule isn't one that lets a person confirm what a record says, the record doesn't break it, or something"
       " else is wrong with it.", "Have the record mended at its source, then resubmit it."),
    _p("already_attested", 409, "That was confirmed before",
       "Somebody has confirmed exactly this record against this rule.",
       "Send the file again: it takes the record. Or wait for the next one."),
    _p("several_feeds", 409, "One file is of one feed",
       "The records that are named are of several feeds.", "Send a file for each feed."),
    _p("address_missing", 409, "There is nobody to tell",
       "No address was sent and the owner's user name is none, or `[mail]` names no server or nobody.", "Send `to`, assign the record first, or set `[mail]`."),
    _p("locked", 409, "The target is in use",
       "Another run reads or writes ASCIP now; there is one at a time.",
       "Wait until that run has ended.", retryable=True),
    _p("too_many_runs", 429, "Too many runs wait already",
       "A hundred runs wait for workers or are worked on. Files that were uploaded are kept.",
       "Ask again after `Retry-After` seconds, with the same `Idempotency-Key`.", retryable=True,
       escalate="Whoever runs the server: `/health` shows whether workers work. Runs nobody needs can be canceled."),
    _p("calendar", 409, "The calendar doesn't allow that today",
       "A window of the school calendar pauses syncing, or the plan was made before one in which people are only added.",
       "Apply it when the window has ended, or plan again.", retryable=True, escalate=_APPROVER),
    _p("sync_paused", 409, "Syncing is paused",
       "Somebody has paused all syncing; `detail` says who and until when. Runs wait and go on by themselves.",
       "Apply it when the pause has ended, or resume syncing in the console under Settings.", retryable=True,
       escalate="Whoever paused it."),
    _p("until_past", 422, "The pause would have ended already", "`until` lies in the past.",
       "Name a time to come, or none."),
    _p("over_limit", 409, "What is approved is over a limit",
       "A gate is at its limit over the approved actions, and no release names what it holds.",
       "Plan again, and release what is right.", escalate=_APPROVER),
    _p("export_not_ready", 409, "The export has no file",
       "A worker is still making it, or it could not be made: `state` and `error` of the export say which.",
       "Read the export until its `state` is `ready`, then fetch the file; order one that `failed` again.",
       retryable=True),
    _p("release_count", 409, "The release doesn't name the number it lifts",
       "A release says how many held actions it lifts, so that nobody lifts more than they saw.",
       "Read the plan and send the number that is held."),
    _p("release_reason", 409, "The release gives no reason", "Each release is explained.", "Send a `reason`."),
    _p("release_twice", 409, "A class is released twice", "Each class is named once.", "Send one release a class."),
    _p("selection_unknown", 409, "The selection names somebody who is not in the plan",
       "A person or a site of `select` does not occur, so that a slip can't approve somebody else.",
       "Correct the selection."),
    _p("nothing_approved", 409, "Nothing would be approved",
       "What isn't held was not selected.", "Release a class, select more, or discard the plan."),
    _p("nothing_applied", 409, "Nothing was applied yet",
       "A drift run compares with what was applied last; there is nothing.", "Apply a plan first."),
    _p("nothing_to_revert", 409, "There is nothing to take back",
       "The run has written nothing.", "Look at its actions: none has succeeded."),
    _p("version_changed", 409, "The record has another version by now",
       "The version that is named is not in force any more: a later file changed the record.",
       "Read the record again, look at its newest version, then name that one."),
    _p("nothing_to_review", 409, "There is nothing to review",
       "This version was reviewed before, or records of its feed have no state that a review confirms.",
       "Look at `reviewed_by` of the record."),
    _p("person_needed", 409, "A person has to do that",
       "The key is a program's; this is confirmed by somebody with a name.", "Take a personal key."),
    _p("reason_missing", 409, "There is no reason",
       "What people confirm, close or pause is explained, and a comment says something.",
       "Send a `reason`, or a `text`."),
    _p("scopes_and_user", 422, "A key is a user's or has scopes",
       "A personal key has its user's roles and can't be narrowed.", "Send `user` or `scopes`, not both."),
    _p("expiry_out_of_range", 422, "A key can't expire then",
       "`expires_at` must lie in the next ten years.", "Send a time in that span, or none."),
    _p("user_name_invalid", 422, "Nobody can be called that",
       "A user's name is 1 to 64 letters, digits and `. _ - @`.", "Send another name."),
    _p("user_name_taken", 409, "Somebody is called that in other letters",
       "Upper and lower case don't tell people apart.", "Send the name as `detail` writes it, or another one."),
    _p("last_admin", 409, "Somebody has to be the administrator",
       "Nobody else is one and can sign in.", "Make somebody else an administrator first.",
       escalate="Whoever runs the server: `ascip-sync users`."),
    _p("mapping_invalid", 422, "The mapping file can't be used",
       "The mapping file of the server, or the mapping that was sent, is not valid; `detail` says where.",
       "Correct it, then ask again."),
    _p("mapping_changed", 412, "The mapping is another one by now",
       "Somebody has changed the mapping file since it was read, by hand or here.",
       "Read `GET /api/v1/mappings/current` again, look at the change, and send yours with the new `ETag`."),
    _p("if_match_missing", 428, "Which version is to be replaced is not said",
       "The mapping is replaced only if it is still the one that was read.",
       "Send the `ETag` of `GET /api/v1/mappings/current` as `If-Match`."),
    _p("mapping_number_used", 409, "The number of the mapping was used before",
       "A changed mapping needs a `version` above every one that was used; `detail` says which is free.",
       "Raise `version`, then send it again."),
    _p("mapping_unwritable", 503, "The mapping file can't be written",
       "The server may read the file that `staff.mapping` names, but not write it.",
       "Have the file put in its place on the server, or let the server write to its folder.",
       escalate="Whoever runs the server: many mount the configuration read-only on purpose."),
    _p("mapping_missing", 503, "The mapping file can't be read",
       "The file that `staff.mapping` names is not there or not readable.",
       "Have the file put in its place.", retryable=True,
       escalate="Whoever runs the server: `ascip-sync validate-config`."),
    _p("config_invalid", 503, "The installation is not set up rightly",
       "Something that is configured can't be used; `detail` says what.", "Have it mended, then ask again.",
       retryable=True, escalate="Whoever runs the server: `ascip-sync validate-config`."),
    _p("scope_for_people", 422, "No program may hold that scope",
       "Approving and giving access is for people.", "Make a personal key for a user."),
    _p("audit_unavailable", 503, "The audit can't be written",
       "The database takes no entry of the audit, and nothing is done that it would have to tell of.",
       "Have the database looked at: its disk, its rights, its log.", retryable=True,
       escalate="Whoever runs the server: `/readyz?verbose`."),
    _p("unavailable", 503, "A part of the installation does not answer",
       "The database can't be reached, or is too busy.", "Ask again after `Retry-After` seconds.", retryable=True,
       written="A write may have happened: repeat it with the same `Idempotency-Key`."),
    _p("internal_error", 500, "Something unexpected happened",
       "The installation met an error nobody had thought of. Its log has it under the `request_id`.",
       "Repeat the request with the same `Idempotency-Key`; if it happens again, report it.",
       retryable=True, written="A write may have happened: a repeat with the same key does nothing twice."),
)  # fmt: skip

PROBLEMS: dict[str, ProblemType] = {problem.code: problem for problem in _ALL}
