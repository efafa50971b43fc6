"""Header dictionaries: which spellings of a header mean which canonical column."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.errors import ConfigInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A canonical column of a feed."""

    name: str
    meaning: str
    required: bool = False
    #: False for what may be compared but never stored in clear beyond the run, or sent.
    logged: bool = True
    #: True for what names somebody or something: a number that a spreadsheet shows otherwise than
    #: it is (padded, rounded, as a date) is damage here.
    identifier: bool = False


def normalized_header(text: str) -> str:
    """The form in which headers are compared: NFKC, letters and digits only, without case.

    `Work Email`, `work_email`, `WORK-EMAIL` and a header behind a byte order mark are one.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", plain)


class HeaderDictionary:
    """Canonical columns with their accepted spellings."""

    def __init__(
        self,
        columns: Iterable[Column],
        spellings: Mapping[str, Iterable[str]] | None = None,
        ready: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Build from a feed's columns and the spellings a configuration adds.

        Args:
            columns: every column somebody needs.
            spellings: what the configuration declares; nothing overrules it. A column without any
                is not read, whatever the file has.
            ready: a profile's; they overrule canonical names only. OneRoster's `role` is no `role`
                of ours.

        Raises:
            ConfigInvalid: one spelling would mean two columns.
        """
        self.columns = {column.name: column for column in columns}
        #: The header a file must have to the letter and in this order; None: spellings decide.
        self.contract: tuple[str, ...] | None = None
        self._by_spelling: dict[str, str] = {}
        #: Normalised spelling → as somebody wrote it.
        self._written: dict[str, str] = {}
        own = {name: tuple(extra) for name, extra in (spellings or {}).items()}
        for name, extra in own.items():
            for spelling in extra:
                self._teach(name, spelling)
        declared = frozenset(self._by_spelling)
        for name, words in (ready or {}).items():
            for spelling in words:
                key = normalized_header(spelling)
                if self._by_spelling.setdefault(key, name) == name:
                    self._written.setdefault(key, spelling)
        for name in self.columns:
            key = normalized_header(name)
            if own.get(name) != () and (key in declared or key not in self._by_spelling):
                self._teach(name, name)

    @classmethod
    def exactly(cls, columns: Iterable[str]) -> "HeaderDictionary":
        """A header contract: exactly these columns, as they are written, in this order.

        A blank name or one that stands twice can be declared, and no file meets it.

        Raises:
            ConfigInvalid: there is no column.
        """
        contract = tuple(columns)
        if not contract:
            raise ConfigInvalid("A header contract names at least one column. Nothing was started.")
        headers = cls(())
        headers.columns = {name: Column(name=name, meaning="", required=True) for name in contract}
        headers.contract = contract
        return headers

    def _teach(self, name: str, spelling: str) -> None:
        key = normalized_header(spelling)
        known = self._by_spelling.setdefault(key, name)
        if known != name:
            raise ConfigInvalid(
                f"The header {spelling!r} is declared for both {known!r} and {name!r}."
                " Keep one of them under [staff.headers]. Nothing was started."
            )
        self._written.setdefault(key, spelling)

    @property
    def required(self) -> frozenset[str]:
        """Canonical names that must stand in the header."""
        return frozenset(name for name, column in self.columns.items() if column.required)

    def canonical_name(self, header: str) -> str | None:
        """The canonical column a header means, None if nobody mapped it."""
        if self.contract is not None:
            return header if header in self.columns else None
        return self._by_spelling.get(normalized_header(header))

    def spellings(self, name: str) -> tuple[str, ...]:
        """The headers that mean a canonical column, as they are declared; the district's own first."""
        if self.contract is not None:
            return (name,) if name in self.columns else ()
        return tuple(
            self._written[key] for key, column in self._by_spelling.items() if column == name
        )
