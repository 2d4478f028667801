"""`make fuzz`: valid workbooks, lists, archives and mails, bent a hundred thousand times, through the readers (E10, E11).

    python -m tests.fuzz [--number 100000] [--seed 1] [--workers 2] [--only N]

Prints one line of JSON and ends with 0 if nothing died, nothing escaped, nothing was made and nothing was called.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import socket
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path
from time import monotonic

from oneledger.adapters.document_reader import DocumentReader
from oneledger.adapters.mail_parse import ParsedMail, facts_of, parse_mail
from oneledger.adapters.workbook_markup import MarkupError, mark_up
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.confirming import authentication, read_answer
from oneledger.domain.incoming import MailClass, classify, read_bounce
from oneledger.domain.returns import PackedFiles, Unreadable
from oneledger.domain.review import review
from tasks.evidence import by_mail, confirmation_number, evidence, unit_by_mail
from tests import make_files, mutations
from tests.make_returns import PRINTED, make_context
from tests.test_workbook_reader import FORMS, SPEC, filled_in

Parser = Callable[[bytes], ParsedMail]
MOST_SECONDS, MOST_MIB = 20.0, 1024
CHUNK = 250


@dataclass
class Tally:
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)  # a traceback, a file too slow
    slowest: float = 0.0
    parent_mib: int = 0
    child_mib: int = 0

    def add(self, other: "Tally") -> None:
        self.verdicts += other.verdicts
        self.faults += other.faults
        self.slowest = max(self.slowest, other.slowest)
        self.parent_mib = max(self.parent_mib, other.parent_mib)
        self.child_mib = max(self.child_mib, other.child_mib)


@lru_cache(maxsize=1)
def corpus() -> dict[str, tuple[bytes, ...]]:
    """Sound ones of every kind, by how they are read."""
    printed = stamp(prepare(build_master(SPEC), SPEC), replace(PRINTED, rows={}))
    filled = filled_in(printed)
    cells = {(row, column): f"值{row}" if column else float(row) for row in range(9) for column in range(3)}
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>台账{n}</t></is></c><c r="B{n}"><f>1+{n}</f><v>{n}</v></c></row>'
        for n in range(1, 30)
    )
    text = "序号,问题表现,风险等级\r\n1,门岗登记不全,一般\r\n".encode()
    workbooks = (
        filled, printed, make_files.make_xlsx(rows), make_files.saved(lambda sheet: sheet.append(["问题", 1, True])),
        make_files.ole(("Workbook", make_files.biff(cells))),
        make_files.ods("<table:table-row><table:table-cell><text:p>7</text:p></table:table-cell></table:table-row>"),
        text, text.decode().encode("gb18030"), make_files.zipped({"台账.csv": text, "a/b.xlsx": make_files.make_xlsx()}),
    )  # fmt: skip
    return {"workbook": workbooks, "document": tuple(_documents()), "mail": tuple(_mails(workbooks))}


def _documents() -> Iterator[bytes]:
    from io import BytesIO

    from docx import Document
    from PIL import Image

    document, buffer, picture = Document(), BytesIO(), BytesIO()
    document.add_heading("经验材料", 1)
    document.add_paragraph("我校坚持每日巡查。")
    document.save(buffer)
    yield buffer.getvalue()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    yield picture.getvalue()


def _mails(workbooks: Sequence[bytes]) -> Iterator[bytes]:
    def mail(subject: str, text: str, **headers: str) -> EmailMessage:
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = "教务处 <a@x.invalid>", "ledger+abc@ledger.invalid", subject
        made["Message-ID"], made["References"] = "<1@x.invalid>", "<t.ask.1@ledger.invalid> <2@x.invalid>"
        for name, value in headers.items():
            made[name.replace("_", "-")] = value
        made.set_content(text)
        made.add_alternative(f"<p>{text}</p>", subtype="html")
        return made

    answer = mail("回复：问题排查台账 [#K7Q2-9XM4]", "请查收。\n> 原文")
    answer.add_attachment(workbooks[2], maintype="application", subtype="vnd.ms-excel", filename="台账.xlsx")
    forward = mail("转发：台账", "见附件")
    forward.add_attachment(answer)
    bounce = mail("系统退信", "您的邮件无法送达 <b@x.invalid>，550 5.1.1 用户不存在", Return_Path="<>")
    for each in (
        answer,
        forward,
        bounce,
        mail("自动回复", "我正在休假"),
        mail("回复：请确认", "同意\n> 如属实，写：同意"),
    ):
        yield each.as_bytes(policy=SMTP)


class Readers:
    """What reads strangers' bytes, once a process."""

    def __init__(self, parser: Parser = parse_mail) -> None:
        self.parse_mail = parser
        self.workbooks, self.documents = WorkbookReader(), DocumentReader()

    def verdict(self, kind: str, content: bytes) -> str:
        return {"workbook": self.workbook, "document": self.document, "mail": self.mail}[kind](content)

    def workbook(self, content: bytes) -> str:
        read = self.workbooks.read(content)
        if isinstance(read, Unreadable):
            return read.finding.rule
        if isinstance(read, PackedFiles):
            inside = [self.workbooks.read(each) for _, each in read.files]
            return f"packed, {len(inside)}"
        told = review(read, FORMS, make_context(FORMS))
        if told.verdict == "returned":
            with suppress(MarkupError):  # the school's own zip is opened by us once more, to be marked
                mark_up(content, told.findings)
        return f"read, {told.verdict}"

    def document(self, content: bytes) -> str:
        return self.documents.read("a.docx", content).fault or "read"

    def mail(self, content: bytes) -> str:
        mail, key = self.parse_mail(content), b"key"
        facts = facts_of(mail, has_token=bool(by_mail(mail, key)) or unit_by_mail(mail, key) is not None)
        kind = classify(facts)
        if kind is MailClass.BOUNCE:
            read_bounce(facts)
        evidence(mail, None, key, is_forwarded=False)
        confirmation_number(mail, key)
        read_answer(mail.text)
        authentication(mail.headers.get("authentication-results", ()), "mx.x")
        json.dumps([mail.subject, mail.sender_address, [part.filename for part in mail.parts]])
        return kind.value


_readers: list[Readers] = []


def bent(seed: int, number: int, canary: str) -> tuple[str, bytes]:
    """The same for the same numbers, whoever makes it."""
    rng = random.Random(f"{seed}/{number}")
    kind = rng.choices(("workbook", "mail", "document"), (60, 30, 10))[0]
    sound = corpus()[kind]
    return kind, mutations.mutated(rng, rng.choice(sound), sound, canary)


def worked(seed: int, first: int, count: int, canary: str, folder: str, parser: Parser) -> Tally:
    """A chunk of them, in the folder that is watched."""
    os.chdir(folder)
    if not _readers:
        _readers.append(Readers(parser))
    tally = Tally()
    for number in range(first, first + count):
        kind, content = bent(seed, number, canary)  # bending has no limit of time, reading has
        began = monotonic()
        try:
            tally.verdicts[f"{kind}: {_readers[0].verdict(kind, content)}"] += 1
        except BaseException:  # noqa: BLE001  none may come out of a reader
            tally.faults.append(f"number {number}: {traceback.format_exc(limit=-4)}")
        took = monotonic() - began
        tally.slowest = max(tally.slowest, took)
        if took > MOST_SECONDS:
            tally.faults.append(f"number {number}: took {took:.1f} s")
    tally.parent_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    tally.child_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return tally


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server nobody may call: its address, and who called."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def wait() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                calls.append(str(address))
                connection.close()

        threading.Thread(target=wait, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/{mutations.MARK}", calls
        server.shutdown(socket.SHUT_RDWR)


def strays(folder: Path) -> list[str]:
    """Files that stand where none may: in the watched folder, or under the canary's name where the bent files say."""
    places = [Path("/"), Path("/tmp"), Path("/etc"), Path.home(), folder.parent]
    named = [str(each) for place in places if place.is_dir() for each in place.iterdir() if mutations.MARK in each.name]
    return [*named, *(str(each) for each in folder.rglob("*"))]


def fuzzed(number: int, seed: int, workers: int, parser: Parser = parse_mail) -> dict:
    """``parser``: of mails; another one shows that its faults are seen."""
    began, tally, deaths = monotonic(), Tally(), 0
    with tempfile.TemporaryDirectory(prefix="ol-watched-") as base, listening() as (canary, calls):
        folder = Path(base) / "watched"
        folder.mkdir()
        os.environ["TMPDIR"] = str(folder)
        try:
            for each in _chunks(number, seed, workers, canary, str(folder), parser):
                tally.add(each)
        except BrokenProcessPool:
            deaths += 1
        finally:
            del os.environ["TMPDIR"]
        made, called = strays(folder), list(calls)
    if tally.parent_mib > MOST_MIB or tally.child_mib > MOST_MIB:
        tally.faults.append(f"memory: {tally.parent_mib} MiB, child {tally.child_mib} MiB")
    return {
        "mutations": sum(tally.verdicts.values()), "seed": seed, "seconds": round(monotonic() - began),
        "deaths_of_the_parent": deaths, "faults": tally.faults[:20], "connections": called, "files_made": made[:20],
        "slowest_seconds": round(tally.slowest, 2), "parent_mib": tally.parent_mib, "child_mib": tally.child_mib,
        "verdicts": dict(sorted(tally.verdicts.items())),
    }  # fmt: skip


def _chunks(number: int, seed: int, workers: int, canary: str, folder: str, parser: Parser) -> Iterator[Tally]:
    chunks = [(seed, first, min(CHUNK, number - first), canary, folder, parser) for first in range(0, number, CHUNK)]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(worked, *zip(*chunks, strict=True))


def is_sound(told: dict, number: int) -> bool:
    clean = not (told["deaths_of_the_parent"] or told["faults"] or told["connections"] or told["files_made"])
    return clean and told["mutations"] == number


def main() -> None:
    asked = argparse.ArgumentParser()
    for name, default in (("number", 100_000), ("seed", 1), ("workers", os.cpu_count() or 1), ("only", -1)):
        asked.add_argument(f"--{name}", type=int, default=default)
    options = asked.parse_args()
    if options.only >= 0:
        kind, content = bent(options.seed, options.only, "http://127.0.0.1:1/")
        sys.stdout.write(f"{kind}, {len(content)} bytes: {Readers().verdict(kind, content)}\n")
        return
    told = fuzzed(options.number, options.seed, options.workers)
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.exit(0 if is_sound(told, options.number) else 1)


if __name__ == "__main__":
    main()
