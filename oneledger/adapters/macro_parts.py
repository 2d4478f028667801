"""A marked copy carries no macros, whatever came: the project of the macros is left out and the book is a plain xlsx.

What else can run by itself (macros of Excel 4, ActiveX) sits inside the sheets; such a book is not written again.
"""

import re

from oneledger.adapters.opc_package import Package

_TYPES = "[Content_Types].xml"
_PLAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_PROJECT = "vbaProject"
_RUNS = re.compile(r"vba|macro|activex", re.IGNORECASE)


def take_out_macros(package: Package, book: str) -> None:
    """Raises ValueError where something that runs would be left."""
    for link in package.links(book):
        if link.kind == _PROJECT:
            for signature in package.links(link.target):
                package.drop(signature.target)
            package.unlink(book, link)
            package.drop(link.target)
            _name_plain(package, book)
    if any(_RUNS.search(each) for each in _types_left(package)):
        raise ValueError("something in it runs by itself")


def _name_plain(package: Package, book: str) -> None:
    types = package.root(_TYPES)
    for element in list(types):
        if (element.get("PartName") or "").lstrip("/").lower() == book.lower():
            element.set("ContentType", _PLAIN)
        elif _RUNS.search(element.get("ContentType") or "") and not element.get("PartName"):
            types.remove(element)  # the type of every .bin, which was the project's
    package.changed(_TYPES)


def _types_left(package: Package) -> list[str]:
    """Content types of parts that are still there; of an ending, whether or not a part has it."""
    named = [each for each in package.root(_TYPES) if (each.get("PartName") or "") != ""]
    left = [each for each in named if (each.get("PartName") or "").lstrip("/") in package]
    endings = [each for each in package.root(_TYPES) if each.get("Extension")]
    return [each.get("ContentType") or "" for each in (*left, *endings)]
