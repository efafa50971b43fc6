"""Which URL and key are meant, what is refused, and how verdicts are told."""

from pathlib import Path

import pytest
import typer

from services.cli.exits import Exit
from services.cli.verbs_conformance import (
    Wish,
    _base_url,
    _credentials,
    _exit,
    _left,
    _refuse_production,
    _shown,
    _summary,
)
from shared.domain.errors import ConfigInvalid
from shared.ports.conformance import Conformity, Judged, LeftBehind, Rule
from shared.settings import Loaded, load_settings

URL = "https://lms.example.org/api/v1"


def loaded(folder: Path, environment: str = "production", url: str = URL) -> Loaded:
    config = folder / "config.toml"
    config.write_text(
        f'[district]\nenvironment = "{environment}"\n[ascip]\nbase_url = "{url}"\n'
        'key_id = "own"\nsecret = { file = "secret" }\n'
    )
    (folder / "secret").write_text("of the configuration\n")
    return load_settings(config)


def wish(
    key_id: str | None = None, secret_env: str | None = None, secret_file: Path | None = None
) -> Wish:
    return Wish(url=URL, config=None, key_id=key_id, secret_env=secret_env, secret_file=secret_file)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (URL, URL),
        (f"{URL}/", URL),
        ("https://lms.example.org", URL),
        ("https://lms.example.org/", URL),
        ("http://127.0.0.1:8080/sandbox/api/v1", "http://127.0.0.1:8080/sandbox/api/v1"),
    ],
)
def test_api_v1_may_be_left_out(given: str, meant: str) -> None:
    assert _base_url(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        "lms.example.org", "ftp://lms.example.org/api/v1", "https:///api/v1", f"{URL}?page=1",
        f"{URL}#x", "https://me:secret@lms.example.org/api/v1", "https://lms.example.org/api",
        "https://lms.example.org:port/api/v1", "https://[lms/api/v1",
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_wrong_usage(given: str) -> None:
    with pytest.raises(typer.BadParameter):
        _base_url(given)


def test_for_its_own_url_the_configuration_s_key_is_taken(tmp_path: Path) -> None:
    for same in (URL, "https://LMS.example.org:443/api/v1"):
        assert _credentials(wish(), same, loaded(tmp_path)) == ("own", "of the configuration")


@pytest.mark.parametrize(
    "other",
    [
        "http://lms.example.org/api/v1",
        "https://lms.example.org:8443/api/v1",
        "https://sandbox.example.org/api/v1",
        "https://lms.example.org/sandbox/api/v1",
    ],
)
def test_for_another_url_the_key_must_be_named(tmp_path: Path, other: str) -> None:
    with pytest.raises(typer.BadParameter):
        _credentials(wish(), other, loaded(tmp_path))
    with pytest.raises(typer.BadParameter):
        _credentials(wish(), other, None)


def test_a_secret_is_in_a_variable_or_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_SECRET", "of the variable")
    file = tmp_path / "secret"
    file.write_text("of the file\n")
    assert _credentials(wish("k", "LMS_SECRET"), URL, None) == ("k", "of the variable")
    assert _credentials(wish("k", None, file), URL, None) == ("k", "of the file")


@pytest.mark.parametrize(
    "half",
    [
        wish("k"),
        wish(None, "LMS_SECRET"),
        wish(None, None, Path("secret")),
        wish("k", "LMS_SECRET", Path("secret")),
    ],
)
def test_half_a_key_is_wrong_usage(tmp_path: Path, half: Wish) -> None:
    with pytest.raises(typer.BadParameter):
        _credentials(half, URL, loaded(tmp_path))


def test_a_secret_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LMS_SECRET", raising=False)
    with pytest.raises(ConfigInvalid, match="LMS_SECRET"):
        _credentials(wish("k", "LMS_SECRET"), URL, None)
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(ConfigInvalid, match="empty"):
        _credentials(wish("k", None, empty), URL, None)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://lms.example.org/api/v1",
        "https://LMS.example.org.:443/api/v1",
        "https://lms.example.org/other/api/v1",
    ],
)
def test_production_is_not_written_to_by_any_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigInvalid, match="sandbox"):
        _refuse_production(url, loaded(tmp_path))


def test_a_sandbox_is_written_to(tmp_path: Path) -> None:
    _refuse_production(URL, loaded(tmp_path, environment="test"))
    _refuse_production("https://sandbox.example.org/api/v1", loaded(tmp_path))
    _refuse_production("https://lms.example.org:8443/api/v1", loaded(tmp_path))


def judged(conformity: Conformity, rule_id: str = "tenant") -> Judged:
    rule = Rule(id=rule_id, statement="It is so.", writes=False)
    return Judged(rule=rule, conformity=conformity, detail="seen")


HOLDS, BROKEN, NOT_CHECKED = (judged(conformity) for conformity in Conformity)


def test_each_rule_gets_a_line_with_a_sign(capsys: pytest.CaptureFixture[str]) -> None:
    assert _shown([HOLDS, BROKEN, NOT_CHECKED], quiet=False) == [HOLDS, BROKEN, NOT_CHECKED]
    assert capsys.readouterr().out.splitlines() == [
        "ok  tenant               seen",
        "x   tenant               seen",
        "-   tenant               not checked: seen",
    ]
    _shown([HOLDS], quiet=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("found", "left", "code"),
    [
        ([HOLDS, NOT_CHECKED], LeftBehind(people=(1,)), Exit.DONE),
        ([HOLDS, BROKEN], LeftBehind(), Exit.INVALID),
        ([HOLDS], LeftBehind(people=(1,), unclean=(1,)), Exit.ERRORS),
        ([HOLDS], LeftBehind(lost=("a@example.invalid",)), Exit.ERRORS),
        ([BROKEN], LeftBehind(people=(1,), unclean=(1,)), Exit.INVALID),
    ],
)
def test_the_exit_code_tells_a_broken_rule_first(
    found: list[Judged], left: LeftBehind, code: Exit
) -> None:
    assert _exit(found, left) is code


def test_the_summary_counts_and_says_what_takes_writes() -> None:
    found = [HOLDS, BROKEN, NOT_CHECKED]
    wrote = _summary(found, 7, 1.25, wrote=True)
    assert wrote == "3 rules: 1 hold, 1 broken, 1 not checked. 7 requests in 1.2 s."
    assert "--write-sandbox" in _summary(found, 7, 1.25, wrote=False)


def test_what_is_left_behind_is_told_with_ids() -> None:
    assert _left(LeftBehind()) == "Nothing is left behind."
    told = _left(LeftBehind(people=(4, 5), unclean=(5,), lost=("c-1@example.invalid",)))
    assert "inactive and without groups: 4." in told
    assert "could not be put away: 5." in told
    assert "c-1@example.invalid" in told
