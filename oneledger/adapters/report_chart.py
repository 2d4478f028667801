"""The chart of a consolidated workbook: horizontal bars, the first unit on top, numbers at their ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import Template
from typing import Protocol
from xml.sax.saxutils import escape

from oneledger.adapters.cell_text import clean

_CM = 360_000  # English metric units
_WIDTH_CM = 22
_MOST_CM, _LEAST_CM = 17, 6
_ABOVE_BARS_CM, _BELOW_BARS_CM = 1.8, 0.3  # for the title and the numbers of the axis
_DRAWING = Template(
    '<wsDr xmlns="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><oneCellAnchor>'
    "<from><col>0</col><colOff>0</colOff><row>$row</row><rowOff>0</rowOff></from>"
    '<ext cx="$width" cy="$height"/><graphicFrame macro=""><nvGraphicFramePr><cNvPr id="2" name="Chart 1"/>'
    '<cNvGraphicFramePr/></nvGraphicFramePr><xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xfrm>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
    '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>'
    "</a:graphicData></a:graphic></graphicFrame><clientData/></oneCellAnchor></wsDr>"
)
_CHART = Template(
    '<chartSpace xmlns="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><roundedCorners val="0"/><chart>'
    '<title><tx><rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1400" b="0"/></a:pPr>'
    '<a:r><a:rPr lang="zh-CN" sz="1400" b="0"/><a:t>$title</a:t></a:r></a:p></rich></tx><overlay val="0"/></title>'
    '<autoTitleDeleted val="0"/><plotArea><layout><manualLayout><layoutTarget val="inner"/>'
    '<xMode val="edge"/><yMode val="edge"/><x val="0.25"/><y val="$top"/><w val="0.66"/><h val="$high"/>'
    "</manualLayout></layout>"
    '<barChart><barDir val="bar"/><grouping val="clustered"/>'
    '<varyColors val="0"/><ser><idx val="0"/><order val="0"/>'
    '<spPr><a:solidFill><a:srgbClr val="4F81BD"/></a:solidFill></spPr><invertIfNegative val="0"/>'
    '<dLbls><numFmt formatCode="$labels" sourceLinked="0"/><showLegendKey val="0"/><showVal val="1"/>'
    '<showCatName val="0"/><showSerName val="0"/><showPercent val="0"/><showBubbleSize val="0"/></dLbls>'
    '<cat><strRef><f>$names</f><strCache><ptCount val="$count"/>$named</strCache></strRef></cat>'
    "<val><numRef><f>$values</f><numCache><formatCode>$labels</formatCode>"
    '<ptCount val="$count"/>$valued</numCache></numRef></val></ser>'
    '<gapWidth val="60"/><axId val="10"/><axId val="100"/></barChart>'
    '<catAx><axId val="10"/><scaling><orientation val="maxMin"/></scaling><delete val="0"/><axPos val="l"/>'
    '<majorTickMark val="none"/><minorTickMark val="none"/><tickLblPos val="low"/><crossAx val="100"/>'
    '<auto val="0"/><lblOffset val="100"/><tickLblSkip val="1"/><noMultiLvlLbl val="1"/></catAx>'
    '<valAx><axId val="100"/><scaling><orientation val="minMax"/>$most<min val="0"/></scaling><delete val="0"/>'
    '<axPos val="t"/><numFmt formatCode="$axis" sourceLinked="0"/><majorTickMark val="none"/>'
    '<minorTickMark val="none"/><tickLblPos val="nextTo"/><crossAx val="10"/></valAx></plotArea>'
    '<plotVisOnly val="1"/><dispBlanksAs val="gap"/></chart></chartSpace>'
)


@dataclass(frozen=True)
class Chart:
    """``bars``: name and number, as they stand in the sheet's rows from ``first`` on; None: nothing to show."""

    title: str
    sheet: str
    columns: tuple[str, str]  # letters of the names' column and of the numbers'
    first: int
    bars: Sequence[tuple[str, float | None]]
    below: int  # the chart begins under this row
    is_share: bool = False

    @property
    def height_cm(self) -> int:
        return min(_MOST_CM, max(_LEAST_CM, round(2.2 + 0.6 * len(self.bars))))

    def xml(self) -> str:
        """With the numbers themselves, so that viewers which do not calculate show it too."""
        last = self.first + len(self.bars) - 1
        names, values = (rows_of(self.sheet, letter, self.first, last) for letter in self.columns)
        numbers = [(at, str(number)) for at, (_, number) in enumerate(self.bars) if number is not None]
        return _CHART.substitute(
            title=escape(self.title),
            top=_ABOVE_BARS_CM / self.height_cm,
            high=1 - (_ABOVE_BARS_CM + _BELOW_BARS_CM) / self.height_cm,
            names=names,
            values=values,
            count=len(self.bars),
            named=points_xml((at, escape(clean(name))) for at, (name, _) in enumerate(self.bars)),
            valued=points_xml(numbers),
            most='<max val="1"/>' if self.is_share else "",
            labels="0.0%" if self.is_share else "#,##0",
            axis="0%" if self.is_share else "#,##0",
        )


class Drawn(Protocol):
    @property
    def below(self) -> int: ...
    @property
    def height_cm(self) -> int: ...
    def xml(self) -> str: ...


def drawing_xml(chart: Drawn) -> str:
    return _DRAWING.substitute(row=chart.below, width=_WIDTH_CM * _CM, height=chart.height_cm * _CM)


def rows_of(sheet: str, letter: str, first: int, last: int) -> str:
    quoted = "'" + sheet.replace("'", "''") + "'"
    return f"{quoted}!${letter}${first}:${letter}${last}"


def points_xml(texts: Iterable[tuple[int, str]]) -> str:
    return "".join(f'<pt idx="{at}"><v>{text}</v></pt>' for at, text in texts)
