"""XML parts as streams: no DTD, no entities, no depth; what a part's reader doesn't name is skipped."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NoReturn
from xml.parsers import expat

from shared.adapters.tabular.xlsx.limits import damaged, unsafe

#: Transitional and strict form of the same words.
SPREADSHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
#: Longest tag, comment or instruction: expat keeps it in memory, and looks at it again and again.
_MAX_TOKEN_BYTES = 1 << 20
#: Different names of elements and attributes, all of which expat keeps.
_MAX_NAMES = 10_000
_MAX_DEPTH = 100

Attributes = dict[str, str]


class Element:
    """What to do at an element: `begin` gets the attributes, `text` its text in pieces."""

    __slots__ = ("begin", "children", "end", "text")

    def __init__(
        self,
        begin: Callable[[Attributes], None] | None = None,
        end: Callable[[], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """An element nobody looks at is only the way to its children."""
        self.begin, self.end, self.text = begin, end, text
        self.children: dict[str, Element] = {}


class Markup:
    """One pass over one part."""

    def __init__(
        self, where: str, namespaces: Iterable[str], elements: Mapping[str, Element]
    ) -> None:
        """``elements`` by their path from the root, such as `sst/si/t`."""
        self._where = where
        self._at = _tree(namespaces, elements)
        self._above: list[Element] = []
        self._skipped = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_dtd
        self._look()

    def read(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Parse, and stop after each chunk so that the caller can take what was found.

        Raises:
            InputInvalid: `unsafe_workbook` or `damaged_workbook`, and whatever the handlers raise.
        """
        parser, fed = self._parser, 0
        try:
            for chunk in chunks:
                fed += len(chunk)
                parser.Parse(chunk, False)  # noqa: FBT003  # expat's own
                if fed - parser.CurrentByteIndex > _MAX_TOKEN_BYTES:
                    raise unsafe(f"a tag in {self._where} doesn't end")
                if len(parser.intern) > _MAX_NAMES:
                    raise unsafe(f"too many different names in {self._where}")
                yield
            parser.Parse(b"", True)  # noqa: FBT003  # expat's own
        except expat.ExpatError as error:
            raise damaged(f"{self._where} can't be read, line {error.lineno}") from error
        yield

    def _refuse_dtd(self, *_: object) -> NoReturn:
        raise unsafe(f"{self._where} has a document type declaration")

    def _look(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: Attributes) -> None:
        child = self._at.children.get(name)
        if child is None:
            self._skipped = 1
            self._parser.StartElementHandler = self._skip_start
            self._parser.EndElementHandler = self._skip_end
            return
        self._above.append(self._at)
        self._at = child
        if child.begin is not None:
            child.begin(attributes)
        if child.text is not None:
            self._parser.CharacterDataHandler = child.text

    def _end(self, _name: str) -> None:
        element = self._at
        self._at = self._above.pop()
        if element.text is not None:
            self._parser.CharacterDataHandler = None
        if element.end is not None:
            element.end()

    def _skip_start(self, _name: str, _attributes: Attributes) -> None:
        self._skipped += 1
        if self._skipped > _MAX_DEPTH:
            raise unsafe(f"elements of {self._where} are nested too deep")

    def _skip_end(self, _name: str) -> None:
        self._skipped -= 1
        if not self._skipped:
            self._look()


def _tree(namespaces: Iterable[str], elements: Mapping[str, Element]) -> Element:
    """The elements below one that stands for the document."""
    document, spaces = Element(), tuple(namespaces)
    nodes = {"": document}
    for path in elements:
        at = ""
        for name in path.split("/"):
            parent, at = nodes[at], f"{at}/{name}"
            if at not in nodes:
                nodes[at] = elements.get(at.removeprefix("/")) or Element()
                parent.children |= {f"{space} {name}": nodes[at] for space in spaces}
    return document
