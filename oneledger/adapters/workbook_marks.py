"""Our marks in an xlsx, and which part of the zip holds which sheet: small XML parts, read without the fast parser."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from xml.etree import ElementTree as ET

Parts = Mapping[str, bytes]


def _elements(parts: Parts, ending: str, tag: str) -> Iterator[ET.Element]:
    """Parts with a DOCTYPE were refused before, so entities cannot be declared."""
    for name, xml in parts.items():
        if name.lower().endswith(ending):
            yield from _by_tag(xml).get(tag, ())


@lru_cache(maxsize=4)  # the parts of one workbook, each asked for several things
def _by_tag(xml: bytes) -> Mapping[str, Sequence[ET.Element]]:
    found: dict[str, list[ET.Element]] = {}
    try:
        root = ET.fromstring(xml)  # noqa: S314
    except (ET.ParseError, LookupError, ValueError):  # broken, or in an encoding nobody knows
        return found
    for element in root.iter():
        found.setdefault(element.tag.rpartition("}")[2], []).append(element)
    return found


def _attribute(element: ET.Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def custom_property(parts: Parts, name: str) -> str:
    for element in _elements(parts, "docprops/custom.xml", "property"):
        if _attribute(element, "name") == name:
            return "".join(element.itertext()).strip()
    return ""


def defined_name(parts: Parts, name: str) -> str:
    """A text constant, written with its quotation marks."""
    for element in _elements(parts, ".xml", "definedName"):
        if _attribute(element, "name") == name:
            return (element.text or "").strip().strip('"')
    return ""


def sheet_parts(parts: Parts) -> dict[str, str]:
    """Sheet name -> xl/worksheets/sheet1.xml."""
    targets = {
        _attribute(element, "Id"): _attribute(element, "Target").lstrip("/").removeprefix("xl/")
        for element in _elements(parts, ".xml.rels", "Relationship")
    }
    return {
        _attribute(element, "name"): f"xl/{targets[_attribute(element, 'id')]}"
        for element in _elements(parts, ".xml", "sheet")
        if _attribute(element, "id") in targets
    }


def counts_from_1904(parts: Parts) -> bool:
    """Dates in cells formatted as dates come out right by themselves; bare day numbers would be four years off."""
    return any(_attribute(element, "date1904") in ("1", "true") for element in _elements(parts, ".xml", "workbookPr"))
