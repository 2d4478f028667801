"""The master: one workbook for all units of a level in a phase, built once; workbook_stamp makes each unit's of it."""

import io
import re
from datetime import datetime
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection

from oneledger.adapters import zip_parts
from oneledger.adapters.workbook_rules import ChoiceLists
from oneledger.adapters.workbook_sheet import (
    UNIT_NAME_PLACE,
    SheetDrawing,
    draw_below,
    draw_facts,
    draw_head,
    draw_table,
    protect,
    set_page,
)
from oneledger.domain.forms import Form
from oneledger.domain.printed import code_line, lines_below, title_of
from oneledger.domain.sheet_layout import lay_out
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET, WorkbookSpec

TOKEN_PLACE = "@@oneledger:token@@"  # noqa: S105  # where the token goes, not a secret
UNIT_CODE_PLACE = "@@oneledger:unit_code@@"
PLACES = {"token": TOKEN_PLACE, "unit_code": UNIT_CODE_PLACE, "unit_name": UNIT_NAME_PLACE}
STRINGS_PART = "xl/sharedStrings.xml"
PROPERTIES = "docProps/core.xml"


def build_master(spec: WorkbookSpec) -> bytes:
    """The same spec gives the same bytes. Takes some 0.1 s: once per spec, never per unit."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets = [(form, book.create_sheet(form.sheet)) for form in spec.sheets]
    meta = book.create_sheet(META_SHEET)
    lists = ChoiceLists(book)
    for form, sheet in sheets:
        draw_form(SheetDrawing(sheet, lay_out(form), lists), form, spec)
    for row, pair in enumerate(_marks(spec), 1):
        meta.cell(row, 1).value, meta.cell(row, 2).value = pair
    meta.sheet_state = "veryHidden"
    _sign(book)
    return _settled(_saved(book))


def draw_form(drawing: SheetDrawing, form: Form, spec: WorkbookSpec) -> None:
    draw_head(drawing, title_of(form, spec), code_line(form), spec.document_no)
    draw_facts(drawing, form.facts)
    draw_table(drawing, form.table)
    draw_below(drawing, lines_below(form, spec))
    set_page(drawing, form.table, f"{form.code} v{form.version}")
    protect(drawing.sheet, form.table)


def _marks(spec: WorkbookSpec) -> tuple[tuple[str, str], ...]:
    return (
        ("campaign", spec.campaign),
        ("phase", spec.phase),
        ("unit_code", UNIT_CODE_PLACE),
        ("token", TOKEN_PLACE),
        ("forms", ",".join(spec.references)),
    )


def _sign(book: Workbook) -> None:
    book.custom_doc_props.append(  # type: ignore[attr-defined]  # the stubs are behind
        StringProperty(name=CUSTOM_PROPERTY, value=TOKEN_PLACE)
    )
    book.defined_names[DEFINED_NAME] = DefinedName(DEFINED_NAME, attr_text=f'"{TOKEN_PLACE}"', hidden=True)
    book.security = WorkbookProtection(lockStructure=True)
    book.properties.creator = "一本账"
    book.calculation.fullCalcOnLoad = False


def _saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _settled(saved: bytes) -> bytes:
    """What openpyxl leaves to the clock or to chance is fixed, and the texts that differ per unit are moved together.

    They become the only shared strings of the workbook: a sheet without prefilled values is then the same for all.
    """
    parts = zip_parts.texts(saved)
    moved: list[str] = []
    for name, text in parts.items():
        if name.startswith("xl/worksheets/"):
            parts[name] = _ordered_merges(_shared(text, moved))
    parts[PROPERTIES] = clockless(parts[PROPERTIES])
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace("</R", f"{_STRINGS_REL}</R")
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", f"{_STRINGS_TYPE}</Types>")
    parts[STRINGS_PART] = _STRINGS.format(count=len(moved), items="".join(f"<si>{text}</si>" for text in moved))
    return zip_parts.archived(zip_parts.packed(name, text.encode("utf-8")) for name, text in parts.items())


def clockless(properties: str) -> str:
    """openpyxl stamps the moment of writing; a fixed one makes equal contents equal bytes."""
    return _MOMENT.sub(f">{_FIXED:%Y-%m-%dT%H:%M:%SZ}<", properties)


_FIXED = datetime(2020, 1, 1)  # noqa: DTZ001  # not a moment of anything
_MOMENT = re.compile(r">\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<")
_SCHEMAS = "http://schemas.openxmlformats.org"
_STRINGS_REL = (
    f'<Relationship Type="{_SCHEMAS}/officeDocument/2006/relationships/sharedStrings" '
    'Target="sharedStrings.xml" Id="rIdStrings"/>'
)
_STRINGS_TYPE = (
    f'<Override PartName="/{STRINGS_PART}" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_STRINGS = f'<sst xmlns="{_SCHEMAS}/spreadsheetml/2006/main" uniqueCount="{{count}}">{{items}}</sst>'
_ANY_PLACE = "|".join(re.escape(escape(place)) for place in PLACES.values())
_INLINE = re.compile(rf't="inlineStr"><is>(<t[^>]*>[^<]*(?:{_ANY_PLACE})[^<]*</t>)</is></c>')
_MERGES = re.compile(r"(?:<mergeCell ref=\"[^\"]*\"\s*/>)+")


def _shared(sheet: str, moved: list[str]) -> str:
    def number(found: re.Match[str]) -> str:
        if found[1] not in moved:
            moved.append(found[1])
        return f't="s"><v>{moved.index(found[1])}</v></c>'

    return _INLINE.sub(number, sheet)


def _ordered_merges(sheet: str) -> str:
    return _MERGES.sub(lambda found: "".join(sorted(re.findall(r"<[^>]*>", found[0]))), sheet)
