"""`/keys` and `/users`: who may do what."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from services.ingest.caller import KeyKeeper
from services.ingest.json_body import StrictJson
from services.ingest.openapi import ASKED, SENT, problems
from services.ingest.schemas import Id, KeyDocument, Name, NewApiKey, UserRoles
from shared.domain.access import Key
from shared.http.service import Served
from shared.pipeline import access
from shared.pipeline.documents import moment

router = APIRouter(tags=["keys"])


@router.get(
    "/keys",
    summary="List of keys",
    response_model=dict[str, list[KeyDocument]],
    responses=problems(*ASKED),
)
def list_keys(served: Served, _: KeyKeeper) -> JSONResponse:
    """Every key, newest first; never a secret."""
    return JSONResponse({"data": [key_document(key) for key in access.keys(served.tools)]})


@router.post(
    "/keys",
    summary="Make a key",
    status_code=201,
    response_model=KeyDocument,
    responses=problems(*SENT, "scope_for_people", "scopes_and_user", "expiry_out_of_range"),
)
def create_key(
    served: Served, caller: KeyKeeper, _body: StrictJson, wanted: NewApiKey
) -> JSONResponse:
    """Make a key. The answer is the only place where its secret, `key`, is ever shown."""
    key, secret = access.create_key(
        served.tools,
        access.NewKey(
            name=wanted.name,
            user_name=wanted.user,
            scopes=wanted.scopes,
            expires_at=wanted.expires_at,
        ),
        caller.actor,
    )
    return JSONResponse(key_document(key) | {"key": secret}, 201)


@router.delete(
    "/keys/{key_id}", summary="Take a key back", status_code=204, responses=problems(*ASKED)
)
def revoke_key(key_id: Id, served: Served, caller: KeyKeeper) -> Response:
    """Take a key back, at once."""
    access.revoke_key(served.tools, key_id, caller.actor)
    return Response(status_code=204)


@router.put(
    "/users/{name}",
    summary="Make a user, or change one's roles",
    status_code=204,
    responses=problems(*SENT, "user_name_invalid", "user_name_taken", "last_admin"),
)
def put_user(
    name: Name, served: Served, caller: KeyKeeper, _body: StrictJson, wanted: UserRoles
) -> Response:
    """Make a user, or give one other roles; personal keys follow at once."""
    access.put_user(served.tools, name, wanted.roles, caller.actor)
    return Response(status_code=204)


def key_document(key: Key) -> dict[str, object]:
    """A key as programs read it."""
    times = {
        name: moment(getattr(key, name))
        for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
    }
    return {
        "id": key.id, "kind": key.kind.value, "name": key.name, "user": key.user_name,
        "scopes": [scope.value for scope in key.scopes], "created_by": key.created_by, **times,
    }  # fmt: skip
