"""Land an extract: spooled, hashed, a run created; nothing else happens here."""

from dataclasses import dataclass
from typing import BinaryIO

from shared.domain.audit import Actor, AuditVerb
from shared.domain.errors import InputInvalid
from shared.domain.mapping import parse_mapping
from shared.domain.run import Run, RunMode, RunState, Upload
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.tools import Tools, audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file and what its sender wants."""

    source: BinaryIO
    name: str
    feed: str
    actor: Actor
    #: How it came: `cli`, later `upload`, `drop`, `sftp`, `schedule`.
    trigger: str
    mapping_text: str
    mode: RunMode = RunMode.PLAN
    force: bool = False


def land(tools: Tools, arrival: Arrival) -> str:
    """Store the file and create a queued run; returns the run's id.

    Raises:
        ConfigInvalid: the mapping can't be used. Nothing was stored.
        InputInvalid: the file is empty. Nothing was planned.
    """
    mapping = parse_mapping(arrival.mapping_text)
    upload_id = tools.ids.new("upl")
    run_id = tools.ids.new("run")
    deposit = tools.vault.deposit(arrival.source, key=upload_id)
    if not deposit.size_bytes:
        raise InputInvalid(
            f"{arrival.name} is empty. Nothing was planned, nobody is removed."
            " Export the file again and check its size.",
            code="empty",
        )
    upload = Upload(
        id=upload_id, feed=arrival.feed, name=arrival.name, sha256=deposit.sha256,
        size_bytes=deposit.size_bytes, location=deposit.location, actor=str(arrival.actor),
    )  # fmt: skip
    run = Run(
        id=run_id, feed=arrival.feed, target=tools.target_name, upload_id=upload_id,
        mode=arrival.mode, force=arrival.force, trigger=arrival.trigger, actor=str(arrival.actor),
        state=RunState.QUEUED, engine_version=tools.engine_version,
        mapping_sha256=mapping.sha256, config_sha256=tools.config_sha256,
    )  # fmt: skip
    with tools.transactions.begin() as uow:
        uow.runs.add_upload(upload)
        if uow.runs.record_mapping(mapping, arrival.mapping_text, str(arrival.actor)):
            audit(
                tools, uow, arrival.actor, AuditVerb.MAPPING_RECORDED,
                of=("mapping", mapping.sha256), run_id=run_id, detail={"version": mapping.version},
            )  # fmt: skip
        uow.runs.add(run)
        audit(
            tools, uow, arrival.actor, AuditVerb.EXTRACT_LANDED, of=("upload", upload_id),
            run_id=run_id, detail={"sha256": deposit.sha256, "size_bytes": deposit.size_bytes},
        )  # fmt: skip
        audit(
            tools, uow, arrival.actor, AuditVerb.RUN_CREATED, of=("run", run_id), run_id=run_id,
            detail={"trigger": arrival.trigger, "mode": arrival.mode.value, "force": arrival.force},
        )  # fmt: skip
        uow.work.add(run_id, [NewWork(kind=WorkKind.START, chunk={})])
    return run_id
