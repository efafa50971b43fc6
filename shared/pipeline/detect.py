"""Detect the profile of a file: how it is written, and which ready profiles its header fits."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.profiles import PROFILES, ProfileName
from shared.domain.feeds.staff import CORE, header_dictionary
from shared.domain.policy import StaffPolicy
from shared.pipeline.read_staff import staff_headers
from shared.ports.reader import DamagedRecord, Dialect, OpenExtract, Source, TabularReader

_ENCODINGS = ("utf-8", "utf-16", "cp1252")
_DELIMITERS = (",", ";", "\t", "|")
#: Records read to see whether an encoding holds.
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a profile makes of a header."""

    profile: ProfileName
    #: Canonical columns the profile needs, and those of them that the file lacks.
    required: frozenset[str]
    missing: frozenset[str]
    #: Canonical columns the file has.
    found: frozenset[str]
    #: Headers the profile doesn't know, as written.
    unknown: tuple[str, ...]
    #: Two headers mean one column: why nothing can be taken.
    ambiguous: str = ""

    @property
    def fits(self) -> bool:
        """Whether a file with this header can be read."""
        return not (self.missing or self.ambiguous)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The best reading of a file."""

    dialect: Dialect
    #: One for each profile, best first.
    fits: tuple[Fit, ...]

    @property
    def best(self) -> Fit:
        """The profile to declare, if it fits."""
        return self.fits[0]


def detect(reader: TabularReader, source: Source) -> Detected:
    """Try every encoding, delimiter and profile.

    Raises:
        InputInvalid: the file can't be read in any of these ways; the first one's reason.
        OSError: the file can't be read at all.
    """
    readings, refused = [], []
    for encoding in _ENCODINGS:
        for delimiter in _DELIMITERS:
            dialect = Dialect(encoding=encoding, delimiter=delimiter)
            try:
                fits = sorted(_fits(reader, source, dialect), key=_rank, reverse=True)
            except InputInvalid as error:
                refused.append(error)
                continue
            found = Detected(dialect=dialect, fits=tuple(fits))
            readings.append((found.best.fits and _decodes(reader, source, found), found))
    if not readings:
        raise refused[0]
    return max(readings, key=lambda r: (r[0], _rank(r[1].best)))[1]


def _fits(reader: TabularReader, source: Source, dialect: Dialect) -> Iterator[Fit]:
    for name in PROFILES:
        required = _headers(name).required
        try:
            extract = _open(reader, source, dialect, name)
        except InputInvalid as error:
            if error.code != "duplicate_header":
                raise
            yield Fit(
                profile=name, required=required, missing=frozenset(), found=frozenset(),
                unknown=(), ambiguous=str(error),
            )  # fmt: skip
        else:
            yield Fit(
                profile=name, required=required, missing=required - extract.columns,
                found=extract.columns, unknown=extract.dropped,
            )  # fmt: skip


def _open(
    reader: TabularReader, source: Source, dialect: Dialect, name: ProfileName
) -> OpenExtract:
    """The extract under a profile, also if the file lacks what the profile needs."""
    try:
        return reader.open(source, dialect, _headers(name))
    except InputInvalid as error:
        if error.code != "missing_header":
            raise
        ready = PROFILES[name].headers
        return reader.open(source, dialect, header_dictionary(ready, {}, derived=CORE, ready=ready))


def _headers(name: ProfileName) -> HeaderDictionary:
    return staff_headers(StaffPolicy(profile=name), PROFILES[name].headers)


def _rank(fit: Fit) -> tuple[bool, int, int, int]:
    """Whether it fits, how little of what it needs is missing, how much else it knows, its width."""
    return fit.fits, -len(fit.missing), len(fit.found), len(fit.unknown)


def _decodes(reader: TabularReader, source: Source, found: Detected) -> bool:
    """Whether no record speaks against the encoding; a header alone rarely does."""
    extract = _open(reader, source, found.dialect, found.best.profile)
    try:
        return not any(_is_garbled(extract))
    except InputInvalid as error:
        return error.code != "encoding_mismatch"


def _is_garbled(extract: OpenExtract) -> Iterator[bool]:
    for record in islice(extract.records(), _SAMPLE):
        codes = [v.code for v in record.violations] if isinstance(record, DamagedRecord) else []
        yield "encoding" in codes
