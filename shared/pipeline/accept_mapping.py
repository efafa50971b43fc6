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
    document = read_document(text)
    before = mapping_of(document)
    _check_same(before, proposals)
    with tools.transactions.begin() as uow:
        highest = max([before.version, *(kept.version for kept in uow.mappings.history())])
        made = accepted(document, chosen, highest + 1)
        body = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
        after = parse_mapping(body)
        _keep(tools, uow, before, text, actor)
        _keep(tools, uow, after, body, actor, accepted=len(chosen))
        file.replace(text, body)
    return Accepted(before=before, after=after)


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
        return parse_mapping(uow.mappings.body(found[0].sha256))


#: Characters of a hash that name a version.
_LEAST = 4
