"""workbook.xml: which sheets there are and in which order, the names that count on it, and who is shown first."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from oneledger.adapters.opc_package import Element, Link, Package

_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")
_TITLES_PART = "extended-properties"
_SHOWN = "visible"


@dataclass(frozen=True)
class Sheet:
    title: str
    part: str
    kind: str  # worksheet, chartsheet, …
    element: Element
    link: Link


class BookIndex:
    def __init__(self, package: Package) -> None:
        self._package = package
        found = next(link for link in package.links("") if link.kind == "officeDocument")
        self.part = found.target
        self.root = package.root(self.part)
        self.namespace = namespace_of(self.root)
        self.links = package.links(self.part)
        sheet = next(self._list().iterchildren(f"{{{self.namespace}}}sheet"))
        self._link_key = next(key for key in map(str, sheet.attrib) if key.startswith("{") and key.endswith("}id"))
        self.sheets = list(self._sheets())

    @property
    def office(self) -> str:
        """The beginning of every link's type, and the namespace of the attributes that name a link."""
        return self._link_key[1:].partition("}")[0]

    def _sheets(self) -> Iterator[Sheet]:
        links = {link.id: link for link in self.links}
        for element in self._list().iterchildren(f"{{{self.namespace}}}sheet"):
            link = links[str(element.get(self._link_key))]
            yield Sheet(str(element.get("name")), link.target, link.kind, element, link)

    def part_of(self, kind: str) -> str:
        """The workbook's one part of a kind, such as styles; empty where it has none."""
        return next((link.target for link in self.links if link.kind == kind and link.target in self._package), "")

    def remove(self, sheet: Sheet) -> None:
        """With its own names and parts; the names of the sheets behind it move up."""
        place = self.sheets.index(sheet)
        self.sheets.remove(sheet)
        drop(sheet.element)
        for name in self._names():
            local = name.get("localSheetId")
            if local is not None and int(local) == place:
                drop(name)
            elif local is not None and int(local) > place:
                name.set("localSheetId", str(int(local) - 1))
        self._drop_part(sheet)
        self._package.changed(self.part)
        self._retitle(gone=sheet.title)

    def _drop_part(self, sheet: Sheet) -> None:
        """Formulas in it stand in the chain of calculation too: Excel makes that anew, but calls a wrong one damage."""
        chains = [link for link in self._package.links(self.part) if link.kind == "calcChain"]
        has_formulas = self._package.root(sheet.part).find("{*}sheetData/{*}row/{*}c/{*}f") is not None
        for link in (sheet.link, *(chains if has_formulas else ())):
            self._package.unlink(self.part, link)
            self._package.drop(link.target)

    def put_first(self, title: str, part: str) -> None:
        """The names of all others move down."""
        for name in self._names():
            local = name.get("localSheetId")
            if local is not None:
                name.set("localSheetId", str(int(local) + 1))
        new_id = max((int(sheet.element.get("sheetId", "0")) for sheet in self.sheets), default=0) + 1
        link = Link(self._package.link(self.part, f"{self.office}/worksheet", part), "worksheet", part)
        element = self.root.makeelement(f"{{{self.namespace}}}sheet", name=title, sheetId=str(new_id))
        element.set(self._link_key, link.id)
        self._list().insert(0, element)
        self.sheets.insert(0, Sheet(title, part, "worksheet", element, link))
        self._package.changed(self.part)
        self._retitle(new=title)

    def free_title(self, title: str) -> str:
        """As Excel sees it: 表 and 表 again, also in capitals, may not stand side by side."""
        taken = {sheet.title.lower() for sheet in self.sheets}
        return title if title.lower() not in taken else next(
            new for new in (f"{title}{number}" for number in range(1, len(taken) + 2)) if new.lower() not in taken
        )  # fmt: skip

    def show(self, place: int) -> None:
        views = self.root.find(f"{{{self.namespace}}}bookViews")
        for view in views if views is not None else ():
            view.attrib.pop("firstSheet", "")
            view.set("activeTab", str(place))
        self._package.changed(self.part)

    def first_shown(self) -> int:
        states = [sheet.element.get("state", _SHOWN) for sheet in self.sheets]
        return states.index(_SHOWN) if _SHOWN in states else 0

    def constants(self, prefix: str) -> dict[str, str]:
        """Names of text constants that start so, with their texts."""
        return {
            str(name.get("name")): (name.text or "").strip()[1:-1].replace('""', '"')
            for name in self._names()
            if str(name.get("name")).startswith(prefix)
        }

    def name(self, name: str, formula: str, *, local: int | None = None) -> None:
        """``local``: the place of the sheet it belongs to. Without one it is hidden: ours, not the school's."""
        names = self.root.find(f"{{{self.namespace}}}definedNames")
        if names is None:
            names = self.root.makeelement(f"{{{self.namespace}}}definedNames")
            insert_behind(self.root, names, _BEFORE_NAMES)
        new = etree.SubElement(names, f"{{{self.namespace}}}definedName", name=name)
        new.set(*("hidden", "1") if local is None else ("localSheetId", str(local)))
        new.text = formula
        self._package.changed(self.part)

    def _names(self) -> list[Element]:
        return list(self.root.iterfind(f"{{{self.namespace}}}definedNames/{{{self.namespace}}}definedName"))

    def _list(self) -> Element:
        found = self.root.find(f"{{{self.namespace}}}sheets")
        if found is None:
            raise ValueError("a workbook without sheets")
        return found

    def _retitle(self, *, gone: str = "", new: str = "") -> None:
        """The list of sheets in docProps/app.xml, where there is one. Worksheets come first in it."""
        part = next((link.target for link in self._package.links("") if link.kind == _TITLES_PART), "")
        if part not in self._package:
            return
        root = self._package.root(part)
        titles, counts = (root.find(f"{{*}}{tag}/{{*}}vector") for tag in ("TitlesOfParts", "HeadingPairs"))
        count = counts.find("{*}variant/{*}i4") if counts is not None else None
        if titles is None or count is None:
            return
        for title in [each for each in titles if each.text == gone][:1]:
            titles.remove(title)
        if new:
            title = titles.makeelement(f"{{{namespace_of(titles)}}}lpstr")
            title.text = new
            titles.insert(0, title)
        count.text = str(int(count.text or 0) + len(titles) - int(titles.get("size", len(titles))))
        titles.set("size", str(len(titles)))
        self._package.changed(part)


def namespace_of(element: Element) -> str:
    return etree.QName(element).namespace or ""


def drop(element: Element) -> None:
    """With its parent where that holds nothing else. No text is near: these lists have none."""
    parent = element.getparent()
    if parent is None:
        return
    parent.remove(element)
    if not len(parent):
        drop(parent)


def insert_behind(parent: Element, new: Element, earlier: tuple[str, ...] | frozenset[str]) -> None:
    """Behind the last child whose tag may stand before it: the order of children is fixed."""
    place = 0
    for number, child in enumerate(parent, 1):
        if isinstance(child.tag, str) and etree.QName(child).localname in earlier:
            place = number
    parent.insert(place, new)
