"""Rules about answers as such: content type, rate headers, errors, the tenant."""

from http import HTTPStatus

from shared.adapters.lms.conformance.caller import Answer
from shared.adapters.lms.conformance.judging import Broken, NotChecked, rule
from shared.adapters.lms.conformance.lms import UNKNOWN_ID, Lms
from shared.adapters.lms.shapes import array, mapping, positive, text

_RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@rule("Answers are `application/json`, errors too.")
def json_type(lms: Lms) -> str:
    for answer in (lms.get("/tenant"), _unknown_person(lms)):
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Broken(f"{answer.asked} ({answer.status}) is not application/json")
    return "an answer and an error are application/json"


@rule('`GET /tenant` has `id`, `name`, `timezoneId`, `scopes`, and `apiVersion` "1".')
def tenant(lms: Lms) -> str:
    record = lms.tenant
    if isinstance(record.get("id"), bool) or not isinstance(record.get("id"), int | str):
        raise Broken("id is missing or of the wrong type")
    text(record, "name")
    positive(record, "timezoneId")
    if not all(isinstance(scope, str) for scope in array(record, "scopes")):
        raise Broken("scopes holds something else than words")
    if text(record, "apiVersion") != "1":
        raise Broken('apiVersion is not "1"')
    return 'id, name, timezoneId, scopes and apiVersion "1" are there'


@rule("An unknown person is 404 `not_found`.")
def not_found(lms: Lms) -> str:
    answer = _unknown_person(lms)
    if (answer.status, answer.code) != (HTTPStatus.NOT_FOUND, "not_found"):
        raise Broken(f"answered {answer.said}, not 404 not_found")
    return "answered 404 not_found"


@rule("An error has `error.code`, `error.message` and `requestId`.")
def error_shape(lms: Lms) -> str:
    unknown_key = lms.caller.signer(key_id="conformance-no-such-key")
    answers = [_unknown_person(lms), lms.caller.send("GET", "/tenant", signer=unknown_key)]
    errors = [answer for answer in answers if answer.status >= HTTPStatus.BAD_REQUEST]
    for answer in errors:
        document = mapping(answer.document, "the error")
        inner = mapping(document.get("error"), "error")
        for name, value in (*_words(inner), ("requestId", document.get("requestId"))):
            if not isinstance(value, str) or not value:
                raise Broken(f"{name} is missing from a {answer.status}")
    if not errors:
        raise NotChecked("no error could be provoked")
    return "error.code, error.message and requestId are there"


def _words(error: object) -> list[tuple[str, object]]:
    record = mapping(error, "error")
    return [(f"error.{name}", record.get(name)) for name in ("code", "message")]


@rule("Each answer has `X-RateLimit-Limit`, `-Remaining` and `-Reset`.")
def rate_headers(lms: Lms) -> str:
    for answer in (lms.get("/tenant"), _unknown_person(lms)):
        for name in _RATE_HEADERS:
            if not _is_number(answer.headers.get(name, "")):
                raise Broken(f"{name} is missing from a {answer.status}, or not a number")
    return f"all three; the limit is {lms.caller.pace.per_s:g} requests a second"


def _is_number(value: str) -> bool:
    try:
        return float(value) >= 0
    except ValueError:
        return False


def _unknown_person(lms: Lms) -> Answer:
    return lms.caller.send("GET", f"/people/{UNKNOWN_ID}")


ANSWERS = (json_type, tenant)
ERRORS = (not_found, error_shape)
LIMITS = (rate_headers,)
