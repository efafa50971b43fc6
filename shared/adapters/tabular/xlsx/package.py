"""How the parts of a workbook refer to each other (Open Packaging Conventions), and what it is at all."""

import posixpath
from dataclasses import dataclass

from shared.adapters.tabular.xlsx.container import Container
from shared.adapters.tabular.xlsx.limits import damaged, not_a_workbook, unsafe
from shared.adapters.tabular.xlsx.markup import Attributes, Element, Markup

_TYPES_PART = "[Content_Types].xml"
_TYPES = ("http://schemas.openxmlformats.org/package/2006/content-types",)
_RELATIONSHIPS = ("http://schemas.openxmlformats.org/package/2006/relationships",)
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_WORKBOOKS = {f"{_SHEETS}sheet.main+xml", f"{_SHEETS}template.main+xml"}
#: What a content type says of a file that is no workbook, first match first.
_OTHERS = (
    ("sheet.binary", "a binary workbook (XLSB)"),
    ("wordprocessingml", "a Word document"),
    ("ms-word", "a Word document"),
    ("presentationml", "a presentation"),
    ("ms-powerpoint", "a presentation"),
)
_MACROS = ("macroenabled", "vbaproject", "macrosheet")


@dataclass(frozen=True, slots=True)
class Relation:
    """A reference from one part to another: the last word of its type, and the part's name."""

    kind: str
    target: str
    external: bool


def workbook_part(container: Container) -> str:
    """The name of the part that lists the sheets.

    Raises:
        InputInvalid: `not_text` if it is no workbook, `unsafe_workbook` if it has macros.
    """
    if _TYPES_PART not in container:
        raise not_a_workbook(_without_types(container))
    types = _content_types(container)
    for word, what in _OTHERS:
        if any(word in kind for kind in types.values()):
            raise not_a_workbook(what)
    if any(word in kind for word in _MACROS for kind in types.values()) or any(
        name.endswith("vbaproject.bin") for name in container.names()
    ):
        raise unsafe("it has macros")
    for relation in relations(container, "").values():
        if relation.kind == "officeDocument" and not relation.external:
            name = relation.target.casefold()
            kind = types.get(f"/{name}") or types.get(name.rpartition(".")[2], "")
            if kind in _WORKBOOKS:
                return relation.target
    raise not_a_workbook("an Office file of another kind")


def relations(container: Container, part: str) -> dict[str, Relation]:
    """What a part refers to, by id; the empty part is the file itself."""
    folder, name = posixpath.split(part)
    found: dict[str, Relation] = {}

    def take(attributes: Attributes) -> None:
        target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
        found[attributes.get("Id", "")] = Relation(
            attributes.get("Type", "").rpartition("/")[2],
            target.lstrip("/"),
            attributes.get("TargetMode", "Internal") != "Internal",
        )

    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed not in container:
        raise damaged("it doesn't say how its parts belong together")
    markup = Markup(
        "a list of relations", _RELATIONSHIPS, {"Relationships/Relationship": Element(take)}
    )
    for _ in markup.read(container.small(listed)):
        pass
    return found


def _content_types(container: Container) -> dict[str, str]:
    """Content type by `/part` or by extension, all in small letters."""
    types: dict[str, str] = {}

    def take(key: str) -> Element:
        return Element(
            lambda found: types.update(
                {found.get(key, "").casefold(): found.get("ContentType", "").lower()}
            )
        )

    markup = Markup(
        "the list of content types",
        _TYPES,
        {"Types/Default": take("Extension"), "Types/Override": take("PartName")},
    )
    for _ in markup.read(container.small(_TYPES_PART)):
        pass
    return types


def _without_types(container: Container) -> str:
    if "mimetype" in container:
        kind = b"".join(container.small("mimetype"))
        if kind.startswith(b"application/vnd.oasis.opendocument"):
            return "an OpenDocument file (such as ODS)"
    if any(name.endswith(".iwa") for name in container.names()):
        return "a Numbers, Pages or Keynote document"
    return "a ZIP archive"
