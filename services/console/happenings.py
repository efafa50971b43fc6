"""What happened to a run, a line each: in words, with what belongs to it."""

from services.console.words import counted, sentence, spoken
from shared.domain.audit import AuditVerb
from shared.domain.review import Decision
from shared.ports.views import Happening

_PLAIN = {
    AuditVerb.RUN_CREATED: "Run ordered",
    AuditVerb.MAPPING_RECORDED: "New mapping version taken",
    AuditVerb.PLAN_CREATED: "Plan made",
    AuditVerb.PLAN_COMMENTED: "Commented",
    AuditVerb.QUARANTINE_OPENED: "Rows quarantined",
    AuditVerb.REPORT_EXPORTED: "Report downloaded",
    AuditVerb.MAIL_SUBMITTED: "Mail sent",
    AuditVerb.MAIL_FAILED: "Mail could not be sent",
}


def happened(event: Happening) -> str:
    """The event in a few words."""
    detail = event.detail
    match event.verb:
        case AuditVerb.RUN_STATE_CHANGED:
            why = f" ({spoken(str(detail['reason']))})" if detail.get("reason") else ""
            return f"{sentence(str(detail['to']))}{why}"
        case AuditVerb.PLAN_REVIEWED:
            return f"Plan {Decision(str(detail['decision'])).done}"
        case AuditVerb.PLAN_REFUSED:
            return f"Refused to {detail['asked']}: {spoken(str(detail['code']))}"
        case AuditVerb.RUN_VERIFIED:
            read, off = int(str(detail["verified"])), int(str(detail["mismatches"]))
            return f"{counted(read, 'action')} read again, {off:,} not as written"
        case AuditVerb.REPORT_EXPORTED if detail.get("file"):
            return f"{detail['file']} downloaded"
        case verb:
            return _PLAIN.get(verb, sentence(verb.value.replace(".", " ")))
