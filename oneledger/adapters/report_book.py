"""The package of a consolidated workbook: its sheets, the parts that name them, and those that never change."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from oneledger.adapters.report_chart import Drawn, drawing_xml
from oneledger.adapters.report_looks import fixed_parts
from oneledger.adapters.report_sheets import Head, Sheet
from oneledger.adapters.xlsx_rows import Contents
from oneledger.adapters.zip_parts import Part, archived, packed
from oneledger.domain.report_figures import SnapshotView

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument"
_LEVEL = 1
"""Figures deflate to a tenth at any level; the first takes a third of the time."""
_AT_ONCE = 500


class Book:
    """Sheets in the order in which they are read, and the texts they share."""

    def __init__(self, view: SnapshotView) -> None:
        self.view = view
        self.contents = Contents()
        self._sheets: list[Sheet] = []
        self._charts: dict[int, Drawn] = {}

    def sheet(self, name: str, heads: Sequence[Head], widths: Sequence[float], kept: int = 2) -> Sheet:
        """``kept``: columns that stay in sight and stand on every page across."""
        taken = {each.name.casefold() for each in self._sheets}
        while name.casefold() in taken:
            name = f"{name[:29]}_2"
        self._sheets.append(Sheet(self.contents, self.view, name, heads, widths, kept))
        return self._sheets[-1]

    def draw(self, sheet: Sheet, chart: Drawn) -> None:
        self._charts[self._sheets.index(sheet) + 1] = chart

    def written(self) -> bytes:
        """The snapshot's moment stands for the moment of writing: equal figures are equal bytes."""
        charts, sheets = self._charts, self._sheets
        drawn = [
            _part(f"xl/worksheets/sheet{no}.xml", sheet.pieces(drawing=no in charts))
            for no, sheet in enumerate(sheets, start=1)
        ]
        others = [
            _alike("[Content_Types].xml", _content_types(len(sheets), tuple(charts))),
            _alike("docProps/core.xml", _properties(self.view.as_of)),
            _alike("xl/workbook.xml", _workbook(sheets)),
            _alike("xl/_rels/workbook.xml.rels", _workbook_relations(len(sheets))),
            _part("xl/sharedStrings.xml", [self.contents.shared_strings()]),
        ]
        for number, chart in charts.items():
            others += _chart_parts(number, chart)
        return archived([*others, *_fixed(), *drawn])


@lru_cache(maxsize=128)
def _alike(name: str, text: str) -> Part:
    """A small part that is the same in the workbooks of most offices of a phase."""
    return _part(name, [text])


def _part(name: str, pieces: Iterable[str]) -> Part:
    """Deflated some hundred rows at a time."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, size, made = 0, 0, []
    for text in _joined(pieces):
        raw = text.encode()
        crc, size = zlib.crc32(raw, crc), size + len(raw)
        made.append(deflate.compress(raw))
    return Part(name.encode("ascii"), crc, size, b"".join([*made, deflate.flush()]))


def _joined(pieces: Iterable[str]) -> Iterator[str]:
    left = iter(pieces)
    yield _HEAD
    while text := "".join(islice(left, _AT_ONCE)):
        yield text


@cache
def _fixed() -> tuple[Part, ...]:
    properties = f"{_PACKAGE}/relationships/metadata/core-properties"
    own = (
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{properties}" Target="docProps/core.xml"/>'
    )
    relations = f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{own}</Relationships>'
    fixed = {"_rels/.rels": relations.encode(), **fixed_parts()}
    return tuple(packed(name, content) for name, content in fixed.items())


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    """Kind and target; numbered from rId1."""
    each = "".join(
        f'<Relationship Id="rId{no}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for no, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


@cache
def _workbook_relations(count: int) -> str:
    sheets = [("worksheet", f"worksheets/sheet{no}.xml") for no in range(1, count + 1)]
    others = [("styles", "styles.xml"), ("theme", "theme/theme1.xml"), ("sharedStrings", "sharedStrings.xml")]
    return _relations([*sheets, *others])


@lru_cache(maxsize=64)
def _content_types(count: int, charts: tuple[int, ...]) -> str:
    kinds = {f"xl/worksheets/sheet{no}.xml": "spreadsheetml.worksheet" for no in range(1, count + 1)}
    kinds |= {f"xl/charts/chart{no}.xml": "drawingml.chart" for no in charts}
    kinds |= {f"xl/drawings/drawing{no}.xml": "drawing" for no in charts}
    kinds |= {
        "xl/workbook.xml": "spreadsheetml.sheet.main",
        "xl/styles.xml": "spreadsheetml.styles",
        "xl/sharedStrings.xml": "spreadsheetml.sharedStrings",
        "xl/theme/theme1.xml": "theme",
    }
    each = "".join(f'<Override PartName="/{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in kinds.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/docProps/core.xml"'
        ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{each}</Types>"
    )


def _properties(made_at: datetime) -> str:
    moment = f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    stamped = "".join(
        f'<dcterms:{deed} xsi:type="dcterms:W3CDTF">{moment}</dcterms:{deed}>' for deed in ("created", "modified")
    )
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>OneLedger</dc:creator>{stamped}'
        "</cp:coreProperties>"
    )


def _workbook(sheets: Sequence[Sheet]) -> str:
    names = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{no}" r:id="rId{no}"/>' for no, sheet in enumerate(sheets, 1)
    )
    titles = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{no}">{escape(sheet.print_titles())}</definedName>'
        for no, sheet in enumerate(sheets)
    )
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{names}</sheets><definedNames>{titles}</definedNames></workbook>"
    )


def _chart_parts(number: int, chart: Drawn) -> list[Part]:
    drawing, bars = f"../drawings/drawing{number}.xml", f"../charts/chart{number}.xml"
    return [
        _alike(f"xl/worksheets/_rels/sheet{number}.xml.rels", _relations([("drawing", drawing)])),
        _alike(f"xl/drawings/_rels/drawing{number}.xml.rels", _relations([("chart", bars)])),
        _alike(f"xl/drawings/drawing{number}.xml", drawing_xml(chart)),
        _part(f"xl/charts/chart{number}.xml", [chart.xml()]),
    ]
