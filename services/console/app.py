"""The console's application: pages, what goes wrong, headers that let nothing foreign run."""

from fastapi import Depends, FastAPI

from services.console import errors, files
from services.console.forms import require_sound_address
from services.console.pages import (
    audit,
    compare,
    exports,
    keys,
    mail,
    mapping,
    mapping_versions,
    new_run,
    overview,
    password,
    people,
    person,
    plan,
    progress,
    quarantine,
    readiness,
    record,
    report,
    resubmissions,
    review,
    runs,
    settings,
    sign_in,
    steer,
    sync_switch,
    users,
    validation,
)
from services.console.show import Show
from shared.http.request_context import RequestContext, Surroundings
from shared.http.service import Service

#: No script and no style but our own files, no other host, nobody may frame a page.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


#: In this order: `/runs/compare` is no run.
PAGES = (
    sign_in,
    new_run,
    overview,
    compare,
    runs,
    validation,
    plan,
    review,
    progress,
    steer,
    report,
    exports,
    people,
    person,
    password,
    users,
    keys,
    audit,
    settings,
    sync_switch,
    mail,
    readiness,
    mapping,
    mapping_versions,
    quarantine,
    resubmissions,
    record,  # its address would take theirs
)


def make_console(service: Service) -> FastAPI:
    """The console of an installation."""
    app = FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
        dependencies=[Depends(require_sound_address)],
    )  # fmt: skip
    app.state.service = service
    app.state.show = Show(service)
    for page in (files, *PAGES):
        app.include_router(page.router)
    errors.install(app)
    around = Surroundings(
        new_id=lambda: service.tools.ids.new("req"),
        files=("/runs/new", "/resubmissions"),
        answer=errors.page,
        policy=_POLICY,
        referrer=b"same-origin",  # with less than that, browsers hide where a form was sent from
    )
    app.add_middleware(RequestContext, around=around)
    return app
