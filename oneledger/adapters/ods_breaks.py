"""An ods writes a tab or a line break within a cell as an element, and the fast parser passes over elements it does
not know: words would run together."""

import io
import re
import zipfile

from oneledger.adapters.zip_parts import archived, packed

CONTENT = "content.xml"
_BREAK = re.compile(rb"<text:(tab|line-break)\s*(?:/>|>\s*</text:(?:tab|line-break)>)")
_KEPT = ("mimetype", "META-INF/manifest.xml")
_FAST = 1  # it is inflated again at once


def has_breaks(xml: bytes) -> bool:
    return _BREAK.search(xml) is not None


def with_breaks(content: bytes, xml: bytes) -> bytes:
    """The workbook with plain tabs and line breaks. ``xml``: its content, which was checked and inflated before."""
    plain = _BREAK.sub(lambda match: b"\t" if match[1] == b"tab" else b"\n", xml)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept = [packed(name, archive.read(name), _FAST) for name in _KEPT if name in archive.namelist()]
    return archived([*kept, packed(CONTENT, plain, _FAST)])
