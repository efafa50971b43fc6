"""Options that most verbs have."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", help="config.toml [./config.toml]")]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="DIR", help="Keep redacted exchanges with ASCIP.")
]
Feed = Annotated[
    str, typer.Option("--feed", metavar="NAME", help="Whose file it is: staff, or a governed feed.")
]
Json = Annotated[bool, typer.Option("--json", help="Data for programs on stdout.")]
Detailed = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 2 if the plan has changes.")
]
