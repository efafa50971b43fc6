"""Land an extract: spooled, hashed, a run created; nothing else happens here."""

from dataclasses import dataclass, replace
from typing import BinaryIO

from shared.domain.audit import Actor, AuditVerb
from shared.domain.errors import ConfigInvalid, InputInvalid, VaultDamaged
from shared.domain.mapping import parse_mapping
from shared.domain.run import Run, RunMode, RunState, Upload
from shared.domain.text import file_label
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.vault import Deposit

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whose file it is, what they call it, and for which feed they send it."""

    actor: Actor
    name: str
    feed: str = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is wanted of an extract."""

    #: How it came: `cli`, `api`, `drop`, `sftp`, `schedule`.
    trigger: str
    mapping_text: str
    mode: RunMode = RunMode.PLAN
    force: bool = False
    #: The run's id where the sender chose it beforehand, to see after a crash whether it was made.
    run_id: str | None = None


def land(tools: Tools, source: BinaryIO, sender: Sender, order: Order) -> str:
    """Store the file and create a queued run; returns the run's id.

    Raises:
        ConfigInvalid: the mapping can't be used. Nothing was stored.
        InputInvalid: the file is empty. Nothing was planned.
    """
    parse_mapping(order.mapping_text)
    deposit = tools.vault.deposit(source, key=tools.ids.new("upl"))
    with tools.transactions.begin() as uow:
        upload = keep_upload(tools, uow, deposit, sender)
        run = order_run(tools, uow, upload, sender, order)
    forget_copy(tools, deposit, upload)
    return run.id


def keep_upload(tools: Tools, uow: UnitOfWork, deposit: Deposit, sender: Sender) -> Upload:
    """Note a deposited file. The same bytes for a feed are the upload there is already.

    If what is stored of that can't be read any more, the new copy takes its place.

    Raises:
        InputInvalid: the file is empty.
    """
    if not deposit.size_bytes:
        tools.vault.remove(deposit.location)
        raise InputInvalid(
            f"{file_label(sender.name)} is empty. Nothing was planned, nobody is removed."
            " Export the file again and check its size.",
            code="empty",
        )
    sent = Upload(
        id=deposit.location, feed=sender.feed, name=file_label(sender.name), sha256=deposit.sha256,
        size_bytes=deposit.size_bytes, location=deposit.location, actor=str(sender.actor),
    )  # fmt: skip
    upload = uow.runs.add_upload(sent)
    if upload.id != sent.id and not _intact(tools, upload):
        uow.runs.set_location(upload.id, deposit.location)
        upload = replace(upload, location=deposit.location)
    audit(
        tools, uow, sender.actor, AuditVerb.EXTRACT_LANDED, of=("upload", upload.id),
        detail={
            "sha256": upload.sha256, "size_bytes": upload.size_bytes, "again": upload.id != sent.id,
        },
    )  # fmt: skip
    return upload


def _intact(tools: Tools, upload: Upload) -> bool:
    """Whether the stored copy can still be read to its end."""
    try:
        with tools.vault.open(upload.location) as stored:
            while stored.read(_BLOCK):
                pass
    except (VaultDamaged, ConfigInvalid):
        return False
    return True


def forget_copy(tools: Tools, deposit: Deposit, upload: Upload) -> None:
    """After the commit: take away what was stored twice."""
    if upload.location != deposit.location:
        tools.vault.remove(deposit.location)


def order_run(tools: Tools, uow: UnitOfWork, upload: Upload, sender: Sender, order: Order) -> Run:
    """Create a queued run of an upload.

    Raises:
        ConfigInvalid: the mapping can't be used.
    """
    mapping = parse_mapping(order.mapping_text)
    run = Run(
        id=order.run_id or tools.ids.new("run"),
        feed=upload.feed, target=tools.target_name, upload_id=upload.id,
        mode=order.mode, force=order.force, trigger=order.trigger, actor=str(sender.actor),
        state=RunState.QUEUED, engine_version=tools.engine_version, file_name=file_label(sender.name),
        mapping_sha256=mapping.sha256, config_sha256=tools.config_sha256,
    )  # fmt: skip
    if uow.runs.record_mapping(mapping, order.mapping_text, str(sender.actor)):
        audit(
            tools, uow, sender.actor, AuditVerb.MAPPING_RECORDED,
            of=("mapping", mapping.sha256), run_id=run.id, detail={"version": mapping.version},
        )  # fmt: skip
    uow.runs.add(run)
    audit(
        tools, uow, sender.actor, AuditVerb.RUN_CREATED, of=("run", run.id), run_id=run.id,
        detail={
            "trigger": order.trigger, "mode": order.mode.value, "force": order.force,
            "upload_id": upload.id,
        },
    )  # fmt: skip
    uow.work.add(run.id, [NewWork(kind=WorkKind.START, chunk={})])
    return run
