"""The mapping between runs: checked, mended by proposals, rehearsed, its versions kept."""

import io
import json
from functools import partial
from pathlib import Path

import pytest

from shared.adapters.host.mapping_file import HostMappingFile
from shared.domain.audit import Actor, ActorType
from shared.domain.errors import ConfigInvalid, Conflict, NotFound
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.mapping_choices import Choice
from shared.domain.mapping_coverage import Part
from shared.domain.mapping_proposals import Proposals, proposals_document, read_proposals
from shared.domain.run import RunState
from shared.pipeline.accept_mapping import accept_mapping, kept_mapping, mapping_history
from shared.pipeline.check_mapping import check_mapping, suggest_mapping
from shared.pipeline.choose_mapping import chosen, take, take_away
from shared.pipeline.look_at_mapping import look_at_mapping, suggestions
from shared.pipeline.reference import read_reference
from shared.pipeline.rehearse_mapping import rehearse_mapping
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.staff_extract import StaffExtract


def of(extract: StaffExtract) -> Mapping:
    return parse_mapping(extract.mapping_text)


def without_a_site(engine: Installation) -> tuple[StaffExtract, str]:
    """The mapping lacks a site that people work at."""
    extract = engine.extract()
    code = extract.rows[-1]["site_code"]
    del extract.mapping["groups"]["sites"][code]
    return extract, code


def proposed(engine: Installation, extract: StaffExtract) -> Proposals:
    found = suggest_mapping(engine.tools, of(extract), partial(io.BytesIO, extract.csv()))
    return read_proposals(json.dumps(proposals_document(of(extract), found)))


def accept(engine: Installation, path: Path, text: str, proposals: Proposals) -> Mapping:
    chosen = [each for each in proposals.items if each.preselected]
    file = HostMappingFile(path)
    return accept_mapping(engine.tools, file, text, proposals, chosen=chosen, actor=OPERATOR).after


def audited(engine: Installation) -> list[str]:
    with engine.database.transactions.begin() as uow:
        return [
            e.entry for e in uow.audit.entries(run_id=None, limit=None) if "mapping." in e.entry
        ]


def test_an_unmapped_site_is_found_proposed_and_taken_into_a_new_version(
    engine: Installation, tmp_path: Path
) -> None:
    extract, code = without_a_site(engine)
    path, text = tmp_path / "mapping.json", extract.mapping_text
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    after = accept(engine, path, text, proposed(engine, extract))
    assert parse_mapping(path.read_text(encoding="utf-8")) == after
    assert (after.version, code in after.sites) == (2, True)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [f.name for f in tmp_path.iterdir() if f.suffix == ".json"] == ["mapping.json"]
    history = mapping_history(engine.tools)
    assert [(kept.version, kept.author, kept.runs) for kept in history] == [
        (2, "user:olga", 0), (1, "user:olga", 0),
    ]  # fmt: skip
    assert len(audited(engine)) == 2
    assert kept_mapping(engine.tools, "1").sha256 == of(extract).sha256
    assert kept_mapping(engine.tools, after.sha256[:8]) == after
    again = check_mapping(engine.tools, after, partial(io.BytesIO, extract.csv()))
    assert again.sound
    assert again.coverage is not None
    assert not any(part.unmapped for part in again.coverage.parts)


def test_a_file_that_changed_since_is_not_written(engine: Installation, tmp_path: Path) -> None:
    extract, _ = without_a_site(engine)
    path, text = tmp_path / "mapping.json", extract.mapping_text
    proposals = proposed(engine, extract)
    extract.mapping["roles"]["default"] = "Manager"
    for now in (extract.mapping_text, text):  # seen before, and only at the last moment
        path.write_text(extract.mapping_text, encoding="utf-8")
        with pytest.raises(Conflict) as refused:
            accept(engine, path, now, proposals)
        assert refused.value.code == "mapping_changed"
        assert path.read_text(encoding="utf-8") == extract.mapping_text
        assert list(tmp_path.glob(".mapping-*")) == []
    assert (mapping_history(engine.tools), audited(engine)) == ([], [])


def test_the_new_number_is_one_that_nothing_else_has(engine: Installation, tmp_path: Path) -> None:
    later = engine.extract()
    later.mapping["version"] = 8
    engine.land(later)
    extract, _ = without_a_site(engine)
    path, text = tmp_path / "mapping.json", extract.mapping_text
    path.write_text(text, encoding="utf-8")
    assert accept(engine, path, text, proposed(engine, extract)).version == 9


def test_what_somebody_chose_is_taken_if_it_is_in_ascip_and_taken_away_under_their_name(
    engine: Installation, tmp_path: Path
) -> None:
    """A group made since is chosen once ASCIP was asked again."""
    extract, code = without_a_site(engine)
    engine.plan(extract)
    text, state = extract.mapping_text, engine.simulator.state()
    named = state["groups"][-1]["name"]
    view = look_at_mapping(engine.tools, of(extract))
    assert [(each.value, each.rows > 0) for each in suggestions(view)] == [(code, True)]
    assert suggestions(view, first=1) == []
    state["groups"].append({**state["groups"][-1], "id": 99001, "name": "New School"})
    engine.simulator.put_state(state)
    choice = partial(Choice, part=Part.SITE, bucket=None, value=code)
    choices = {1: choice(meaning="New School"), 2: choice(meaning=named)}
    made = partial(chosen, engine.tools, text, choices, made_for=of(extract).sha256)
    assert "no such thing" in made().unfit[1]
    read_reference(engine.tools, OPERATOR)
    assert made().unfit == {}
    mine = Actor(ActorType.USER, "kim")
    kept = parse_mapping(take_away(engine.tools, text, made(), mine))
    assert (kept.version, kept.sites[code].name) == (2, named)
    path = tmp_path / "mapping.json"
    path.write_text(text, encoding="utf-8")
    choices.pop(1)
    taken = take(engine.tools, HostMappingFile(path), text, made(), OPERATOR)
    assert (taken.after.version, taken.after.sites[code].name) == (3, named)
    assert [(each.version, each.author) for each in mapping_history(engine.tools)][:2] == [
        (3, "user:olga"), (2, "user:kim"),
    ]  # fmt: skip
    with pytest.raises(Conflict) as refused:
        take(engine.tools, HostMappingFile(path), path.read_text(), made(), OPERATOR)
    assert refused.value.code == "mapping_changed"


def test_a_number_that_is_used_for_something_else_is_told(engine: Installation) -> None:
    """The run goes on: what names a version is its hash."""
    extract = engine.extract()
    engine.land(extract)
    extract.mapping["roles"]["default"] = "Manager"
    assert not check_mapping(engine.tools, of(extract)).sound
    plan = engine.plan_of(engine.plan(extract, force=True))
    assert "version 1 was used before with other content" in str(plan.facts["mapping_drift"])
    extract.mapping["version"] = 2
    assert check_mapping(engine.tools, of(extract)).sound


def test_a_rehearsal_calls_nobody_and_stores_nothing(engine: Installation) -> None:
    extract, _ = without_a_site(engine)
    run = engine.plan(extract)
    whole = of(engine.extract())
    calls = len(engine.simulator.journal())
    found = rehearse_mapping(engine.tools, of(extract), whole)
    assert len(engine.simulator.journal()) == calls
    assert found.difference.held_rows["unmapped_site"][1] == 0
    assert found.difference.held_rows["unmapped_site"][0] > 0
    assert rehearse_mapping(engine.tools, whole, whole).difference.same
    assert [kept.sha256 for kept in mapping_history(engine.tools)] == [of(extract).sha256]
    with engine.database.transactions.begin() as uow:
        assert uow.runs.overtaken_by(run.id) is None


def test_a_rehearsed_plan_is_the_one_that_is_made(engine: Installation) -> None:
    """Both come from the same code over the same inputs, so their counts agree."""
    extract = engine.extract()
    extract.story()
    extract.rows[10]["work_email"] = "no address"
    engine.plan(extract)
    extract.mapping["groups"]["sites"].popitem()
    extract.mapping["version"] = 2
    found = rehearse_mapping(engine.tools, of(engine.extract()), of(extract))
    summary = engine.plan_of(engine.plan(extract, force=True)).summary
    told = {kind: new for kind, (_, new) in found.difference.kinds.items()}
    assert told == {kind: summary[kind] for kind in told}
    assert sum(new for _, new in found.difference.holds.values()) == summary["held"]


def test_without_an_extract_or_a_read_there_is_nothing_to_rehearse(engine: Installation) -> None:
    mapping = of(engine.extract())
    with pytest.raises(NotFound, match="no extract yet"):
        rehearse_mapping(engine.tools, mapping, mapping)
    with pytest.raises(NotFound, match="has not been read yet"):
        check_mapping(engine.tools, mapping, offline=True)


def test_offline_the_last_read_counts(engine: Installation) -> None:
    extract = engine.extract()
    assert engine.plan(extract).state is RunState.NO_CHANGES
    calls = len(engine.simulator.journal())
    found = check_mapping(engine.tools, of(extract), offline=True)
    assert found.sound
    assert found.known.read_at is not None
    assert len(engine.simulator.journal()) == calls


def test_a_guard_that_ascip_doesn_t_know_stops_the_run(engine: Installation) -> None:
    """Nobody could tell whom it guards."""
    extract = engine.extract()
    extract.mapping["protected"]["roles"] = ["Superuser"]
    run = engine.plan(extract)
    assert (run.state, run.reason) == (RunState.FAILED, "mapping_drift")
    assert "superuser" in (run.detail or "")


def test_a_hash_that_several_versions_begin_with_names_none(engine: Installation) -> None:
    with pytest.raises(NotFound):
        kept_mapping(engine.tools, "f")
    with pytest.raises(NotFound):
        kept_mapping(engine.tools, "12")


def test_a_folder_that_can_t_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="stays as it was"):
        HostMappingFile(tmp_path / "gone" / "mapping.json").replace("{}", "{}")
