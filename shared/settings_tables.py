"""The tables of config.toml that say how the program runs; what plans depend on is in the domain's policy."""

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    SecretStr,
    create_model,
    field_validator,
    model_validator,
)

from shared.domain.access import Role
from shared.domain.email_address import email_fault
from shared.domain.feeds.governed import FEEDS
from shared.domain.notice import Mailing, SuccessMail
from shared.domain.policy import FeedPolicy
from shared.domain.school_calendar import Window, WindowPolicy

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _address(value: str) -> str:
    if email_fault(value):
        raise ValueError(f"{value!r} is not an email address")
    return value


Address = Annotated[str, AfterValidator(_address)]


class SecretSource(_Table):
    """Where a secret is: never the secret itself."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError('names either { env = "NAME" } or { file = "path" }')
        return self


class DistrictSettings(_Table):
    """`[district]`"""

    name: str = "District"
    environment: str = "production"
    timezone: str = "America/Los_Angeles"

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone") from error
        return value


class AscipSettings(_Table):
    """`[ascip]`"""

    base_url: str
    key_id: str
    secret: SecretSource | SecretStr
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] = 10
    burst: Annotated[int, Field(ge=1)] = 10
    concurrency: Annotated[int, Field(ge=1, le=256)] = 32
    timeout_s: Annotated[float, Field(gt=0)] = 30
    detail_retries: Annotated[int, Field(ge=0, le=10)] = 1
    #: A folder for redacted exchanges, to be sent to whoever maintains the client.
    record: Path | None = None

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must start with https://")
        return value.rstrip("/")


class WindowSettings(_Table):
    """`[[calendar]]`: days of the school year on which ASCIP is left alone, or people only added."""

    model_config = ConfigDict(serialize_by_alias=True)
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    policy: WindowPolicy

    @field_validator("first", "last", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        if type(value) is date or (isinstance(value, str) and _ISO_DATE.fullmatch(value)):
            return value
        raise ValueError('not a date such as "2026-06-10"')

    @property
    def window(self) -> Window:
        """As plans see it."""
        return Window(first=self.first, last=self.last, policy=self.policy)


class UrlSettings(_Table):
    """`[database]` and `[redis]`: `embedded`, or a URL, its password apart from it."""

    url: str = "embedded"
    password: SecretSource | None = None

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.password and (self.url == "embedded" or urlsplit(self.url).password):
            raise ValueError("names a password beside a URL that has one or needs none")
        return self


class DataSettings(_Table):
    """`[data]`"""

    dir: Path = Path("~/.local/share/ascip-sync")


class LogSettings(_Table):
    """`[log]`"""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    file: str = ""
    format: Literal["console", "json"] = "console"


class ServerSettings(_Table):
    """`[server]`"""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    max_upload_mb: Annotated[int, Field(ge=1)] = 2048
    #: Where people reach this server; links in mails begin with it.
    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""


class TlsSettings(_Table):
    """`[tls]`: of the server's own listener."""

    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    minimum: Literal["1.2", "1.3"] = "1.3"

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("names both cert and key, or neither")
        return self


class DropSettings(_Table):
    """`[drop]`"""

    dir: Path | None = None
    stable_s: Annotated[float, Field(gt=0)] = 5
    keep_days: Annotated[int, Field(ge=0)] = 7


class KeysSettings(_Table):
    """`[keys]`: master keys, newest first; without any, one is made in the data directory."""

    master: tuple[SecretSource, ...] = ()


class MailSettings(_Table):
    """`[mail]`: without a host no mail is sent, and commands say so."""

    model_config = ConfigDict(serialize_by_alias=True)
    host: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: Address = Field("ascip-sync@localhost.localdomain", alias="from")
    #: Who hears of what is nobody's own, and in place of a role below that names nobody.
    to: tuple[Address, ...] = ()
    approver: tuple[Address, ...] = ()
    operator: tuple[Address, ...] = ()
    compliance: tuple[Address, ...] = ()
    admin: tuple[Address, ...] = ()
    #: When a run that ended well is told of.
    success: SuccessMail = SuccessMail.CHANGES
    #: Whether counts and limits go along as `summary.csv`.
    attach_summary: bool = False
    user: str | None = None
    password: SecretSource | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("names both user and password, or neither")
        if self.user is not None and self.tls == "none":
            raise ValueError('would send the password in clear: tls is "starttls" or "tls"')
        return self

    @property
    def mailing(self) -> Mailing:
        """Who is told what, and when."""
        of_role = {
            Role.APPROVER: self.approver, Role.OPERATOR: self.operator,
            Role.COMPLIANCE: self.compliance, Role.ADMIN: self.admin,
        }  # fmt: skip
        return Mailing(
            to=self.to, of_role=of_role, success=self.success, attach_summary=self.attach_summary
        )


class QuarantineSettings(_Table):
    """`[quarantine]` of governed feeds."""

    due_days: Annotated[int, Field(ge=1, le=3650)] = 14


class FeedSettings(_Table):
    """`[feeds.staff]`"""

    #: The file a schedule takes; without it the newest extract is planned again.
    source: Path | None = None


class _StaffFeed(_Table):
    """`[feeds]`"""

    staff: FeedSettings = FeedSettings()


if TYPE_CHECKING:
    FeedsSettings = _StaffFeed
else:
    # A table for each governed feed, so that a new feed is declared in one place.
    FeedsSettings = create_model(
        "FeedsSettings", __base__=_StaffFeed, __doc__=_StaffFeed.__doc__,
        **dict.fromkeys(FEEDS, (FeedPolicy, FeedPolicy())),
    )  # fmt: skip


class _Days(_Table):
    """`[retention.feeds]`"""


if TYPE_CHECKING:
    FeedsRetention = _Days
else:
    # Days a version that is no longer in force is kept after the record's date.
    FeedsRetention = create_model(
        "FeedsRetention", __base__=_Days, __doc__=_Days.__doc__,
        **{name: (PositiveInt, feed.retention_days) for name, feed in FEEDS.items()},
    )  # fmt: skip


class RetentionSettings(_Table):
    """`[retention]`: what is kept how long, in days."""

    feeds: FeedsRetention = FeedsRetention()


class ScheduleSettings(_Table):
    """`[schedule]`: a cron expression for each feed, in the district's time zone; empty for never."""

    staff: str = ""
