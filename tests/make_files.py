"""Files as they really arrive, made by hand: bent zips, the old container of xls, an ods."""

import io
import struct
import zipfile

from openpyxl import Workbook

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
ONE_CELL = '<row r="1"><c r="A1"><v>7</v></c></row>'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx_parts(rows=ONE_CELL, **more):
    """The least workbook: one sheet 台账 with these rows as raw XML. ``more``: further parts, / written as __."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{_OFFICE}"><sheets><sheet name="台账" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": SHEET.format(rows),
    }
    return parts | {name.replace("__", "/"): text for name, text in more.items()}


def zipped(parts, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def make_xlsx(rows=ONE_CELL, **more):
    return zipped(xlsx_parts(rows, **more))


def saved(fill):
    """A workbook written by openpyxl: ``fill`` is given the first sheet."""
    book = Workbook()
    fill(book.worksheets[0])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def overlapping():
    """Two entries of the directory that point at the same bytes (CVE-2024-0450)."""
    content = bytearray(make_xlsx(xl__a="x" * 200, xl__b="x" * 200))
    directory = content.rindex(b"PK\x05\x06")
    start = struct.unpack("<L", content[directory + 16 : directory + 20])[0]
    entries = []
    while content[start : start + 4] == b"PK\x01\x02":
        entries.append(start)
        start += 46 + sum(struct.unpack("<3H", content[start + 28 : start + 34]))
    content[entries[-1] + 42 : entries[-1] + 46] = content[entries[-2] + 42 : entries[-2] + 46]
    return bytes(content)


def with_flag(content, flag):
    """Every entry's general purpose flags, in the directory."""
    changed = bytearray(content)
    at = -1
    while (at := changed.find(b"PK\x01\x02", at + 1)) >= 0:
        changed[at + 8] |= flag
    return bytes(changed)


def ole(*streams):
    """The container of xls: one 512-byte sector a line of the FAT, streams of 4096 bytes and more."""
    blocks, directory, fat = [], b"", [0xFFFFFFFD, 0xFFFFFFFE]
    for name, content in streams:
        data = content.ljust(4096, b"\0")
        data += b"\0" * (-len(data) % 512)
        first, count = len(fat), len(data) // 512
        fat += [*range(first + 1, first + count), 0xFFFFFFFE]
        blocks.append(data)
        is_last = len(directory) // 128 + 1 == len(streams)
        directory += _entry(name, 2, first, len(data), right=0xFFFFFFFF if is_last else len(directory) // 128 + 2)
    root = _entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    directory = (root + directory).ljust(512, b"\0")
    assert len(directory) == 512
    assert len(fat) <= 128
    table = struct.pack("<128L", *fat, *[0xFFFFFFFF] * (128 - len(fat)))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
        + struct.pack("<9L", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    )  # fmt: skip
    return header + table + directory + b"".join(blocks)


def _entry(name, kind, first, size, child=0xFFFFFFFF, right=0xFFFFFFFF):
    wide = (name + "\0").encode("utf-16-le")
    return (
        wide.ljust(64, b"\0") + struct.pack("<H2B3L", len(wide), kind, 1, 0xFFFFFFFF, right, child)
        + b"\0" * 36 + struct.pack("<LQ", first, size)
    )  # fmt: skip


def _record(kind, body=b""):
    return struct.pack("<2H", kind, len(body)) + body


def biff(cells, *, encrypted=False):
    """The Workbook stream of an xls (also et): one sheet 台账 with texts and numbers by (row, column)."""
    name = "台账".encode("utf-16-le")
    bof = _record(0x809, struct.pack("<4H2L", 0x600, 5, 0, 1996, 0, 6))
    opening = bof + (_record(0x2F, b"\0" * 6) if encrypted else b"") + _record(0x42, struct.pack("<H", 1200))
    sheet_at = len(opening) + 4 + 8 + len(name) + 4
    globals_ = opening + _record(0x85, struct.pack("<L4B", sheet_at, 0, 0, 2, 1) + name) + _record(0x0A)
    body = _record(0x809, struct.pack("<4H2L", 0x600, 16, 0, 1996, 0, 6))
    for (row, column), value in cells.items():
        if isinstance(value, str):
            text = value.encode("utf-16-le")
            body += _record(0x204, struct.pack("<4HB", row, column, 0, len(value), 1) + text)
        else:
            body += _record(0x203, struct.pack("<3Hd", row, column, 0, value))
    return globals_ + body + _record(0x0A)


def ods(rows):
    """``rows``: raw XML of the table."""
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    content = f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="台账">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        }
    )
