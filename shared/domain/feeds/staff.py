"""The staff feed: its canonical columns (a CSV of everyone who works here)."""

from collections.abc import Iterable, Mapping

from shared.domain.feeds.dictionary import Column, HeaderDictionary

FEED = "staff"

COLUMNS = (
    Column(name="employee_id", required=True, identifier=True,
           meaning="HR's number of the person; text, unique"),
    Column(name="first_name", required=True, meaning="given name as written"),
    Column(name="last_name", required=True, meaning="family name as written"),
    Column(name="work_email", required=True, identifier=True,
           meaning="work address; compared without case; unique"),
    Column(name="username", identifier=True,
           meaning="login; where the column is missing an add uses work_email"),
    Column(name="personal_email", identifier=True,
           meaning="for matching only; never sent, never logged", logged=False),
    Column(name="site_code", required=True, identifier=True,
           meaning="where the person works; text, zeros kept"),
    Column(name="role", meaning="LMS role by name or mapped word"),
    Column(name="timezone", meaning="IANA time zone name"),
    Column(name="hire_date", meaning="first working day"),
    Column(name="end_date", meaning="last working day; afterwards the person is absent"),
)  # fmt: skip

CORE = frozenset(column.name for column in COLUMNS)

#: Longest values the LMS accepts, in characters.
LONGEST = {
    "work_email": 254,
    "personal_email": 254,
    "username": 100,
    "first_name": 100,
    "last_name": 100,
}


def header_dictionary(
    attributes: Iterable[str],
    spellings: Mapping[str, Iterable[str]],
    derived: Iterable[str] = (),
    ruled: Iterable[str] = (),
    ready: Mapping[str, Iterable[str]] | None = None,
) -> HeaderDictionary:
    """The feed's columns, the attributes that mapping and rules use, and the declared spellings.

    Args:
        attributes: further columns somebody needs: mapped buckets, exclude and inactive rules.
        spellings: canonical column → accepted spellings from the configuration.
        derived: columns made by a template, so not required in the file.
        ruled: columns that exclude and inactive rules look at. They are required: without such a
            column a rule would fall silent, and who isn't ours would be added.
        ready: the spellings of a profile. Of a column that nobody needs they count for nothing.
    """
    made, needed = frozenset(derived), frozenset(ruled)
    core = [
        Column(
            name=c.name,
            meaning=c.meaning,
            required=(c.required or c.name in needed) and c.name not in made,
            identifier=c.identifier,
        )
        for c in COLUMNS
    ]
    extra = sorted({*attributes, *spellings, *needed} - CORE)
    further = [
        Column(name=name, meaning="attribute of the mapping or a rule", required=name in needed)
        for name in extra
    ]
    columns = {column.name: column for column in (*core, *further)}
    known = {name: words for name, words in (ready or {}).items() if name in columns}
    return HeaderDictionary(columns.values(), spellings, known)
