"""Who hears of what by mail, and a mail to see whether it arrives."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.console.forms import Fault, Form
from services.console.show import show
from services.console.signed_in import Admin
from shared.domain.access import Role
from shared.domain.errors import ConfigInvalid, Conflict, MailFailed
from shared.http.service import Served, Service
from shared.pipeline.try_mail import try_mail
from shared.readiness.shown import shown

router = APIRouter()

#: What is told to whom (docs/reference/mail.md).
_HEARS = {
    Role.APPROVER: "plans that wait for a decision, and those that expired before one",
    Role.OPERATOR: "runs that failed, paused or ended, quarantined rows, extracts that did not come",
    Role.COMPLIANCE: "quarantined records past due, once a day",
    Role.ADMIN: "phases that took much longer than usual, once a day",
}


@router.get("/settings/mail")
def mail(request: Request, served: Served, _: Admin) -> HTMLResponse:
    """How mail is sent, and to whom."""
    return _shown(request, served)


@router.post("/settings/mail/test")
def send(request: Request, served: Served, visitor: Admin, form: Form) -> Response:
    """Send one now, and say what the server said."""
    said = form.one("role")
    if said not in _HEARS:
        return _shown(request, served, Fault("role", "Choose whose mail it is. Nothing was sent."))
    try:
        to = try_mail(served.tools, visitor.actor, role=Role(said))
    except (MailFailed, ConfigInvalid, Conflict) as error:
        return _shown(request, served, Fault("role", f"It was not sent: {error}"))
    return _shown(request, served, sent=to)


def _shown(request: Request, served: Service, *found: Fault, sent: object = None) -> HTMLResponse:
    mailing = served.tools.mailing
    values = {
        "found": found, "sent": sent, "on": served.tools.mailer is not None,
        "keys": shown(served.loaded, "mail"),
        "roles": [(role, hears, mailing.recipients([role])) for role, hears in _HEARS.items()],
    }  # fmt: skip
    return show(request, "mail.html.j2", values, status=422 if found else 200)
