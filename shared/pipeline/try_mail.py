"""Send a mail that says nothing, so that somebody sees whether mail arrives."""

from collections.abc import Sequence

from shared.domain.access import Role
from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import Conflict, EngineError
from shared.domain.notice import Word
from shared.pipeline.letter import Letter, link, mail_of, who
from shared.pipeline.tools import Tools, audit


def try_mail(tools: Tools, actor: Actor, *, role: Role) -> Sequence[str]:
    """Send one to those whom a role's mail goes to; returns their addresses.

    Raises:
        Conflict: `address_missing`: there is no mail server, or nobody is named. Nothing was sent.
        MailFailed: the server did not take it, and says why.
        ConfigInvalid: its password is missing.
    """
    to = tools.mailing.recipients([role])
    if tools.mailer is None or not to:
        raise Conflict(
            "No mail server is configured, or nobody is named for this role. Nothing was sent."
            " Set [mail] in config.toml.",
            code="address_missing",
        )
    try:
        tools.mailer.send(mail_of(tools, _letter(tools, actor, role), to))
    except EngineError as error:
        _note(tools, actor, AuditVerb.MAIL_FAILED, {"code": error.code})
        raise
    _note(tools, actor, AuditVerb.MAIL_SUBMITTED, {"role": role.value, "recipients": len(to)})
    return to


def _letter(tools: Tools, actor: Actor, role: Role) -> Letter:
    return Letter(
        word=Word.TEST, about="mail arrives",
        verdict=f"{who(str(actor))} wanted to see whether mail arrives. It does; nobody has to do anything.",
        where=link(tools, "settings/mail", "validate-config"),
        why=f"You get this because you are named for the role {role.value} in [mail].",
    )  # fmt: skip


def _note(tools: Tools, actor: Actor, verb: AuditVerb, detail: dict[str, Json]) -> None:
    with tools.transactions.begin() as uow:
        audit(tools, uow, actor, verb, of=("mail", "test"), detail=detail)
