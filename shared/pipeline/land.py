"""Land an extract: spooled, hashed, a run created; nothing else happens here."""

from dataclasses import dataclass, replace
from typing import BinaryIO

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import ConfigInvalid, InputInvalid, VaultDamaged
from shared.domain.feeds.feed import Feed
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.run import Run, RunMode, RunState, TargetName, Upload, target_of
from shared.domain.text import file_label
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.backlog import require_room
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
    #: The mapping file as it is now; governed feeds need none.
    mapping_text: str = ""
    mode: RunMode = RunMode.PLAN
    force: bool = False
    #: The run's id where the sender chose it beforehand, to see after a crash whether it was made.
    run_id: str | None = None


def land(tools: Tools, source: BinaryIO, sender: Sender, order: Order) -> str:
    """Store the file and create a queued run; returns the run's id.

    Raises:
        ConfigInvalid: the mapping can't be used. Nothing was stored.
        Conflict: `too_many_runs`. Nothing was stored.
        InputInvalid: the file is empty. Nothing was planned.
        NotFound: there is no such feed. Nothing was stored.
    """
    require_governing(tools, sender.feed, order)
    taken = take(tools, source, sender.feed)
    with tools.transactions.begin() as uow:
        upload = keep_upload(tools, uow, taken, sender)
        run = order_run(tools, uow, upload, sender, order)
    forget_copy(tools, taken, upload)
    return run.id


def require_governing(tools: Tools, feed: str, order: Order) -> Mapping | Feed:
    """What says how the values of a feed are to be understood: staff's mapping, or the feed itself.

    Raises:
        ConfigInvalid: the mapping can't be used.
        NotFound: there is no such feed.
    """
    if target_of(feed) is TargetName.ASCIP:
        return parse_mapping(order.mapping_text)
    return tools.governed(feed)


def take(tools: Tools, source: BinaryIO, feed: str) -> Deposit | Upload:
    """The feed's newest file if the source says the same, byte for byte; else a copy of the source.

    Comparing is quicker than hashing and storing, and shows that what is stored can still be read.

    Raises:
        Conflict: `too_many_runs`: no copy was made.
    """
    with tools.transactions.begin() as uow:
        require_room(uow)
    if source.seekable():
        begin = source.tell()
        with tools.transactions.begin() as uow:
            newest = uow.runs.newest_upload(feed)
        if newest is not None and _says(tools, newest, source):
            return newest
        source.seek(begin)
    return tools.vault.deposit(source, key=tools.ids.new("upl"))


def _says(tools: Tools, upload: Upload, source: BinaryIO) -> bool:
    """Whether the stored file can be read, and holds what the source holds, to the end of both."""
    try:
        with tools.vault.open(upload.location) as stored:
            while (block := source.read(_BLOCK)) == stored.read(_BLOCK):
                if not block:
                    return True
    except (VaultDamaged, ConfigInvalid):
        pass
    return False


def keep_upload(tools: Tools, uow: UnitOfWork, taken: Deposit | Upload, sender: Sender) -> Upload:
    """Note a file that has come. The same bytes for a feed are the upload there is already.

    Raises:
        InputInvalid: the file is empty.
    """
    if isinstance(taken, Upload):
        upload, again = uow.runs.add_upload(taken), True
    else:
        upload = _keep_deposit(tools, uow, taken, sender)
        again = upload.id != taken.location
    audit(
        tools, uow, sender.actor, AuditVerb.EXTRACT_LANDED, of=("upload", upload.id),
        detail={"sha256": upload.sha256, "size_bytes": upload.size_bytes, "again": again},
    )  # fmt: skip
    return upload


def _keep_deposit(tools: Tools, uow: UnitOfWork, deposit: Deposit, sender: Sender) -> Upload:
    """If what is stored of the same bytes can't be read any more, the new copy takes its place."""
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


def forget_copy(tools: Tools, taken: Deposit | Upload, upload: Upload | None) -> None:
    """After the commit: take away a copy that no upload stands for."""
    if isinstance(taken, Deposit) and (upload is None or upload.location != taken.location):
        tools.vault.remove(taken.location)


def order_run(tools: Tools, uow: UnitOfWork, upload: Upload, sender: Sender, order: Order) -> Run:
    """Create a queued run of an upload.

    Raises:
        ConfigInvalid: the mapping can't be used.
        Conflict: `too_many_runs`.
        NotFound: there is no such feed.
    """
    mapping = require_governing(tools, upload.feed, order)
    run = Run(
        id=order.run_id or tools.ids.new("run"),
        feed=upload.feed, target=target_of(upload.feed), upload_id=upload.id,
        mode=order.mode, force=order.force, trigger=order.trigger, actor=str(sender.actor),
        state=RunState.QUEUED, engine_version=tools.engine_version, file_name=file_label(sender.name),
        mapping_sha256=mapping.sha256, config_sha256=tools.config_sha256,
    )  # fmt: skip
    queue_run(tools, uow, run, mapping, mapping_text=order.mapping_text, actor=sender.actor)
    return run


def queue_run(
    tools: Tools,
    uow: UnitOfWork,
    run: Run,
    governing: Mapping | Feed,
    *,
    mapping_text: str,
    actor: Actor,
) -> None:
    """Store a new run with its mapping, audited; its first work waits for its turn.

    Raises:
        Conflict: `too_many_runs`.
    """
    require_room(uow)
    if isinstance(governing, Mapping) and uow.mappings.record(governing, mapping_text, str(actor)):
        audit(
            tools, uow, actor, AuditVerb.MAPPING_RECORDED,
            of=("mapping", governing.sha256), run_id=run.id, detail={"version": governing.version},
        )  # fmt: skip
    uow.runs.add(run)
    reverts: dict[str, Json] = {"reverts": run.reverts} if run.reverts else {}
    audit(
        tools, uow, actor, AuditVerb.RUN_CREATED, of=("run", run.id), run_id=run.id,
        detail={
            "trigger": run.trigger, "mode": run.mode.value, "force": run.force,
            "upload_id": run.upload_id, **reverts,
        },
    )  # fmt: skip
    uow.work.add(run.id, [NewWork(kind=WorkKind.START, chunk={})])
