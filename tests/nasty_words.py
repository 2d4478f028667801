"""What people who mean harm, and programs that mean none, put where words are expected; and how to see that it took."""

import email
import email.policy
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from docx import Document
from lxml import etree
from openpyxl import load_workbook

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|'/C calc'!A0",
    "+cmd|'/C calc'!A0", "@SUM(1+1)*cmd|'/C calc'!A0", '=HYPERLINK("http://evil.invalid","点我")', '=DDE("cmd";"/C calc";"x")',
    '=IMPORTXML("http://evil.invalid","//a")', '=WEBSERVICE("http://evil.invalid")', "{=1+1}", "'=1+1", '"=1+1', "=1+1\n=2",
)  # fmt: skip
TEMPLATES = (
    "{{7*7}}", "{{ 7*7 }}", "{% for x in [1] %}", "{% raw %}", "{# 注 #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{''.__class__}}",
    "{{p 7*7}}", "{%p if 1 %}", "{{r x}}", "{%tr for x in y %}", "%(name)s", "{0}", "{unit.name.__class__}",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "<img src=http://evil.invalid onerror=alert(1)>", "</td></tr></table>", "<w:p/>", "]]>", "<![CDATA[",
    "</t></is><f>1+1</f>", "&amp;lt;", "&#x0;", '" onclick="alert(1)', "<a href='javascript:1'>", "<!--", "<?xml version='1.0'?>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;", "[/red][link=http://evil.invalid]x", "_x0041__x000D_",
)  # fmt: skip
HEADERS = (
    "x\r\nBcc: a@evil.invalid",
    "x\nBcc: a@evil.invalid",
    "x\r\n\r\n正文",
    "x\u2028Bcc: a@evil.invalid",
    "x\x0bBcc: y",
    "=?utf-8?q?a?=",
    "x\x85Bcc: y",
)
ODD = (
    "\x00", "a\x00b", "\x01\x08\x0b\x0c\x1f\x7f", "\x80\x9f", "\u202egnp.exe", "\u2066x\u2069", "\u200b\u200f\ufeff", "\ufffe\uffff", "𝟙👨‍👩‍👧‍👦",
    "../../../../etc/cron.d/x", "C:\\windows\\x", "con.xlsx", "a/b", ".", "~", "字" * 40_000, "e" + "\u0301" * 3000, "\u2028\u2029",
)  # fmt: skip
BROKEN = ("\ud800", "a\udfffb")  # halves of characters: what a wrong decoder makes
NASTY = (*FORMULAS, *TEMPLATES, *MARKUP, *HEADERS, *ODD, *BROKEN)

_NEVER_IN_A_PACKAGE = re.compile(
    r"externalLink|ddeLink|oleLink|vbaProject|embeddings|activeX|connections\.xml|queryTable", re.IGNORECASE
)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def put_into(context, word: str, *, where=re.compile("[\u4e00-\u9fff]")):
    """The same context with the word behind every text of its people: those with Chinese in them."""
    if isinstance(context, str):
        return context + word if where.search(context) else context
    if isinstance(context, dict):
        return {key: put_into(value, word, where=where) for key, value in context.items()}
    if isinstance(context, list | tuple):
        return type(context)(put_into(value, word, where=where) for value in context)
    return context


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def trees(content: bytes) -> Iterator[tuple[str, etree._Element]]:
    for name, part in parts_of(content).items():
        if name.endswith((".xml", ".rels")):
            yield name, etree.fromstring(part, _PARSER)


def package_faults(content: bytes, plain: bytes) -> list[str]:
    """What an xlsx or docx holds that the one made without harmful words does not: formulas, fields, links, parts."""
    faults = [name for name in parts_of(content) if _NEVER_IN_A_PACKAGE.search(name)]
    faults += sorted(set(parts_of(content)) - set(parts_of(plain)))
    return faults + [f"{what}: {more}" for what, more in _commands(content) - _commands(plain)]


def _commands(content: bytes) -> set[tuple[str, str]]:
    """Everything in it that a program would run or call, but for what counts up with the rows."""
    found = set()
    for _, tree in trees(content):
        for element in tree.iter(etree.Element):
            kind = etree.QName(element).localname
            if kind in (
                "f",
                "instrText",
                "fldSimple",
                "definedName",
                "formula1",
                "formula2",
                "hyperlink",
                "ddeLink",
                "oleLink",
                "object",
            ):
                words = (
                    (element.text or "")
                    + (element.get("ref") or "")
                    + (element.get(f"{{{etree.QName(element).namespace}}}instr") or "")
                )
                found.add((kind, re.sub(r"\d+", "0", words)))
            if kind == "Relationship" and element.get("TargetMode") == "External":
                found.add(("external", element.get("Target")))
    return found


def xlsx_faults(content: bytes, plain: bytes) -> list[str]:
    book = load_workbook(io.BytesIO(content))
    return package_faults(content, plain) + [
        f"{sheet.title}!{cell.coordinate}: {cell.value!r}"
        for sheet in book for row in sheet.iter_rows() for cell in row
        if cell.data_type == "f" and any(each in str(cell.value) for each in FORMULAS)
    ]  # fmt: skip


def docx_faults(content: bytes, plain: bytes) -> list[str]:
    text = text_of_docx(content)
    return package_faults(content, plain) + [word for word in ("4949",) if word in text]


def text_of_docx(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    return "".join(document.element.body.itertext())


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


def mail_faults(content: bytes, plain: bytes) -> list[str]:
    """Headers, recipients, parts and elements of html that the plain mail does not have."""
    told, meant = (email.message_from_bytes(each, policy=email.policy.default) for each in (content, plain))
    faults = [f"header {name}" for name in set(told.keys()) ^ set(meant.keys())]
    faults += [
        name
        for name in ("To", "From", "Reply-To")
        if told[name].addresses[0].addr_spec != meant[name].addresses[0].addr_spec
    ]
    faults += [name for name in ("To", "From") if len(told[name].addresses) != 1]
    faults += ["more parts"] if len(list(told.walk())) != len(list(meant.walk())) else []
    faults += ["bare line end"] if re.search(rb"(?<!\r)\n|\r(?!\n)", content) else []
    faults += ["a line too long"] if max(map(len, content.split(b"\r\n"))) > 998 else []
    html, first = (each.get_body(("html",)).get_content() for each in (told, meant))
    faults += sorted(_Tags(html).seen - _Tags(first).seen)
    faults += (
        ["turned"] if _TURNING.search(html + told.get_body(("plain",)).get_content() + str(told["Subject"])) else []
    )
    return faults


def csv_faults(cells: Iterable[str]) -> list[str]:
    """Cells that a spreadsheet would run when the file is opened."""
    return [each for each in cells if each[:1] in tuple("=+-@\t\r\x00＝＋－＠")]
