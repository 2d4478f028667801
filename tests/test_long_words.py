"""What a sender may write at great length is read in time proportional to it (issue 4 F): every reader of words of ours,
on what made quadratic patterns of others slow."""

import re
from time import process_time

import pytest

from oneledger.adapters.mail_links import has_large_attachment_link
from oneledger.adapters.mail_parse import TEXT_LIMIT, facts_of, parse_mail
from oneledger.adapters.text_tables import read_table
from oneledger.domain import document_numbers, pupil_data
from oneledger.domain.confirming import authentication, read_answer
from oneledger.domain.contact_changes import asks_for_change, read_changes
from oneledger.domain.forms import Field, FieldType
from oneledger.domain.incoming import classify, read_bounce
from oneledger.domain.values import parse

CELL = 32_767  # characters, as many as a spreadsheet holds
MOST_SECONDS = 2.0  # of processor time for one reading; a linear one takes some hundredths
PIECES = (
    " ", "\n", "a", "0", "1.", "-", "a@", "@a", "a.", "(", "<", "<a ", '"', "=", "=?", "=?a?b?", ';a="', "\\", "/", "[#", ":", "一", "一、",
    "学生", "学生张", "某", "，", "〔", "1月", "2021年", "约", "%", "5.1.", "<a@", "户", "的邮箱", "_x00", "\u3000", "张三，", "写道",
)  # fmt: skip


def mail_text(text: str) -> None:
    mail = parse_mail(f"From: a@x.invalid\r\n\r\n{text[:TEXT_LIMIT]}".encode())
    facts = facts_of(mail, has_token=False)
    classify(facts)
    read_bounce(facts)
    has_large_attachment_link(mail)


def mail_subject(text: str) -> None:
    mail = parse_mail(f"Subject: {text.replace(chr(10), ' ')}\r\nFrom: postmaster@x.invalid\r\n\r\n".encode())
    classify(facts_of(mail, has_token=False))
    asks_for_change(mail.subject)


def mail_headers(text: str) -> None:
    line = text.replace("\n", " ").encode()
    names = (
        b"From",
        b"To",
        b"References",
        b"Content-Type",
        b"Content-Disposition",
        b"Date",
        b"Message-ID",
        b"Delivered-To",
    )
    parse_mail(b"".join(name + b": " + line + b"\r\n" for name in names) + b"\r\n" + line)
    authentication([text], "a")


def html(text: str) -> None:
    mail_text(f"\r\nContent-Type: text/html\r\n\r\n{text}")
    parse_mail(f"From: a@x.invalid\r\nContent-Type: text/html\r\n\r\n{text}".encode())


def cells(text: str) -> None:
    for kind in FieldType:
        choices = ("一般", "重大") if kind in (FieldType.CHOICE, FieldType.MULTI) else ()
        parse(Field(no=1, key="x", title="甲", type=kind, choices=choices), text)


def pupils(text: str) -> None:
    pupil_data.masked(text)
    pupil_data.pupil_data_in(text)


READERS = (
    mail_text, mail_subject, mail_headers, html, cells, pupils, read_answer, read_changes, document_numbers.numbers_in,
    lambda text: read_table(text.encode()),
)  # fmt: skip


def slow(read, pieces=PIECES, length: int = CELL, most: float = MOST_SECONDS) -> dict[str, float]:
    found = {}
    for piece in pieces:
        for end in ("", "!"):
            began = process_time()
            read(piece * (length // len(piece)) + end)
            took = process_time() - began
            if took > most:
                found[piece + end] = round(took, 1)
    return found


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_long_words_are_read_in_time(read):
    assert slow(read) == {}


def test_a_quadratic_reader_is_seen():
    """Negative control."""
    planted = re.compile(r"\s+x")
    assert slow(planted.search, (" ",), 60_000, most=0.3) != {}
