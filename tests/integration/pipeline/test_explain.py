"""One person explained: six steps whatever became of them, and nothing written by it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from services.cli.verbs_explain import lines
from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.domain.errors import InputInvalid, NotFound
from shared.domain.explanation import Step, StepName, StepStatus
from shared.domain.run import RunState
from shared.pipeline.explain import Explanation, explain
from shared.ports.views import PageOf
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread

N, S = StepName, StepStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An installation in which everything has become of somebody, and who is who."""

    engine: Installation
    ids: dict[str, str]
    known: dict[str, dict[StepName, Step]] = field(default_factory=dict)

    def told(self, key: str, limit: int = 1) -> Explanation:
        return explain(self.engine.tools, self.ids.get(key, key), PageOf(limit=limit))

    def steps(self, key: str) -> dict[StepName, Step]:
        """Of the newest run; asked for once."""
        if key not in self.known:
            (run,) = self.told(key).runs.items
            self.known[key] = {step.name: step for step in run.steps}
        return self.known[key]


@pytest.fixture(scope="module")
def story(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:  # fmt: skip
    """Two runs, the second applied; it takes longer to make than all questions to it."""
    simulator_thread.reset(60, 2)
    database = Database(servers.create("explained", template))
    engine = Installation(database, simulator_thread, tmp_path_factory.mktemp("explained") / "data")
    engine.staff(exclude={"employee_type": ("Student worker",)})
    yield Story(engine=engine, ids=_played(engine))
    engine.close()
    database.close()
    servers.drop("explained")


def _played(engine: Installation) -> dict[str, str]:
    extract = engine.extract()
    engine.plan(extract)
    names = (
        "renamed", "moved", "quarantined", "excluded", "unmapped_site", "unmapped_word", "ended",
        "protected", "quiet", "twin", "other_twin", "mailed",
    )  # fmt: skip
    ids = dict(zip(names, extract.ids, strict=False))
    ids["absent"] = extract.ids[20]
    extract.rename([ids["renamed"]])
    extract.row(ids["renamed"])["job_title"] = f" {extract.row(ids['renamed'])['job_title']}  "
    extract.move([ids["moved"]])
    extract.row(ids["quarantined"])["last_name"] = ""
    extract.row(ids["excluded"])["employee_type"] = "Student worker"
    extract.row(ids["unmapped_site"])["site_code"] = "999"
    extract.row(ids["unmapped_word"])["job_title"] = "Wizard"
    extract.row(ids["ended"])["end_date"] = "2026-11-03"
    extract.row(ids["other_twin"])["work_email"] = extract.row(ids["twin"])["work_email"]
    extract.row(ids["mailed"])["work_email"] = "another@lincoln.example"
    guarded = extract.row(ids["protected"])
    guarded["last_name"] += "x"
    extract.mapping["protected"]["usernames"].append(
        engine.simulator.person(ids["protected"])["username"]
    )
    extract.mapping["version"] += 1
    extract.remove(*extract.ids[20:31])
    (ids["new"], lost) = extract.add(2)
    extract.row(lost).update(employee_id="", work_email="lost@lincoln.example")
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED, run.detail
    return ids


OUTCOMES = {
    # who: import, scoping, matching, mapping, diff, action
    "renamed": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS),
    "moved": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS),
    "new": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS),
    "quiet": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SKIPPED),
    "quarantined": (S.FAILURE, S.WARNING, S.SKIPPED, S.SKIPPED, S.SKIPPED, S.SKIPPED),
    "excluded": (S.SUCCESS, S.SKIPPED, S.SKIPPED, S.SKIPPED, S.SKIPPED, S.SKIPPED),
    "unmapped_site": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.FAILURE, S.WARNING, S.WARNING),
    "unmapped_word": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.WARNING, S.WARNING, S.WARNING),
    "protected": (S.SUCCESS, S.WARNING, S.SUCCESS, S.SUCCESS, S.SUCCESS, S.WARNING),
    "ended": (S.SUCCESS, S.SUCCESS, S.SUCCESS, S.SKIPPED, S.SUCCESS, S.WARNING),
    "absent": (S.WARNING, S.SUCCESS, S.SKIPPED, S.SKIPPED, S.SUCCESS, S.WARNING),
    "twin": (S.SUCCESS, S.WARNING, S.FAILURE, S.SUCCESS, S.SKIPPED, S.WARNING),
    "nobody": (S.WARNING, S.SKIPPED, S.SKIPPED, S.SKIPPED, S.SKIPPED, S.SKIPPED),
}


@pytest.mark.parametrize("who", OUTCOMES)
def test_each_has_six_steps_whatever_became_of_them(story: Story, who: str) -> None:
    steps = story.steps(who)
    assert list(steps) == list(StepName)
    assert tuple(step.status for step in steps.values()) == OUTCOMES[who]
    for step in steps.values():
        assert step.words
        assert all(sentence.endswith(".") for sentence in step.words), step.words
        assert "@lincoln.example" not in step.description.replace("***@lincoln.example", "")


SAID = [
    ("renamed", N.IMPORT, "job_title: ' "),
    ("renamed", N.IMPORT, "  ' is read as '"),
    ("renamed", N.MATCHING, "Matched by link: ASCIP "),
    ("renamed", N.DIFF, " Renamed'."),
    ("renamed", N.ACTION, "update: succeeded on 20"),
    ("renamed", N.ACTION, "PUT /people/"),
    ("renamed", N.ACTION, "1 attempt; read again, as written."),
    ("moved", N.DIFF, "Joins "),
    ("moved", N.DIFF, "Leaves "),
    ("new", N.MATCHING, "Nobody in ASCIP fits: somebody new."),
    ("new", N.ACTION, "add: succeeded on "),
    ("quiet", N.MAPPING, "by groups.sites."),
    ("quiet", N.MAPPING, "by buckets.Job Class.values."),
    ("quiet", N.DIFF, "Nothing differs: ASCIP is as the row says."),
    ("quarantined", N.IMPORT, "was not taken: last_name: a value is required (missing_value)."),
    ("quarantined", N.SCOPING, "Shielded: a row that was not taken names them, or may."),
    ("excluded", N.SCOPING, "Excluded: employee_type has a value that a rule declares not ours"),
    ("unmapped_site", N.MAPPING, "site_code '999' is not in the mapping."),
    ("unmapped_site", N.ACTION, "The row is held: unmapped_site, site '999' is not in the mapping"),
    ("unmapped_word", N.DIFF, "becomes 'Wizard', held: unmapped_bucket_value."),
    ("protected", N.SCOPING, "Protected: the mapping names the account"),
    ("protected", N.ACTION, "update: held, protected."),
    ("ended", N.SCOPING, "Since 2026-11-04, because: end date."),
    ("ended", N.DIFF, "Is deactivated: end date 2026-11-03 has passed (row "),
    ("absent", N.SCOPING, "Last seen in row 21 of staff.csv"),
    ("absent", N.ACTION, "deactivate: held, gate (removals 12 of 10, unidentified_rows 1 of 1)."),
    ("absent", N.ACTION, "Approved by user:anna on "),
    ("twin", N.MATCHING, "Nobody is guessed: 2 rows claim one work email (ASCIP "),
    ("nobody", N.SCOPING, "Neither the file nor ASCIP knows them."),
]


@pytest.mark.parametrize(("who", "step", "words"), SAID)
def test_a_step_says_why(story: Story, who: str, step: StepName, words: str) -> None:
    assert words in story.steps(who)[step].description


def test_somebody_is_found_by_each_of_their_keys(story: Story) -> None:
    wanted = story.told("renamed").who
    assert wanted is not None
    person = story.engine.simulator.person(story.ids["renamed"])
    for key in (
        wanted.employee_id, str(wanted.employee_id).lower(), f" {wanted.employee_id} ",
        f"ascip:{wanted.ascip_id}", f"ASCIP:{wanted.ascip_id}", str(wanted.ascip_id),
        person["email"], person["email"].upper(),
    ):  # fmt: skip
        assert story.told(str(key)).who == wanted, key
    assert story.told(person["email"][1:]).who is None, "a part of an address is no address"


def test_an_address_of_two_people_names_both(story: Story) -> None:
    """One has it in ASCIP, and by mistake another in the file too."""
    found = story.told(story.engine.simulator.person(story.ids["twin"])["email"])
    assert found.who is not None
    assert found.who.employee_id == story.ids["twin"]
    assert found.also == [story.ids["other_twin"]]


def test_a_row_that_is_stored_nowhere_is_found_by_its_address(story: Story) -> None:
    """Nobody in ASCIP has it, and the row has no employee id: it stands in the file alone."""
    steps = story.steps("lost@lincoln.example")
    assert steps[N.IMPORT].status is S.FAILURE
    assert "employee_id: a value is required" in steps[N.IMPORT].description


def test_earlier_runs_come_after_the_newest(story: Story) -> None:
    found = story.told("renamed", limit=5)
    newest, first = found.runs.items
    assert (found.runs.total, found.runs.has_more) == (2, False)
    assert first.steps[2].description.startswith("Matched by employee number: ASCIP ")
    assert newest.steps[2].description.startswith("Matched by link: ASCIP ")
    page = PageOf(limit=5, after=newest.run.id)
    (again,) = explain(story.engine.tools, story.ids["renamed"], page).runs.items
    assert again == first
    (alone,) = explain(
        story.engine.tools, story.ids["renamed"], PageOf(), run_id=first.run.id
    ).runs.items
    assert alone.run == first.run


def test_a_new_address_means_the_same_person_in_older_runs(story: Story) -> None:
    newest = story.told("mailed").runs.items[0].run.id
    page = PageOf(after=newest)
    found = explain(story.engine.tools, "another@lincoln.example", page)
    assert found.who is not None
    assert found.who.employee_id == story.ids["mailed"]
    assert found.runs.items[0].steps[0].status is S.SUCCESS


def test_a_file_is_not_read_again_under_another_configuration_or_once_it_is_gone(
    story: Story, tmp_path: Path
) -> None:
    tools = story.engine.tools
    others = (
        replace(tools, config_sha256="another"),
        replace(tools, vault=FolderVault(tmp_path, Keyring([b"k" * 32]))),
    )
    for other in others:
        for who, status in (("excluded", S.WARNING), ("renamed", S.SUCCESS)):
            (run,) = explain(other, story.ids[who], PageOf(limit=1)).runs.items
            assert run.steps[0].status is status
            assert len(run.steps[0].words) == 1, "nothing of the file"


def test_nothing_is_written_or_called(story: Story) -> None:
    before, calls = story.engine.database.dump(), len(story.engine.simulator.journal())
    for who in (*story.ids, "nobody", "nobody@lincoln.example", "ascip:1"):
        story.told(who, limit=5)
    assert story.engine.database.dump() == before
    assert len(story.engine.simulator.journal()) == calls


@pytest.mark.parametrize("key", ["", "  ", "ascip:", "ascip:x", "ascip:1234567890123456789"])
def test_what_is_no_key_is_refused_without_being_repeated(story: Story, key: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        story.told(key)
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["\x00", "E\x00", "a\x00@x.example", "%", "'", '"@x', "\\@x", "ß@x.example"]
)
def test_a_strange_key_is_nobody_s(story: Story, key: str) -> None:
    assert story.told(key).who is None


def test_a_run_of_another_feed_or_none_has_nobody(story: Story) -> None:
    with pytest.raises(NotFound):
        explain(story.engine.tools, "E1", PageOf(), run_id="run_x")
    with pytest.raises(NotFound):
        explain(story.engine.tools, "E1", PageOf(after="run_x"))


def test_before_the_first_run_there_is_nothing_to_explain(engine: Installation) -> None:
    with pytest.raises(NotFound, match="No run has read a file of staff yet"):
        explain(engine.tools, "E1", PageOf())


def test_the_words_for_a_terminal(story: Story) -> None:
    told = "\n".join(lines(story.told("renamed")))
    assert told.startswith(story.ids["renamed"])
    assert "  ok matching  Matched by link" in told
    assert "Earlier runs: --after run_" in told
    assert "Nobody goes with this employee id" in "\n".join(lines(story.told("nobody")))
