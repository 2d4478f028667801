"""The comments of one sheet: a part of the zip with the texts, and one with the boxes that show them."""

import re
from collections.abc import Collection, Iterator
from xml.sax.saxutils import quoteattr

from oneledger.adapters import comment_boxes
from oneledger.adapters.book_index import drop, namespace_of
from oneledger.adapters.cell_text import element_text
from oneledger.adapters.opc_package import Element, Link, Package, parsed
from oneledger.adapters.sheet_xml import Place, SheetXml
from oneledger.domain.cells import cell_name, position

AUTHOR = "一本账"
OPENING = "【更正提示】"  # of every comment of ours; programs drop authors, but no text
_TEXTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_BOXES_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_FONT = '<rPr><sz val="10"/><color indexed="81"/><rFont val="宋体"/><charset val="134"/></rPr>'


class SheetComments:
    """``office``: the beginning of every link's type. ``places``: the cells that have a comment."""

    def __init__(self, package: Package, part: str, sheet: SheetXml, office: str) -> None:
        self._package = package
        self._part = part
        self._sheet = sheet
        self._office = office
        self._texts = next((link.target for link in self._links() if link.kind == "comments"), "")
        self.places = {_place(each) for each in self._comments()}

    def _links(self) -> list[Link]:
        return [link for link in self._package.links(self._part) if link.target in self._package]

    def _boxes(self) -> str:
        """Not every drawing of this kind is one of comments: pictures in a page's head are such too."""
        wanted = self._sheet.legacy_drawing()
        return next((link.target for link in self._links() if link.id == wanted), "")

    def _comments(self) -> Iterator[Element]:
        if self._texts:
            yield from self._package.root(self._texts).iterfind("{*}commentList/{*}comment")

    def take_off(self) -> None:
        """Ours. Parts in which nothing is left go too."""
        ours = [each for each in self._comments() if _told(each).startswith(OPENING)]
        if not ours:
            return
        gone = {_place(each) for each in ours}
        self.places -= gone
        self._take_off_boxes(gone)
        if not self.places:
            self._drop(self._texts)
            self._texts = ""
            return
        for comment in ours:
            drop(comment)
        self._package.changed(self._texts)

    def _take_off_boxes(self, gone: Collection[Place]) -> None:
        boxes = self._boxes()
        if not boxes:
            return
        kept = comment_boxes.without_boxes(self._package.read(boxes), gone)
        if comment_boxes.is_empty(kept):
            self._drop(boxes)
            self._sheet.drop_legacy_drawing()
        else:
            self._package.write(boxes, kept)

    def _drop(self, part: str) -> None:
        for link in [link for link in self._links() if link.target == part]:
            self._package.unlink(self._part, link)
        self._package.drop(part)

    def put(self, texts: dict[Place, str]) -> None:
        """On cells that have none."""
        if texts:
            self.places |= texts.keys()
            self._put_texts(texts)
            self._put_boxes(texts)

    def _put_texts(self, texts: dict[Place, str]) -> None:
        if not self._texts:
            bare = f"<comments xmlns={quoteattr(namespace_of(self._sheet.root))}><authors/><commentList/></comments>"
            self._texts = self._package.add("xl/comments{}.xml", bare.encode(), _TEXTS_TYPE)
            self._package.link(self._part, f"{self._office}/comments", self._texts)
        root = self._package.root(self._texts)
        authors, comments = root.find("{*}authors"), root.find("{*}commentList")
        if authors is None or comments is None:
            raise ValueError("comments without a list")
        author = _author(authors)
        told = "".join(_comment(place, text, author) for place, text in texts.items())
        comments.extend(parsed(f"<list xmlns={quoteattr(namespace_of(root))}>{told}</list>".encode()))
        self._package.changed(self._texts)

    def _put_boxes(self, texts: dict[Place, str]) -> None:
        boxes = self._boxes()
        if boxes:
            drawn = comment_boxes.with_boxes(self._package.read(boxes), texts, self._sheet)
        else:
            boxes = self._package.add("xl/drawings/vmlDrawing{}.vml", b"", _BOXES_TYPE)
            link = self._package.link(self._part, f"{self._office}/vmlDrawing", boxes)
            self._sheet.set_legacy_drawing(f"{{{self._office}}}id", link)
            block = int(re.sub(r"\D", "", boxes))
            every = {place: texts.get(place, "") for place in self.places}  # also a comment that came without a box
            drawn = comment_boxes.with_boxes(comment_boxes.drawing(block, len(every)), every, self._sheet, block)
        self._package.write(boxes, drawn)


def _comment(place: Place, text: str, author: int) -> str:
    told = f'<t xml:space="preserve">{element_text(text)}</t>'
    return f'<comment ref="{cell_name(*place)}" authorId="{author}"><text><r>{_FONT}{told}</r></text></comment>'


def _author(authors: Element) -> int:
    """Our number among them."""
    names = [each.text for each in authors]
    if AUTHOR not in names:
        authors.append(parsed(f"<author xmlns={quoteattr(namespace_of(authors))}>{AUTHOR}</author>".encode()))
        return len(names)
    return names.index(AUTHOR)


def _place(comment: Element) -> Place:
    return position(comment.get("ref", ""))


def _told(comment: Element) -> str:
    return "".join(str(each.text or "") for each in comment.iter("{*}t"))
