"""The files of one mail: what only holds others is opened, each is read once, and what is not used has a sentence."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from oneledger.adapters.file_kinds import sniff
from oneledger.adapters.mail_links import has_large_attachment_link
from oneledger.adapters.mail_parse import MailPart, ParsedMail, is_file, safe_name
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.findings import Finding
from oneledger.domain.pupil_data import masked
from oneledger.domain.returns import PackedFiles, SheetCells, Unreadable, WorkbookCells
from oneledger.domain.rules import structural

MOST_FILES = 300  # of one mail, those in its containers counted
ORNAMENT_BYTES = 50_000  # a logo or a smiley under a letter; no photograph of a table is that small
_OPENED_WITHIN: dict[str, tuple[str, ...]] = {"": ("zip", "tnef"), "tnef": ("zip",), "zip": ()}
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
               "text/vcard", "text/x-vcard", "text/calendar")  # fmt: skip
_PIECE_OF_BODY = re.compile(r"ATT\d+\.(?:txt|html?)", re.IGNORECASE)  # so Exchange names what stands under a file
_NOT_ASKED = {"WB-123", "WB-124", "WB-125"}  # of use beside a table, only not to us

Workbook = tuple[MailPart, WorkbookCells]
Other = tuple[MailPart, Unreadable]


@dataclass
class FilesOfMail:
    mail: ParsedMail  # with the files of its containers in the containers' place
    workbooks: list[Workbook] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    has_link: bool = False  # to a file that was left with the provider

    def unused(self, taken: Collection[str]) -> list[str]:
        """One sentence for each file that is neither a workbook nor, by its path, among ``taken``."""
        told = [_sentence(part, each.finding) for part, each in self.worth_telling() if part.path not in taken]
        return [*told, *([structural("WB-140").remedy] if self.has_link else [])]

    def worth_telling(self) -> list[Other]:
        return [(part, each) for part, each in self.others if not _is_ornament(part)]

    def refusals(self) -> list[Finding]:
        """Where nothing could be read: each file with its name, and how to send it instead."""
        told = [replace(each.finding, sheet=_name(part)) for part, each in self.worth_telling()]
        return [*told, *([structural("WB-140")] if self.has_link else [])]


def open_files(reader: WorkbookReader, mail: ParsedMail, judged: Collection[str]) -> FilesOfMail:
    """``judged``: paths of parts that an earlier look has judged."""
    parts: list[MailPart] = []
    done = FilesOfMail(mail, has_link=has_large_attachment_link(mail))
    seen: set[str] = set()
    tables: list[Workbook] = []
    tables_judged = False
    for part, told in _read_all(reader, mail):
        parts.append(part)
        if told is None:
            continue
        if part.path in judged:
            tables_judged |= isinstance(told, WorkbookCells) and told.kind == "csv"
            continue
        if isinstance(told, Unreadable):
            done.others.append((part, told))
        elif not _is_known(part, seen):
            (tables if told.kind == "csv" else done.workbooks).append((part, told))
    done.mail = replace(mail, parts=tuple(parts))
    _yield_to_marked(done, [] if tables_judged else tables)
    return done


def _is_known(part: MailPart, seen: set[str]) -> bool:
    """The same bytes twice, as a forward and as a file, are one return."""
    digest = sha256(part.content).hexdigest()
    is_known = digest in seen
    seen.add(digest)
    return is_known


def _read_all(reader: WorkbookReader, mail: ParsedMail) -> Iterator[tuple[MailPart, WorkbookCells | Unreadable | None]]:
    left = MOST_FILES
    for part in mail.parts:
        if not is_file(part):
            yield part, None
            continue
        for each in _read(reader, part, ""):
            left -= 1
            yield each if left >= 0 else (each[0], Unreadable(structural("WB-102", limit=MOST_FILES)))


def _read(reader: WorkbookReader, part: MailPart, within: str) -> Iterator[tuple[MailPart, WorkbookCells | Unreadable]]:
    told = reader.read(part.content)
    if not isinstance(told, PackedFiles):
        yield part, told
    elif told.kind not in _OPENED_WITHIN[within]:
        yield part, Unreadable(structural("WB-139"))
    else:
        for number, (name, content) in enumerate(told.files, 1):
            inner = replace(part, path=f"{part.path}/{number}", filename=safe_name(name) or None, content=content)
            yield from _read(reader, replace(inner, content_type="application/octet-stream"), told.kind)


def _yield_to_marked(done: FilesOfMail, tables: Sequence[Workbook]) -> None:
    """What carries no mark answers only where nothing in the mail does: one return is not judged twice against itself.

    Each csv holds one sheet, so all of them together are one workbook.
    """
    is_marked = [bool(cells.marks.tokens or cells.marks.campaign) for _, cells in done.workbooks]
    weaker = (
        [each for each, marked in zip(done.workbooks, is_marked, strict=True) if not marked] if any(is_marked) else []
    )
    done.workbooks = [each for each in done.workbooks if each not in weaker]
    if done.workbooks:
        weaker += tables
    elif tables:
        done.workbooks = [joined_tables(tables)]
    done.others += [(part, Unreadable(structural("WB-141"))) for part, _ in weaker]


def joined_tables(tables: Sequence[Workbook]) -> Workbook:
    sheets: list[SheetCells] = []
    notes: list[Finding] = []
    for part, cells in tables:
        name = _name(part) or f"文本表格{len(sheets) + 1}"
        sheets += [replace(sheet, name=name) for sheet in cells.sheets]
        notes += [replace(note, sheet=name) for note in cells.notes]
    first, cells = tables[0]
    names = "、".join(part.filename or "" for part, _ in tables)
    content = b"\n".join(part.content for part, _ in tables)
    return replace(first, filename=names, content=content), replace(cells, sheets=sheets, notes=tuple(notes))


def _sentence(part: MailPart, finding: Finding) -> str:
    why = "不是这次要报的材料，只存档，没有读取。" if finding.rule in _NOT_ASKED else finding.remedy
    return f"{_name(part)}（{finding.rule}）：{why}"


def _name(part: MailPart) -> str:
    return masked(part.filename, "prose") if part.filename else "没有文件名的附件"


def _is_ornament(part: MailPart) -> bool:
    is_small_picture = len(part.content) < ORNAMENT_BYTES and sniff(part.content) == "image"
    is_piece = part.content_type.startswith("text/") and bool(_PIECE_OF_BODY.fullmatch(part.filename or ""))
    return is_small_picture or is_piece or part.content_type in _SIGNATURES
