"""`[mail]` refuses what could not work, or would say a password in clear."""

import pytest
from pydantic import ValidationError

from shared.settings_tables import MailSettings, ServerSettings

LOGIN = {"user": "sync", "password": {"env": "MAIL_PASSWORD"}}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"user": "sync"}, "both user and password"),
        ({"password": {"env": "X"}}, "both user and password"),
        (LOGIN | {"tls": "none"}, "in clear"),
        ({"from": "sync"}, "not an email address"),
        ({"to": ["a@b.example", "c@d.example\nBcc: e@f.example"]}, "not an email address"),
        ({"port": 0}, "greater than or equal to 1"),
    ],
)
def test_what_could_not_work_is_refused(table: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MailSettings.model_validate(table)


def test_a_login_goes_over_an_encrypted_line_by_itself() -> None:
    settings = MailSettings.model_validate(LOGIN | {"host": "smtp.example", "from": "a@b.example"})
    assert (settings.tls, settings.sender) == ("starttls", "a@b.example")


@pytest.mark.parametrize("url", ["sync.example", "ftp://sync.example", "https://a b"])
def test_links_lead_to_a_web_address(url: str) -> None:
    with pytest.raises(ValidationError):
        ServerSettings(url=url)
