"""Configuration: config.toml, config.local.toml beside it, and ASCIP_SYNC__… in the environment.

Strength: environment > config.local.toml > config.toml > defaults. An unknown key is an error with
file, line and suggestion. Secrets are `{ env = "NAME" }` or `{ file = "path" }`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from shared.domain.canonical import fingerprint
from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.declared import faults
from shared.domain.feeds.governed import FEEDS
from shared.domain.mapping import parse_mapping
from shared.domain.policy import ApprovalPolicy, DriftPolicy, Limits, Policy, StaffPolicy
from shared.domain.run import TargetName, target_of
from shared.domain.school_calendar import calendar_faults
from shared.settings_errors import (
    Problem,
    explain,
    joined,
    literal_secrets,
    not_toml,
    unusable_times,
)
from shared.settings_tables import (
    AscipSettings,
    DataSettings,
    DistrictSettings,
    DropSettings,
    FeedsSettings,
    KeysSettings,
    LogSettings,
    MailSettings,
    QuarantineSettings,
    RetentionSettings,
    ScheduleSettings,
    SecretSource,
    ServerSettings,
    TlsSettings,
    UrlSettings,
    WindowSettings,
)

DEFAULT_CONFIG = Path("config.toml")


class Settings(BaseSettings):
    """Every key that is used so far."""

    model_config = SettingsConfigDict(
        env_prefix="ASCIP_SYNC__", env_nested_delimiter="__", extra="forbid", frozen=True
    )
    #: Where keys come from in this load; set by `load_settings` before pydantic looks.
    files: ClassVar[list[Path]] = []

    district: DistrictSettings = DistrictSettings()
    ascip: AscipSettings
    staff: StaffPolicy = StaffPolicy()
    limits: Limits = Limits()
    calendar: tuple[WindowSettings, ...] = ()
    approval: ApprovalPolicy = ApprovalPolicy()
    drift: DriftPolicy = DriftPolicy()
    database: UrlSettings = UrlSettings()
    redis: UrlSettings = UrlSettings()
    data: DataSettings = DataSettings()
    server: ServerSettings = ServerSettings()
    tls: TlsSettings = TlsSettings()
    drop: DropSettings = DropSettings()
    keys: KeysSettings = KeysSettings()
    mail: MailSettings = MailSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    feeds: FeedsSettings = FeedsSettings()
    retention: RetentionSettings = RetentionSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic names them
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over files; a local file changes single keys, not whole tables."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=cls.files, deep_merge=True)
        return (EnvSettingsSource(settings_cls), toml)

    @property
    def data_dir(self) -> Path:
        """The data directory, with `~` resolved."""
        return self.data.dir.expanduser().absolute()

    @property
    def policy(self) -> Policy:
        """What plans depend on."""
        return Policy(
            base_url=self.ascip.base_url, timezone=self.district.timezone, staff=self.staff,
            feeds={name: getattr(self.feeds, name) for name in FEEDS}, limits=self.limits,
            calendar=tuple(each.window for each in self.calendar), approval=self.approval,
            drift=self.drift, retention=self.retention.feeds.model_dump(),
        )  # fmt: skip

    def config_sha256(self) -> str:
        """Hash of what a plan depends on: the tables, base URL and time zone of `policy`."""
        tables = {"staff", "limits", "calendar", "approval", "feeds"}
        dump = self.model_dump(mode="json", include=tables)
        # The mapping has a hash of its own; where its file lies doesn't matter.
        dump["staff"].pop("mapping")
        return fingerprint(
            _no_floats(dump | {"base_url": self.ascip.base_url, "timezone": self.district.timezone})
        )


class Loaded(BaseModel):
    """Settings with the places they came from."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    settings: Settings
    #: The folder relative paths are relative to.
    base: Path
    files: tuple[Path, ...]

    @property
    def mapping_path(self) -> Path:
        """The mapping file."""
        return self.base / self.settings.staff.mapping

    def mapping_text(self) -> str:
        """The mapping file as it is now.

        Raises:
            ConfigInvalid: it can't be read.
        """
        try:
            return self.mapping_path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigInvalid(
                f"The mapping file {self.mapping_path} can't be read: {why}."
                " Nothing was started. Write it, or correct staff.mapping.",
                code="mapping_missing",
            ) from error

    def mapping_text_for(self, feed: str) -> str:
        """The mapping file as it is now, where the feed needs one. Raises like `mapping_text`."""
        return self.mapping_text() if target_of(feed) is TargetName.ASCIP else ""

    def mapping_sha256(self) -> str:
        """Hash of the mapping file as it is now.

        Raises:
            ConfigInvalid: it can't be read or used.
        """
        return parse_mapping(self.mapping_text()).sha256

    @property
    def log_file(self) -> Path | None:
        """The file that is written instead of stderr."""
        file = self.settings.log.file
        return self.base / Path(file).expanduser() if file else None

    @property
    def record(self) -> Path | None:
        """The folder that exchanges with ASCIP are recorded in."""
        folder = self.settings.ascip.record
        return self.base / folder.expanduser() if folder else None

    def recorded_to(self, folder: Path) -> Self:
        """The same, but that exchanges are recorded in ``folder``."""
        ascip = self.settings.ascip.model_copy(update={"record": folder.absolute()})
        settings = self.settings.model_copy(update={"ascip": ascip})
        return self.model_copy(update={"settings": settings})

    def ascip_secret(self) -> str:
        """The signing secret.

        Raises:
            ConfigInvalid: the variable is not set or the file can't be read.
        """
        secret = self.settings.ascip.secret
        if isinstance(secret, SecretStr):
            return secret.get_secret_value()
        return self.secret(secret, "ascip.secret")[0]

    def url(self, part: Literal["database", "redis"]) -> str:
        """Where a server is, its password joined.

        Raises:
            ConfigInvalid: the password's variable is not set or its file can't be read.
        """
        settings: UrlSettings = getattr(self.settings, part)
        if settings.password is None:
            return settings.url
        password, _ = self.secret(settings.password, f"{part}.password")
        parts = urlsplit(settings.url)
        user, _, host = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()

    def secret(self, source: SecretSource, key: str) -> tuple[str, str]:
        """A secret, and where it was found; ``key`` is the configuration key that asks for it.

        Raises:
            ConfigInvalid: the variable is not set or the file can't be read.
        """
        if source.env is not None:
            value = os.environ.get(source.env)
            if value:
                return value, source.env
            raise ConfigInvalid(
                f"The environment variable {source.env} ({key}) is not set."
                " Nothing was started. Set it, or name another source."
            )
        path = self.base / (source.file or "")
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigInvalid(
                f"The secret file {path} ({key}) can't be read: {why}. Nothing was started."
            ) from error
        if not text:
            raise ConfigInvalid(f"The secret file {path} ({key}) is empty. Nothing was started.")
        return text, str(path)


def load_settings(config: Path | None = None) -> Loaded:
    """Read the configuration.

    Args:
        config: path of config.toml; None is `config.toml` in the working directory.

    Raises:
        ConfigInvalid: with every problem found, each with file, line and remedy.
    """
    path = (config or DEFAULT_CONFIG).absolute()
    if not path.is_file():
        raise ConfigInvalid(
            f"There is no configuration at {path}. Nothing was started."
            " Name one with --config FILE, or try `ascip-sync demo`, which needs none."
        )
    local = path.with_name(path.stem + ".local.toml")
    files = (path, local) if local.is_file() else (path,)
    problems = [problem for file in files for problem in not_toml(file)]
    if problems:
        raise ConfigInvalid(joined(problems))
    Settings.files = list(files)
    problems = literal_secrets(path)
    try:
        settings = Settings()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise ConfigInvalid(joined([*explain(found, files, Settings), *problems])) from None
    problems += what_means_nothing(settings, files)
    if problems:
        raise ConfigInvalid(joined(problems))
    return Loaded(settings=settings, base=path.parent, files=files)


def what_means_nothing(settings: Settings, files: Sequence[Path]) -> list[Problem]:
    """What no type could refuse: schedules, expected times, calendar, how the extract is declared."""
    crons = {"drift.schedule": settings.drift.schedule, "schedule.staff": settings.schedule.staff}
    times = unusable_times(files, crons, settings.staff.expected)
    found = list(faults(settings.staff))
    windows = [each.window for each in settings.calendar]
    found += [("calendar", what) for what in calendar_faults(windows)]
    return times + [Problem.at(files, key.split("."), what) for key, what in found]


def _no_floats(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Numbers as text: canonical JSON of this project has no floats, and 1 and 1.0 are the same."""
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return repr(float(value))
        case dict():
            return {str(k): _no_floats(v) for k, v in value.items()}
        case _:
            return [_no_floats(v) for v in value]
