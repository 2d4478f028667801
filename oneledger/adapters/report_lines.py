"""The line chart of a consolidated workbook: numbers over days."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from xml.sax.saxutils import escape

from oneledger.adapters.report_chart import points_xml, rows_of

_COLOURS = ("4F81BD", "2C7D4F", "C2571A")
_SERIES = Template(
    '<ser><idx val="$no"/><order val="$no"/><tx><v>$name</v></tx>'
    '<spPr><a:ln w="28575"><a:solidFill><a:srgbClr val="$colour"/></a:solidFill></a:ln></spPr>'
    '<marker><symbol val="circle"/><size val="5"/></marker>'
    '<cat><strRef><f>$days</f><strCache><ptCount val="$count"/>$told</strCache></strRef></cat>'
    '<val><numRef><f>$values</f><numCache><formatCode>#,##0</formatCode><ptCount val="$count"/>$numbers</numCache>'
    '</numRef></val><smooth val="0"/></ser>'
)
_CHART = Template(
    '<chartSpace xmlns="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><roundedCorners val="0"/><chart>'
    '<title><tx><rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1400" b="0"/></a:pPr>'
    '<a:r><a:rPr lang="zh-CN" sz="1400" b="0"/><a:t>$title</a:t></a:r></a:p></rich></tx><overlay val="0"/></title>'
    '<autoTitleDeleted val="0"/><plotArea><layout/>'
    '<lineChart><grouping val="standard"/><varyColors val="0"/>$series<marker val="1"/>'
    '<axId val="10"/><axId val="100"/></lineChart>'
    '<catAx><axId val="10"/><scaling><orientation val="minMax"/></scaling><delete val="0"/><axPos val="b"/>'
    '<majorTickMark val="none"/><minorTickMark val="none"/><tickLblPos val="low"/><crossAx val="100"/>'
    '<auto val="0"/><lblOffset val="100"/><noMultiLvlLbl val="1"/></catAx>'
    '<valAx><axId val="100"/><scaling><orientation val="minMax"/><min val="0"/></scaling><delete val="0"/>'
    '<axPos val="l"/><majorGridlines/><numFmt formatCode="#,##0" sourceLinked="0"/><majorTickMark val="none"/>'
    '<minorTickMark val="none"/><tickLblPos val="nextTo"/><crossAx val="10"/></valAx></plotArea>'
    '<legend><legendPos val="b"/><overlay val="0"/></legend>'
    '<plotVisOnly val="1"/><dispBlanksAs val="gap"/></chart></chartSpace>'
)


@dataclass(frozen=True)
class Lines:
    """``series``: name, letter of its column, numbers, as they stand in the sheet's rows from ``first`` on."""

    title: str
    sheet: str
    days: tuple[str, Sequence[str]]  # letter of the column, texts
    series: Sequence[tuple[str, str, Sequence[float]]]
    first: int
    below: int  # the chart begins under this row
    height_cm: int = 11

    def xml(self) -> str:
        letter, texts = self.days
        last = self.first + len(texts) - 1
        days = {"days": rows_of(self.sheet, letter, self.first, last), "count": len(texts)}
        told = points_xml((at, escape(text)) for at, text in enumerate(texts))
        drawn = [
            _SERIES.substitute(
                days, no=no, name=escape(name), colour=_COLOURS[no % len(_COLOURS)], told=told,
                values=rows_of(self.sheet, column, self.first, last),
                numbers=points_xml((at, str(number)) for at, number in enumerate(numbers)),
            )
            for no, (name, column, numbers) in enumerate(self.series)
        ]  # fmt: skip
        return _CHART.substitute(title=escape(self.title), series="".join(drawn))
