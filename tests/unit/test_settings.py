"""The configuration: where a value comes from, what is refused and in which words, what is hashed."""

import os
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.declared import declared
from shared.domain.feeds.profiles import PROFILES, ProfileName
from shared.domain.policy import Ladder, Limits, MatchRule, PercentLimit, RemovalLimit, Scope
from shared.domain.school_calendar import WindowPolicy
from shared.settings import Loaded, load_settings

BASE = """\
[ascip]
base_url = "https://ascip.example/api/v1"
key_id = "district-sync"
secret = { env = "ASCIP_SECRET" }
"""
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_variables_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has set."""
    for name in [name for name in os.environ if name.startswith(("ASCIP_SYNC__", "ASCIP_SECRET"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write config.toml (and what else is named) and return its path."""

    def _write(text: str = "", *, base: str = BASE, **others: str) -> Path:
        (tmp_path / "config.toml").write_text(base + text, encoding="utf-8")
        for name, content in others.items():
            (tmp_path / name.replace("_", ".")).write_text(content, encoding="utf-8")
        return tmp_path / "config.toml"

    return _write


def problems(path: Path) -> list[str]:
    """The lines of a refusal, without the first."""
    with pytest.raises(ConfigInvalid) as refused:
        load_settings(path)
    first, *rest = str(refused.value).splitlines()
    assert first.endswith("Nothing was started.")
    return [line.strip() for line in rest]


# Values


def test_three_keys_are_enough_and_the_rest_has_defaults(write: Write) -> None:
    settings = load_settings(write()).settings
    assert settings.limits == Limits()
    assert settings.policy.staff.match == tuple(MatchRule)
    assert (settings.ascip.rate_per_s, settings.ascip.burst, settings.ascip.concurrency) == (
        10,
        10,
        32,
    )
    assert (settings.database.url, settings.redis.url) == ("embedded", "embedded")
    assert (settings.approval.mode, settings.approval.four_eyes) == ("always", False)
    assert settings.data_dir == Path("~/.local/share/ascip-sync").expanduser()


def test_every_table_of_a_file_is_read(write: Write) -> None:
    path = write("""
[district]
timezone = "America/Denver"
[staff]
mode = "delta"
scope = "linked"
match = ["employee_number", "work_email"]
[staff.headers]
site_code = ["Site", "School Code"]
[staff.exclude]
employee_type = ["Student Worker"]
[staff.removal]
ladder = "leave_groups"
first_run = "allow"
[limits.removals]
count = 25
[limits.adds]
percent = 12.5
""")
    policy = load_settings(path).settings.policy
    assert (policy.timezone, policy.base_url) == ("America/Denver", "https://ascip.example/api/v1")
    assert (policy.staff.mode, policy.staff.scope) == ("delta", Scope.LINKED)
    assert policy.staff.match == (MatchRule.EMPLOYEE_NUMBER, MatchRule.WORK_EMAIL)
    assert policy.staff.headers == {"site_code": ("Site", "School Code")}
    assert policy.staff.exclude == {"employee_type": ("Student Worker",)}
    assert policy.staff.removal.ladder is Ladder.LEAVE_GROUPS
    assert policy.limits.removals == RemovalLimit(count=25)
    assert policy.limits.adds == PercentLimit(percent=12.5)


def test_a_local_file_changes_single_keys_and_not_whole_tables(write: Write) -> None:
    path = write(
        "[limits.removals]\ncount = 25\npercent = 2\n",
        config_local_toml='[limits.removals]\npercent = 3\n[ascip]\nkey_id = "mine"\n',
    )
    loaded = load_settings(path)
    assert loaded.settings.limits.removals == RemovalLimit(count=25, percent=3)
    assert loaded.settings.ascip.key_id == "mine"
    assert loaded.settings.ascip.base_url == "https://ascip.example/api/v1"
    assert [file.name for file in loaded.files] == ["config.toml", "config.local.toml"]


def test_the_environment_is_strongest(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        "[log]\nlevel = 'ERROR'\n", config_local_toml="[ascip]\nrate_per_s = 3\nburst = 4\n"
    )
    monkeypatch.setenv("ASCIP_SYNC__ASCIP__RATE_PER_S", "20")
    monkeypatch.setenv("ASCIP_SYNC__LIMITS__REMOVALS__COUNT", "7")
    settings = load_settings(path).settings
    assert (settings.ascip.rate_per_s, settings.ascip.burst) == (20, 4)
    assert settings.limits.removals.count == 7
    assert settings.log.level == "ERROR"


def test_paths_are_relative_to_the_file_and_not_to_the_caller(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write('[staff]\nmapping = "maps/staff.json"\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_settings(path).mapping_path == tmp_path / "maps/staff.json"


def test_without_a_name_the_file_is_config_toml_here(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write().parent)
    assert load_settings().settings.ascip.key_id == "district-sync"


def test_one_load_leaves_nothing_to_the_next(write: Write, tmp_path: Path) -> None:
    load_settings(write("[log]\nlevel = 'ERROR'\n"))
    other = tmp_path / "other.toml"
    other.write_text(BASE, encoding="utf-8")
    assert load_settings(other).settings.log.level == "INFO"


# Refusals


def test_a_missing_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"There is no configuration at .*--config FILE"):
        load_settings(tmp_path / "config.toml")


def test_text_that_is_not_toml_is_refused(write: Write) -> None:
    with pytest.raises(ConfigInvalid, match=r"config\.toml: the file is not TOML"):
        load_settings(write("[limits\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ascp]\nkey = 1\n", "config.toml:5: ascp is not a key; did you mean ascip?"),
        ("[limits]\nmin_popluation = 3\n",
         "config.toml:6: limits.min_popluation is not a key; did you mean min_population?"),
        ("[limits.removals]\n\ncuont = 3\n",
         "config.toml:7: limits.removals.cuont is not a key; did you mean count?"),
        ("[staff.removal]\nlader = 'report'\n",
         "config.toml:6: staff.removal.lader is not a key; did you mean ladder?"),
        ("[log]\nzzz = 1\n",
         "config.toml:6: log.zzz is not a key; known here: file, format, level."),
    ],
)  # fmt: skip
def test_an_unknown_key_is_said_with_file_line_and_what_was_meant(
    write: Write, text: str, said: str
) -> None:
    assert problems(write(text)) == [said]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[limits.removals]\ncount = 'many'\n", "config.toml:6: limits.removals.count is not right"),
        ("[ascip.x]\n", "config.toml:5: ascip.x is not a key"),
        ("[staff]\nmode = 'half'\n", "config.toml:6: staff.mode is not right"),
        ("[staff]\nmatch = ['guess']\n", "config.toml:6: staff.match"),
        ("[district]\ntimezone = 'Mars/Olympus'\n",
         "config.toml:6: district.timezone is not right: 'Mars/Olympus' is not an IANA time zone"),
        ("[log]\nlevel = 'LOUD'\n", "config.toml:6: log.level is not right"),
        ("limits = 3\n", "config.toml:5: "),
    ],
)  # fmt: skip
def test_a_wrong_value_is_said_with_file_and_line(write: Write, text: str, place: str) -> None:
    (said,) = problems(write(text))
    assert said.startswith(place)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rate_per_s", 0),
        ("burst", 0),
        ("concurrency", 257),
        ("timeout_s", 0),
        ("detail_retries", -1),
    ],
)
def test_numbers_have_bounds(write: Write, key: str, value: int) -> None:
    (said,) = problems(write(f"{key} = {value}\n"))
    assert said.startswith(f"config.toml:5: ascip.{key} is not right")


def test_a_required_key_that_is_missing_is_said(write: Write) -> None:
    said = problems(write(base='[ascip]\nkey_id = "k"\n'))
    assert said == [
        "config.toml:1: ascip.base_url is missing.", "config.toml:1: ascip.secret is missing.",
    ]  # fmt: skip


def test_an_address_without_a_scheme_is_refused(write: Write) -> None:
    (said,) = problems(write(base=BASE.replace("https://", "")))
    assert said == "config.toml:2: ascip.base_url is not right: must start with https://."


def test_every_problem_is_said_in_one_pass(write: Write) -> None:
    said = problems(write("[limits]\nx = 1\n[log]\nlevel = 'LOUD'\n[staff]\nmode = 'half'\n[q]\n"))
    places = [line.split(" ")[1] for line in said]
    assert sorted(places) == ["limits.x", "log.level", "q", "staff.mode"]


def test_a_problem_of_the_local_file_names_the_local_file(write: Write) -> None:
    path = write(config_local_toml="\n[log]\nlevel = 'LOUD'\n")
    (said,) = problems(path)
    assert said.startswith("config.local.toml:3: log.level")


def test_a_key_in_both_files_is_looked_for_where_it_counts(write: Write) -> None:
    path = write("[log]\nlevel = 'INFO'\n", config_local_toml="[log]\nlevel = 'LOUD'\n")
    (said,) = problems(path)
    assert said.startswith("config.local.toml:2: log.level")


def test_no_refusal_repeats_a_value(write: Write) -> None:
    """It could be a secret in the wrong place."""
    said = problems(write("[database]\nurl = 5\n[limits.adds]\npercent = 'hunter2'\n"))
    assert "hunter2" not in str(said)


# How the extract is declared


@pytest.mark.parametrize("profile", ProfileName)
def test_a_profile_is_named_and_everything_about_it_has_a_default(
    write: Write, profile: ProfileName
) -> None:
    staff = load_settings(write(f'[staff]\nprofile = "{profile}"\n')).settings.policy.staff
    assert staff.profile is profile
    assert declared(staff) == PROFILES[profile]


def test_a_profile_that_is_not_there_is_said_with_those_that_are(write: Write) -> None:
    (said,) = problems(write("[staff]\nprofile = 'lincoln'\n"))
    assert said.startswith("config.toml:6: staff.profile is not right: ")
    assert all(f"'{name}'" in said for name in ProfileName)


def test_full_with_a_window_of_edits_must_be_declared(write: Write) -> None:
    text = "[staff]\nprofile = 'escape'\nmode = 'full'\n"
    (said,) = problems(write(text))
    assert said.startswith(
        'config.toml:7: staff.mode is "full", but an extract of the profile escape'
    )
    assert said.endswith("say so with staff.i_have_a_full_extract = true.")
    staff = load_settings(write(text + "i_have_a_full_extract = true\n")).settings.policy.staff
    assert declared(staff).mode == "full"
    assert (
        declared(load_settings(write(text.replace("full", "delta"))).settings.staff).mode == "delta"
    )


def test_a_date_format_and_a_separator_are_looked_at(write: Write) -> None:
    (said,) = problems(write("[staff]\ndate_format = 'MM/DD/YYYY'\n"))
    assert said.startswith("config.toml:6: staff.date_format is no format with day, month and year")
    (said,) = problems(write("[staff]\nsite_separator = '-'\n"))
    assert said.startswith("config.toml:6: staff.site_separator is not right")


# Secrets


def test_a_secret_comes_from_the_environment(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_settings(write())
    with pytest.raises(ConfigInvalid, match=r"ASCIP_SECRET .*is not set"):
        loaded.ascip_secret()
    monkeypatch.setenv("ASCIP_SECRET", "hunter2")
    assert loaded.ascip_secret() == "hunter2"


def test_a_secret_comes_from_a_file_beside_the_configuration(write: Write) -> None:
    base = BASE.replace('env = "ASCIP_SECRET"', 'file = "secret.txt"')
    assert load_settings(write(base=base, secret_txt="hunter2\n")).ascip_secret() == "hunter2"
    path = write(base=base.replace("secret.txt", "gone.txt"))
    with pytest.raises(ConfigInvalid, match=r"gone\.txt .*can't be read"):
        load_settings(path).ascip_secret()


def test_a_secret_written_into_config_toml_is_refused_without_repeating_it(write: Write) -> None:
    path = write(base=BASE.replace('{ env = "ASCIP_SECRET" }', '"hunter2"'))
    (said,) = problems(path)
    assert said.startswith("config.toml:4: ascip.secret is written out. Use { env =")
    assert "hunter2" not in said


def test_the_local_file_may_hold_it(write: Write) -> None:
    base = BASE.replace('secret = { env = "ASCIP_SECRET" }\n', "")
    loaded = load_settings(write(base=base, config_local_toml='[ascip]\nsecret = "hunter2"\n'))
    assert loaded.ascip_secret() == "hunter2"
    assert "hunter2" not in repr(loaded)


def test_a_folder_for_recordings_is_beside_the_configuration_or_where_the_command_line_says(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(write()).record is None
    loaded = load_settings(write(base=BASE.replace("[ascip]", "[ascip]\nrecord = 'traffic'")))
    assert loaded.record == tmp_path / "traffic"
    monkeypatch.chdir(tmp_path / "..")
    assert loaded.recorded_to(Path("other")).record == Path.cwd() / "other"


# The hash


def hashed(write: Write, text: str = "", **values: Any) -> str:
    return load_settings(write(text, **values)).settings.config_sha256()


@pytest.mark.parametrize(
    "text",
    [
        "[limits]\nmin_population = 30\n",
        "[limits.removals]\ncount = 11\n",
        "[limits.adds]\npercent = 20.5\n",
        "[limits.key_changes]\nmin = 4\n",
        "[limits.failures]\nin_a_row = 6\n",
        "[[calendar]]\nfrom = '2026-06-10'\nto = '2026-06-11'\npolicy = 'pause'\n",
        "[approval]\nfour_eyes = true\n",
        "[approval]\nplan_ttl_h = 71\n",
        "[staff]\nmode = 'delta'\n",
        "[staff]\nmatch = ['work_email', 'employee_number']\n",
        "[staff.removal]\nladder = 'report'\n",
        "[staff.exclude]\nkind = ['x']\n",
        "[staff.headers]\nsite_code = ['Site']\n",
        "[staff]\nprofile = 'oneroster'\n",
        "[staff]\ndate_format = '%m/%d/%Y'\n",
        "[staff]\nsite_separator = ','\n",
        "[district]\ntimezone = 'America/Denver'\n",
    ],
)
def test_the_hash_changes_with_what_decides_a_plan(write: Write, text: str) -> None:
    assert hashed(write, text) != hashed(write)


def test_the_hash_changes_with_the_address(write: Write) -> None:
    assert hashed(write, base=BASE.replace("ascip.example", "other.example")) != hashed(write)
    assert hashed(write, base=BASE.replace("/api/v1", "/api/v1/")) == hashed(write)


@pytest.mark.parametrize(
    "text",
    [
        "rate_per_s = 3\n",
        "timeout_s = 3\n",
        "record = 'traffic'\n",
        "[log]\nlevel = 'ERROR'\n",
        "[data]\ndir = '/srv/data'\n",
        "[database]\nurl = 'postgresql://db.example/a'\n",
        "[redis]\nurl = 'redis://cache.example'\n",
        "[district]\nname = 'Else'\nenvironment = 'test'\n",
        "[drift]\nmax_age_days = 3\n",
        "[staff]\nmapping = 'elsewhere.json'\n",
        "[limits.adds]\npercent = 20.0\n",
        "[limits]\nmin_population = 20\n",
    ],
)
def test_the_hash_does_not_change_with_what_does_not(write: Write, text: str) -> None:
    assert hashed(write, text) == hashed(write)


def test_no_secret_is_in_the_hash(write: Write) -> None:
    other = BASE.replace("ASCIP_SECRET", "OTHER").replace("district-sync", "other-key")
    assert hashed(write, base=other) == hashed(write)


def test_the_hash_does_not_depend_on_the_order_of_keys(write: Write) -> None:
    one = "[limits]\nmin_population = 30\n[limits.removals]\ncount = 4\npercent = 2\n"
    two = "[limits.removals]\npercent = 2\ncount = 4\n[limits]\nmin_population = 30\n"
    assert tomllib.loads(one) == tomllib.loads(two)
    assert hashed(write, one) == hashed(write, two)


def test_settings_can_not_be_changed_afterwards(write: Write) -> None:
    loaded: Loaded = load_settings(write())
    with pytest.raises(ValueError, match="frozen"):
        loaded.settings.ascip.key_id = "else"  # type: ignore[misc]  # that is the point


def test_a_secret_has_exactly_one_source(write: Write) -> None:
    base = BASE.replace('{ env = "ASCIP_SECRET" }', "{}")
    with pytest.raises(ConfigInvalid, match="names either"):
        load_settings(write(base=base))


@pytest.mark.parametrize(("content", "why"), [(b" \n", "is empty"), (b"\xff\xfe", "not UTF-8")])
def test_a_secret_file_without_a_secret_is_refused(write: Write, content: bytes, why: str) -> None:
    config = write(base=BASE.replace('env = "ASCIP_SECRET"', 'file = "secret.txt"'))
    (config.parent / "secret.txt").write_bytes(content)
    with pytest.raises(ConfigInvalid, match=why):
        load_settings(config).ascip_secret()


def test_a_literal_secret_is_told_with_the_other_problems(write: Write) -> None:
    base = BASE.replace('{ env = "ASCIP_SECRET" }', '"hunter2"')
    with pytest.raises(ConfigInvalid, match="is not a key") as caught:
        load_settings(write("[limits.adds]\npercnt = 3\n", base=base))
    assert "is written out" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_local_file_that_is_not_toml_is_the_one_that_is_named(write: Write) -> None:
    with pytest.raises(ConfigInvalid, match=r"config\.local\.toml: the file is not TOML"):
        load_settings(write(config_local_toml="[x"))


def test_large_numbers_that_differ_by_one_give_another_hash(write: Write) -> None:
    hashes = {
        load_settings(write(f"[approval]\nplan_ttl_h = {n}\n")).settings.config_sha256()
        for n in (1234567, 1234568)
    }
    assert len(hashes) == 2


# Passwords of servers


SERVERS = """
[database]
url = "postgresql://sync@db.example:5432/sync"
password = { file = "db_password" }
[redis]
url = "redis://redis.example:6379/0"
password = { env = "ASCIP_SECRET" }
"""


def test_a_password_is_joined_to_the_address_however_it_is_written(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_settings(write(SERVERS))
    (tmp_path / "db_password").write_text("a/b@c:d\n", encoding="utf-8")
    monkeypatch.setenv("ASCIP_SECRET", "plain")
    assert loaded.url("database") == "postgresql://sync:a%2Fb%40c%3Ad@db.example:5432/sync"
    assert loaded.url("redis") == "redis://:plain@redis.example:6379/0"


def test_a_password_goes_with_a_socket_too(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = SERVERS.replace("sync@db.example:5432/sync", "/sync?host=/run/postgresql")
    sockets = sockets.replace('{ file = "db_password" }', '{ env = "ASCIP_SECRET" }')
    monkeypatch.setenv("ASCIP_SECRET", "plain")
    loaded = load_settings(write(sockets))
    assert loaded.url("database") == "postgresql://:plain@/sync?host=/run/postgresql"


def test_an_address_without_a_password_is_left_as_it_is(write: Write) -> None:
    loaded = load_settings(write('[database]\nurl = "postgresql:///sync?host=/run/postgresql"\n'))
    assert loaded.url("database") == "postgresql:///sync?host=/run/postgresql"
    assert loaded.url("redis") == "embedded"


def test_a_password_that_can_not_be_read_is_said_with_its_key(write: Write) -> None:
    with pytest.raises(ConfigInvalid, match=r"db_password \(database\.password\) can't be read"):
        load_settings(write(SERVERS)).url("database")


def test_a_password_within_an_address_is_refused_without_repeating_it(write: Write) -> None:
    (line,) = problems(write('[database]\nurl = "postgresql://sync:hunter2@db.example/sync"\n'))
    assert line.startswith("config.toml:6: database.url holds a password.")
    assert 'database.password = { file = "path" }' in line
    assert "hunter2" not in line


def test_the_local_file_may_hold_an_address_with_its_password(write: Write) -> None:
    address = "redis://:hunter2@redis.example:6379/0"
    loaded = load_settings(write(config_local_toml=f'[redis]\nurl = "{address}"\n'))
    assert loaded.url("redis") == address


@pytest.mark.parametrize("url", ["embedded", "redis://:hunter2@redis.example:6379/0"])
def test_a_password_has_one_place(write: Write, url: str) -> None:
    local = f'[redis]\nurl = "{url}"\npassword = {{ env = "ASCIP_SECRET" }}\n'
    (line,) = problems(write(config_local_toml=local))
    assert line.startswith("config.local.toml:1: redis is not right: names a password beside a URL")


def test_times_that_mean_nothing_are_named_all_at_once(write: Write) -> None:
    text = (
        '[staff.expected]\ndays = "monday"\nevery_days = 0\nby = "4 am"\n'
        '[drift]\nschedule = "0 3 * *"\n[schedule]\nstaff = "60 4 * * *"\n'
    )
    assert problems(write(text)) == [
        "config.toml:10: drift.schedule has 4 fields, not minute, hour, day, month and week day.",
        "config.toml:12: schedule.staff is not a cron expression: bad minute.",
        'config.toml:6: staff.expected.days names no week days; write "mon-fri" or "mon,wed".',
        "config.toml:7: staff.expected.every_days stands beside days; keep one of them.",
        "config.toml:7: staff.expected.every_days must be 1 or more.",
        'config.toml:8: staff.expected.by is no time of day; write "04:00".',
    ]


def windows(*days: tuple[str, str, str]) -> str:
    return "".join(
        f'[[calendar]]\nfrom = {first}\nto = {last}\npolicy = "{policy}"\n'
        for first, last, policy in days
    )


def test_windows_of_the_calendar_are_days_and_a_policy(write: Write) -> None:
    text = windows(
        ('"2026-06-10"', "2026-08-05", "adds_only"), ('"2026-08-06"', '"2026-08-06"', "pause")
    )
    one, other = load_settings(write(text)).settings.policy.calendar
    assert (one.first, one.last) == (date(2026, 6, 10), date(2026, 8, 5))
    assert (one.policy, other.policy) == (WindowPolicy.ADDS_ONLY, WindowPolicy.PAUSE)


def test_windows_that_contradict_each_other_are_named(write: Write) -> None:
    text = windows(
        ('"2026-06-10"', '"2026-06-09"', "pause"), ('"2026-08-01"', '"2026-08-05"', "adds_only"),
        ('"2026-08-05"', '"2026-08-09"', "pause"),
    )  # fmt: skip
    assert problems(write(text)) == [
        "config.toml:5: calendar has a window that ends (2026-06-09) before it begins (2026-06-10).",
        "config.toml:5: calendar says both adds_only and pause of 2026-08-05 to 2026-08-05.",
    ]


@pytest.mark.parametrize("day", ['"20260610"', '"10 June"', "20260610", "2026-06-10T00:00:00"])
def test_a_day_is_written_as_a_date(write: Write, day: str) -> None:
    (problem,) = problems(write(windows((day, '"2026-06-11"', "pause"))))
    assert "calendar.0.from is not right: not a date such as" in problem


def test_never_is_written_as_nothing(write: Write) -> None:
    settings = load_settings(write('[drift]\nschedule = ""\n')).settings
    assert (settings.drift.schedule, settings.schedule.staff) == ("", "")
