"""Take proposals into a new version of the mapping file, and look at the versions there were."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from shared.domain.audit import Actor, AuditVerb
from shared.domain.errors import ConfigInvalid, Conflict, NotFound
from shared.domain.mapping import Mapping, mapping_of, parse_mapping, read_document
from shared.domain.mapping_proposals import Proposal, Proposals, accepted
from shared.pipeline.tools import Tools, audit
from shared.ports.mappings import MappingFile, MappingVersion
from shared.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The version before and the one that took its place."""

    before: Mapping
    after: Mapping


def accept_mapping(
    tools: Tools, file: MappingFile, text: str, proposals: Proposals, *,
    chosen: Collection[Proposal], actor: Actor,
) -> Accepted:  # fmt: skip
    """Write the chosen proposals into a new version; ``text`` is the file as it is now.

    Both versions are kept. If the file can't be written, nothing is recorded either.

    Raises:
        Conflict: `mapping_changed`: the file is not the one that the proposals were made for.
        ConfigInvalid: a proposal can't be taken, or the file can't be written.
    """
    before = parse_mapping(text)
    _check_same(before, proposals)
    with tools.transactions.begin() as uow:
        body = _with(uow, text, chosen)
        after = parse_mapping(body)
        _keep(tools, uow, before, text, actor)
        _keep(tools, uow, after, body, actor, accepted=len(chosen))
        file.replace(text, body)
    return Accepted(before=before, after=after)


def propose_mapping(
    tools: Tools, text: str, proposals: Proposals, *, chosen: Collection[Proposal], actor: Actor
) -> str:
    """The file as it would be with the chosen proposals, for somebody to put in its place by hand.

    The version is kept under its author's name: whoever starts the first run with it didn't write it.

    Raises:
        Conflict: `mapping_changed`: the file is not the one that the proposals were made for.
        ConfigInvalid: a proposal can't be taken.
    """
    _check_same(parse_mapping(text), proposals)
    with tools.transactions.begin() as uow:
        body = _with(uow, text, chosen)
        _keep(tools, uow, parse_mapping(body), body, actor, accepted=len(chosen))
    return body


def _with(uow: UnitOfWork, text: str, chosen: Collection[Proposal]) -> str:
    """The file with the proposals in it, under the next free number."""
    document = read_document(text)
    number = free_number(uow, mapping_of(document))
    return json.dumps(accepted(document, chosen, number), ensure_ascii=False, indent=2) + "\n"


def free_number(uow: UnitOfWork, mapping: Mapping) -> int:
    """A number above that of a mapping and above all that were ever used."""
    return 1 + max([mapping.version, *(kept.version for kept in uow.mappings.history())])


def put_mapping(
    tools: Tools, file: MappingFile, before: str, after: str, *, actor: Actor
) -> Accepted:
    """Put a whole file in the place of the one there is; both versions are kept, audited.

    The same content once more is written and keeps its number; other content needs a number above all
    that were used.

    Raises:
        Conflict: `mapping_number_used`, or `mapping_changed`: the file is another one by now.
        ConfigInvalid: one of them is no mapping, or the file can't be written.
    """
    old, new = parse_mapping(before), parse_mapping(after)
    with tools.transactions.begin() as uow:
        free = free_number(uow, old)
        if new.sha256 != old.sha256 and new.version < free:
            raise Conflict(
                f"The number {new.version} is not above every number that was used. The mapping was not"
                f" changed. Nothing was written. Set `version` to {free} or more.",
                code="mapping_number_used",
            )
        _keep(tools, uow, old, before, actor)
        _keep(tools, uow, new, after, actor)
        file.replace(before, after)
    return Accepted(before=old, after=new)


def check_same_mapping(text: str, proposals: Proposals) -> None:
    """Refuse proposals that were made for another mapping, before anybody is asked about them.

    Raises:
        Conflict: `mapping_changed`.
    """
    _check_same(parse_mapping(text), proposals)


def _check_same(mapping: Mapping, proposals: Proposals) -> None:
    if mapping.sha256 != proposals.mapping_sha256:
        raise Conflict(
            f"The mapping has changed since the proposals were made for version {proposals.version}."
            " It was not written. Make them again: ascip-sync mapping suggest --csv FILE",
            code="mapping_changed",
        )


def _keep(
    tools: Tools, uow: UnitOfWork, mapping: Mapping, body: str, actor: Actor, **detail: int
) -> None:
    if uow.mappings.record(mapping, body, str(actor)):
        audit(
            tools, uow, actor, AuditVerb.MAPPING_RECORDED, of=("mapping", mapping.sha256),
            detail={"version": mapping.version, **detail},
        )  # fmt: skip


def mapping_history(tools: Tools) -> list[MappingVersion]:
    """Every version that was used or accepted, newest first."""
    with tools.transactions.begin() as uow:
        return uow.mappings.history()


def kept_mapping(tools: Tools, name: str) -> Mapping:
    """A kept version by its number or the beginning of its hash; the newest of a number.

    Raises:
        NotFound: there is none.
        ConfigInvalid: several hashes begin so.
    """
    return parse_mapping(kept_text(tools, name)[1])


def kept_text(tools: Tools, name: str) -> tuple[int, str]:
    """Number and text of a kept version. Raises as `kept_mapping`."""
    with tools.transactions.begin() as uow:
        history = uow.mappings.history()
        found = [kept for kept in history if name.isdecimal() and kept.version == int(name[:18])]
        if not found:
            found = [
                kept for kept in history if len(name) >= _LEAST and kept.sha256.startswith(name)
            ]
            if len(found) > 1:
                raise ConfigInvalid(f"Several versions have a hash that begins with {name}.")
        if not found:
            raise NotFound(
                f"There is no mapping version {name}. `ascip-sync mapping history` lists them."
            )
        return found[0].version, uow.mappings.body(found[0].sha256)


#: Characters of a hash that name a version.
_LEAST = 4
