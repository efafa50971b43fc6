"""Take a landed file as the resubmission of records, once for each request, and keep no copy in vain."""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.canonical import Json
from shared.domain.run import Upload
from shared.pipeline.documents import run_document
from shared.pipeline.land import Sender, forget_copy, keep_upload
from shared.pipeline.once import once
from shared.pipeline.quarantine_documents import resubmission_documents
from shared.pipeline.resubmit import feed_of, resubmit
from shared.pipeline.tools import Tools
from shared.ports.access import Answer, RequestKey
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.vault import Deposit
from shared.ports.views import RunView


def take_resubmission(
    tools: Tools, asked: RequestKey, deposit: Deposit, sender: Sender, ids: Sequence[str]
) -> tuple[Answer, bool]:
    """Order the run; the answer is its document, and whether it was given before.

    Raises:
        NotFound: there is no such record.
        Conflict: see `feed_of` and `once`.
        InputInvalid: the file is empty.
    """
    kept: Upload | None = None

    def work(uow: UnitOfWork) -> Answer:
        nonlocal kept
        ours = replace(sender, feed=feed_of(uow, ids))
        upload = keep_upload(tools, uow, deposit, ours)
        run = uow.runs.get(resubmit(tools, uow, ids, upload, ours).id)
        kept = upload
        named = resubmission_documents(uow.remediation.resubmissions(run.id))
        body: dict[str, Json] = {**run_document(RunView(run=run)), "records": named}
        return Answer(status=202, body=body, location=f"/api/v1/runs/{run.id}")

    try:
        return once(tools, asked, work)
    finally:
        forget_copy(tools, deposit, kept)
