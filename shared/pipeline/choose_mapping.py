"""Take what somebody chose for unmapped values into the next version of the mapping."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from shared.domain.audit import Actor
from shared.domain.errors import NotFound
from shared.domain.mapping import parse_mapping
from shared.domain.mapping_choices import Choice, Unfit, meant
from shared.domain.mapping_proposals import Proposal, Proposals
from shared.domain.snapshot import reference_from_json
from shared.pipeline.accept_mapping import Accepted, accept_mapping, propose_mapping
from shared.pipeline.reference import read_last
from shared.pipeline.tools import Tools
from shared.ports.mappings import MappingFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Choices as proposals for the mapping they were made for, or why some can't be taken."""

    proposals: Proposals
    #: Number of a choice → why it is unfit.
    unfit: MappingOf[int, str]


def chosen(tools: Tools, text: str, choices: MappingOf[int, Choice], *, made_for: str) -> Chosen:
    """Look up what the choices mean in the reference data that was read last.

    Args:
        tools: the ports.
        text: the mapping file as it is now.
        choices: by their numbers on the page.
        made_for: hash of the mapping that whoever chose was looking at.

    Raises:
        NotFound: ASCIP has not been read yet.
    """
    with tools.transactions.begin() as uow:
        last = read_last(uow)
    if last is None:
        raise NotFound("ASCIP has not been read yet, so there is nothing to choose from.")
    mapping, reference = parse_mapping(text), reference_from_json(last.stored)
    found = {n: meant(choice, mapping, reference) for n, choice in choices.items()}
    return Chosen(
        proposals=Proposals(
            version=mapping.version, mapping_sha256=made_for,
            items=tuple(
                _proposal(n, choices[n], to)
                for n, to in found.items()
                if not isinstance(to, Unfit)
            ),
        ),
        unfit={n: why.words for n, why in found.items() if isinstance(why, Unfit)},
    )  # fmt: skip


def _proposal(number: int, choice: Choice, target: tuple[int, str]) -> Proposal:
    return Proposal(
        number=number, part=choice.part, bucket=choice.bucket, value=choice.value, target=target
    )


def take(tools: Tools, file: MappingFile, text: str, made: Chosen, actor: Actor) -> Accepted:
    """Write them into the next version of the file. Raises as `accept_mapping`."""
    items = made.proposals.items
    return accept_mapping(tools, file, text, made.proposals, chosen=items, actor=actor)


def take_away(tools: Tools, text: str, made: Chosen, actor: Actor) -> str:
    """The next version as a file, where this one can't be written. Raises as `propose_mapping`."""
    return propose_mapping(tools, text, made.proposals, chosen=made.proposals.items, actor=actor)
