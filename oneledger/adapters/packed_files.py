"""What only holds other files: a zip (one level) and Outlook's winmail.dat. Sizes are counted while inflating."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from oneledger.adapters.plain_words import chinese
from oneledger.adapters.tnef import files_in, hides_something
from oneledger.adapters.zip_guard import MIB, Trap, check_directory, unzipped
from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

MOST_FILES = 100
MOST_BYTES = 20 * MIB  # of all files together; what came by mail is hardly ever larger, and it must fit into one reply
_NOT_FILES = re.compile(r"(?:^|/)(?:__MACOSX/|~\$|\._|\.~|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_RULES = {"WB-103": "WB-136", "WB-106": "WB-135"}  # the guards of a zip speak of workbooks
_IN_UTF8 = 0x800

Files = list[tuple[str, bytes]]


def unpacked(kind: str, content: bytes) -> Files | Finding:
    """(name, bytes) of each file; names are for people, folders included."""
    files = _of_envelope(content) if kind == "tnef" else _of_zip(content)
    if isinstance(files, Finding):
        return files
    if len(files) > MOST_FILES or sum(len(each) for _, each in files) > MOST_BYTES:
        return structural("WB-136", limit=MOST_BYTES // MIB, count=MOST_FILES)
    return files


def _of_envelope(content: bytes) -> Files | Finding:
    files = files_in(content)
    return files if files or not hides_something(content) else structural("WB-138")


def _of_zip(content: bytes) -> Files | Finding:
    try:
        return list(_entries(content)) or structural("WB-137")
    except Trap as trap:
        rule = _RULES.get(trap.finding.rule, "WB-134")
        return structural(rule, limit=MOST_BYTES // MIB, count=MOST_FILES)
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, OverflowError):
        return structural("WB-134")


def _entries(content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        check_directory(content, entries, archive.start_dir)
    names = {entry.filename: _name(entry) for entry in entries}
    wanted = [each for each in entries if not (each.is_dir() or _NOT_FILES.search(names[each.filename]))]
    if len(wanted) > MOST_FILES:
        raise Trap(structural("WB-103"))
    for entry, (_, part) in zip(wanted, unzipped(content, wanted, most=MOST_BYTES), strict=True):
        yield names[entry.filename], part


def _name(entry: zipfile.ZipInfo) -> str:
    """Where the entry does not say that its name is UTF-8, it is GBK on Windows and UTF-8 on a Mac."""
    name = entry.filename
    if not entry.flag_bits & _IN_UTF8:
        told = chinese(name.encode("cp437", "replace"))
        name = told[0] if told else name
    return name.replace("\\", "/")
