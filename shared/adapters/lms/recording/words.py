"""What a recording may hold as it was sent: an allow-list. Everything else becomes a pseudonym."""

import re
from functools import cache
from zoneinfo import available_timezones


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Fields whose whole numbers are ids and counts. By their exact name: an `employeeId` is not one.
NUMBERS = _words("""
    id personId roleId timezoneId groupId groupIds bucketId valueId add remove
    page pageSize totalItems memberCount added removed unchanged
""")
#: Fields with a moment that the LMS set, never a date in somebody's life.
MOMENTS = frozenset({"createdAt", "updatedAt", "serverTime"})
#: Fields with a word of the LMS itself; `code` only where it belongs to an error, groups have one too.
CODED = frozenset({"status", "type", "scopes", "apiVersion", "error"})
ERRORS = frozenset({"", "error", "errors", "failed"})
#: An object with the name of a field → what is wrong with its value.
FIELD_ERRORS = "fields"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
ROUTES = _words("""
    tenant roles timezones groups members buckets people deactivate reactivate
""")
TIMEZONES = "/timezones"
#: Parameters of a query that are numbers; the values of others are words, or somebody's.
PAGING = frozenset({"page", "pageSize"})

MEDIA_TYPES = _words("""
    application/json application/problem+json application/xml application/octet-stream
    text/html text/plain text/xml
""")

_CODES = frozenset({"too_long"})
#: A code of the LMS is made of these. What people are called is not among them: no `max`, no `long`.
_CODE_WORDS = _words("""
    active all already and archived auth authenticated bad blank body boolean bucket busy change
    character characters choice clock conflict constraint content create created database date
    deactivated deadlock deleted denied disabled domain duplicate email employee empty enabled
    encoding entity error exceeded exist exists expired failed field find forbidden format found
    gateway gone group groups has header id ids in inactive insufficient integer internal invalid
    is json key least length limit limited list locked login maintenance malformed many maximum
    media member members method minimum missing more must no nonce not null number of only
    or out overloaded page parameter partial password payload pending people permission person
    precondition processing quota range rate read readonly reached ref reference refused
    rejected removed replay replayed request required role scope server service size skew state
    status string suspended taken temporarily tenant terminated text throttled time timeout timezone
    timestamp to token too type unauthorized unauthenticated unavailable unexpected unique unknown
    unprocessable unreadable unsupported update user username validation value values version was
    with write wrong zone
""")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CODE = re.compile(r"[A-Za-z]+([_.-][A-Za-z]+)*")
_VERSION = re.compile(r"v?\d{1,3}(\.\d{1,3}){0,2}", flags=re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", flags=re.ASCII
)
_LONGEST_CODE = 60


def is_code(text: str) -> bool:
    """Whether ``text`` is a word of the LMS, such as `duplicate_email`, or a version."""
    if text in _CODES or _VERSION.fullmatch(text):
        return True
    if len(text) > _LONGEST_CODE or not _CODE.fullmatch(text):
        return False
    return all(word.lower() in _CODE_WORDS for word in _WORD.findall(text))


def is_moment(text: str) -> bool:
    """Whether ``text`` is a date with a time (RFC 3339) and nothing else."""
    return _MOMENT.fullmatch(text) is not None


def is_timezone(text: str) -> bool:
    """Whether ``text`` is a time zone of the IANA."""
    return text in _timezones()


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
