"""The error tree. The type carries the decision, the message says what to do next.

EngineError
├── InputInvalid          the extract can't be read as a whole: nothing was planned     (exit 4)
├── ConfigInvalid         configuration or mapping can't be used: nothing was started  (exit 4)
├── Conflict              stale, locked, already reviewed: nothing was written          (exit 7)
├── NotFound              no such run, plan or upload                                   (exit 64)
├── BooksUnbalanced       rows or actions went missing: the run ends `failed`           (exit 1)
├── Fenced                a newer epoch owns the work item: stop without writing
├── StorageFull           no room left on the disk: nothing was stored                  (exit 4)
├── VaultDamaged          a stored file is gone, cut or changed: nothing of it is used  (exit 4)
├── AuditUnavailable      the audit can't be written: nothing more is done              (exit 1)
├── NotRecorded           the database takes nothing: it is tried again                 (exit 1)
├── MailFailed            a mail was not taken by its server; what it tells of stands
└── TargetError           what the target answered
    ├── Permanent         asking again can't help (4xx)
    │   └── KeyRefused    401 or 403: pauses the run                                    (exit 6)
    ├── Transient         asking again may help, after ``retry_after_s``
    └── OutcomeUnknown    a write may have happened: settle by reading back
"""


class EngineError(Exception):
    """Something the engine refuses or can't do; ``code`` is a stable lower_snake word."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class InputInvalid(EngineError):
    """The whole extract is refused; nothing was planned or written."""


class ConfigInvalid(EngineError):
    """The configuration or the mapping can't be used; nothing was started."""

    def __init__(self, message: str, *, code: str = "config_invalid") -> None:
        super().__init__(message, code=code)


class Conflict(EngineError):
    """The request doesn't fit the present state; nothing was written."""


class NotFound(EngineError):
    """There is no object with that id."""

    def __init__(self, message: str, *, code: str = "not_found") -> None:
        super().__init__(message, code=code)


class BooksUnbalanced(EngineError):
    """Rows or actions are not all accounted for."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="books_unbalanced")


class Fenced(EngineError):
    """A newer epoch owns this work item; the old owner stops without another write."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="fenced")


class StorageFull(EngineError):
    """There is no room left on the disk; nothing was stored."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="storage_full")


class VaultDamaged(EngineError):
    """A stored file is gone, cut short or was changed; nothing of it is used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="vault_damaged")


class AuditUnavailable(EngineError):
    """The audit can't be written, so nothing is done that it would have to tell of."""

    def __init__(self) -> None:
        super().__init__(
            "The audit can't be written. Nothing more was done. Look at the database: its disk, its"
            " rights, its log; then try again.",
            code="audit_unavailable",
        )


#: What a piece of work waits for that could not even record its failure.
NOT_RECORDED = "not_recorded"


class NotRecorded(EngineError):
    """The database is there and takes nothing: its volume is full, or it can only be read."""

    def __init__(self) -> None:
        super().__init__(
            "What was done could not be recorded: PostgreSQL is full, or can only be read. Look at its"
            " disk and its log.",
            code=NOT_RECORDED,
        )


class MailFailed(EngineError):
    """The mail server did not take a mail; what it was to tell of stands."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="mail_failed")


class TargetError(EngineError):
    """The target did not do what was asked; ``code`` is its word where it gave one."""

    def __init__(self, message: str, *, code: str, status: int | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status


class Permanent(TargetError):
    """Asking again can't help. ``person_id`` is set on `duplicate_email` and `duplicate_username`."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        person_id: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.person_id = person_id


class KeyRefused(Permanent):
    """The target refuses our key or its scope: pause, mark nothing failed."""


class Transient(TargetError):
    """Asking again may help; ``retry_after_s`` is the target's wish, None if it has none."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(TargetError):
    """The answer to a write was lost: it may have happened."""
