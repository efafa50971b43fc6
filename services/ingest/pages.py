"""`/docs`: the problems and the interface in words, made from what the code says; no other host."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from services.ingest.openapi import document
from shared.http.catalogue import PROBLEMS, ProblemType
from shared.http.problem import ProblemError

router = APIRouter(include_in_schema=False)

_STYLE = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
code { font-size: 0.95em; } dt { font-weight: 600; margin-top: 0.75rem; } dd { margin: 0; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: 0.25rem 1rem 0.25rem 0; vertical-align: top; }
"""


@router.get("/docs/style.css")
def style() -> PlainTextResponse:
    """The one style sheet."""
    return PlainTextResponse(_STYLE, media_type="text/css")


@router.get("/docs/")
@router.get("/docs/problems")
@router.get("/docs/problems/")
def to_index() -> RedirectResponse:
    """What people type leads to the index."""
    return RedirectResponse("/docs")


@router.get("/docs")
def index(request: Request) -> HTMLResponse:
    """What the interface offers."""
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in document(request.app)["paths"].items()
        for method, operation in operations.items()
    )
    listed = "".join(
        f'<li><a href="/docs/problems/{kind.slug}">{escape(kind.title)}</a> <code>{kind.code}</code></li>'
        for kind in PROBLEMS.values()
    )
    return _page(
        "ASCIP Sync Engine: REST interface",
        '<p>The whole of it, for programs: <a href="/api/v1/openapi.json">OpenAPI 3.1</a>.</p>'
        f"<table><tr><th>method</th><th>address</th><th></th></tr>{rows}</table>"
        f"<h2>Problems</h2><ul>{listed}</ul>",
    )


@router.get("/docs/problems/{slug}")
def problem(slug: str) -> HTMLResponse:
    """What a problem means, whether anything was written, what to do."""
    kind = PROBLEMS.get(slug.replace("-", "_"))
    if kind is None:
        raise ProblemError("not_found")
    body = "".join(f"<dt>{term}</dt><dd>{_inline(words)}</dd>" for term, words in parts(kind))
    return _page(kind.title, f"<p><code>{kind.code}</code>, HTTP {kind.status}</p><dl>{body}</dl>")


def parts(kind: ProblemType) -> list[tuple[str, str]]:
    """The four things a page says."""
    return [
        ("It means", kind.means),
        ("Was anything written?", kind.written),
        ("What to do", kind.fix),
        ("Who helps", kind.escalate),
    ]


def _inline(words: str) -> str:
    """Text with `code` in it."""
    pieces = escape(words).split("`")
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(pieces))


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/style.css">'
        f'<main><h1>{escape(title)}</h1>{body}<p><a href="/docs">All of the interface</a></p></main></html>'
    )
