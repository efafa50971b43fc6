"""Versions of the mapping: who brought them in and when, what differs, the files themselves."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.console.pages.mapping import file_answer
from services.console.show import show
from services.console.signed_in import Viewer
from shared.domain.mapping_diff import differences
from shared.http.service import Served
from shared.pipeline.accept_mapping import kept_mapping, kept_text, mapping_history

router = APIRouter()

#: Versions on a page.
_MOST = 100


@router.get("/mapping/file")
def current_file(served: Served, _: Viewer) -> Response:
    """The mapping in force, byte for byte."""
    return file_answer(served.loaded.mapping_text(), "mapping.json")


@router.get("/mapping/versions")
def versions(request: Request, served: Served, _: Viewer, first: int = 0) -> HTMLResponse:
    """Every version that was used or accepted, newest first."""
    kept = mapping_history(served.tools)
    first = max(0, first)
    values = {
        "kept": kept[first : first + _MOST], "before": kept[first + 1 : first + _MOST + 1],
        "total": len(kept), "more": first + _MOST if len(kept) > first + _MOST else 0, "first": first,
    }  # fmt: skip
    return show(request, "mapping_versions.html.j2", values)


@router.get("/mapping/versions/{sha256}")
def version_file(sha256: str, served: Served, _: Viewer) -> Response:
    """A kept version as it was written."""
    version, body = kept_text(served.tools, sha256)
    return file_answer(body, f"mapping_v{version}.json")


@router.get("/mapping/compare")
def compare(
    request: Request, served: Served, _: Viewer, old: str = "", new: str = ""
) -> HTMLResponse:
    """What differs between two versions, each by its number or the beginning of its hash."""
    before, after = kept_mapping(served.tools, old), kept_mapping(served.tools, new)
    values = {"before": before, "after": after, "said": differences(before, after)}
    return show(request, "mapping_compare.html.j2", values)
