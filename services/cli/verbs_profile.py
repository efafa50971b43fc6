"""`profile detect`: how a file is written, which profiles fit it, and what to write into config.toml."""

import json
from collections.abc import Iterator

from services.cli.exits import Exit
from services.cli.verbs_inspect import source_of
from shared.bootstrap_files import tabular_reader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.profiles import PROFILES
from shared.domain.text import printable
from shared.pipeline.detect import Detected, Fit
from shared.pipeline.detect import detect as detect_profile
from shared.ports.reader import Dialect

_NAMED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def detect(name: str, *, as_json: bool) -> int:
    """0 if a profile fits, 4 if none does.

    Raises:
        InputInvalid: the file can't be read in any way that is known.
    """
    try:
        with source_of(name) as source:
            found = detect_profile(tabular_reader(), source)
    except OSError as error:
        why = error.strerror or "it can't be read"
        raise InputInvalid(
            f"{printable(name)} was not judged: {why}.", code="source_unreadable"
        ) from error
    if as_json:
        print(json.dumps(_document(name, found)))
    else:
        _tell(name, found)
    return Exit.DONE if found.best.fits else Exit.INVALID


def _tell(name: str, found: Detected) -> None:
    dialect, best = found.dialect, found.best
    between = _NAMED[dialect.delimiter]
    print(f"{printable(name)}: {dialect.encoding}, {between} between the fields")
    for fit in found.fits:
        print(_line(fit))
    if best.unknown and best.found:
        unknown = ", ".join(map(printable, best.unknown))
        print(f"Columns that {best.profile} doesn't know (a mapping can name them): {unknown}")
    if best.fits:
        print("\nFor config.toml:\n")
        print(config_lines(found))
    else:
        print(
            f"\nNo profile fits; {_nearest(best)} Of what is missing, teach the spelling under"
            " [staff.headers], derive it under [staff.derive], or, where only a rule looks at it and"
            " nobody in the file is concerned, switch the rule off with an empty list under"
            " [staff.exclude] or [staff.inactive]. Nothing was planned or sent."
        )


def _nearest(best: Fit) -> str:
    if best.found:
        return f"{best.profile} is nearest."
    return "none knows a column of this file. Is it the right one, and is line 1 the header?"


def _line(fit: Fit) -> str:
    head = f"{'ok' if fit.fits else 'x '}  {fit.profile:<11}"
    if fit.ambiguous:
        return f"{head} {printable(fit.ambiguous)}"
    if fit.missing:
        return f"{head} missing: {', '.join(sorted(fit.missing))}"
    required, more = len(fit.required), len(fit.found - fit.required)
    return f"{head} all {required} required columns, {more} more, {len(fit.unknown)} unknown"


def config_lines(found: Detected) -> str:
    """What to write into config.toml."""
    return "\n".join(["[staff]", *_settings(found)])


def _settings(found: Detected) -> Iterator[str]:
    """Only what differs from the defaults."""
    yield f'profile = "{found.best.profile}"'
    usual = Dialect()
    if found.dialect.encoding != usual.encoding:
        yield f'encoding = "{found.dialect.encoding}"'
    if found.dialect.delimiter != usual.delimiter:
        yield f"delimiter = {json.dumps(found.dialect.delimiter)}"
    profile = PROFILES[found.best.profile]
    if profile.mode == "delta":
        yield "# The file holds edits only: whoever isn't in it is left alone."
    for column, template in profile.derive.items():
        if column not in found.best.found:
            yield f'[staff.derive]\n{column} = "{template}"  # or "{template}@your.domain"'


def _document(name: str, found: Detected) -> dict[str, object]:
    return {
        "file": name,
        "encoding": found.dialect.encoding,
        "delimiter": found.dialect.delimiter,
        "profiles": [
            {
                "profile": fit.profile, "fits": fit.fits, "required": sorted(fit.required),
                "missing": sorted(fit.missing), "found": sorted(fit.found),
                "unknown": list(fit.unknown), "ambiguous": fit.ambiguous or None,
            }
            for fit in found.fits
        ],
        "config": config_lines(found) if found.best.fits else None,
    }  # fmt: skip
