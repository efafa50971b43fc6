"""What the reference says of governed feeds, written out of their declarations."""

from collections.abc import Iterable, Mapping

from shared.domain.feeds.feed import Feed, Field, FieldKind, PolicyRule


def rules(feeds: Mapping[str, Feed]) -> str:
    """Every rule of every feed."""
    return "".join(f"\n## `{name}`\n\n{_rules(feed.rules)}" for name, feed in feeds.items())


def _rules(several: Iterable[PolicyRule]) -> str:
    """Two tables: what a rule does, and what it rests on."""
    told = [
        f"| `{r.code}` | {r.severity} | {r.violation_class} | {r.title} | {r.remedy} |\n"
        for r in several
    ]
    rests = [
        f"| `{r.code}` | {r.authority} | {r.citation} | {r.version} | {r.valid_from} |"
        f" {r.valid_to or ''} |\n"
        for r in several
    ]
    return "".join([
        "| code | severity | class | rule | mend it |\n|---|---|---|---|---|\n", *told,
        "\n| code | authority | stands in | version | from | to |\n|---|---|---|---|---|---|\n", *rests,
    ])  # fmt: skip


def feed(of: Feed) -> str:
    """Its fields and what holds for all its records."""
    lines = [
        f"- Classification `{of.classification}`\n",
        f"- Source id: {' / '.join(f'`{name}`' for name in of.source_id)}\n",
        f"- Dated by `{of.dated_by}`\n" if of.dated_by else "- Dated by the day it is read\n",
        f"- A version that is no longer current is kept for {of.retention_days:,} days\n",
        *(f"- A new version begins with `{name}` = `{value}`\n" for name, value in of.state.items()),
        *(f"- Option `{word}`: {allows}\n" for word, allows in of.options.items()),
        "\n| field | kind | holds | headers |\n|---|---|---|---|\n",
    ]  # fmt: skip
    return "".join([*lines, *map(_field, of.fields)])


def _field(field: Field) -> str:
    kind = f"list of {field.items}" if field.kind is FieldKind.LIST else field.kind.value
    kind += ", required" if field.required else ""
    holds = [field.meaning]
    if field.choices:
        holds.append(f"one of {', '.join(f'`{choice}`' for choice in field.choices)}")
    if field.absent:
        holds.append(f"{', '.join(f'`{word}`' for word in field.absent)} say there is none")
    if field.repeats:
        holds.append("an item may stand twice")
    if field.upper:
        holds.append("stored in upper case")
    if field.personal:
        holds.append("speaks of a person")
    headers = ", ".join(f"`{spelling}`" for spelling in field.spellings)
    return f"| `{field.name}` | {kind} | {'; '.join(holds)} | {headers} |\n"
