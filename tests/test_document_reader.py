"""Word, PDF and pictures read in a process that may die of them. Issue 3 F; DESIGN 5; domain.md 3.5."""

import io
import zipfile

import pillow_heif
import pytest
from PIL import Image
from pypdf import PdfWriter

from oneledger.adapters.document_reader import DocumentReader
from oneledger.domain.documents import Paragraph
from tests.document_office import make_docx, make_picture
from tests.make_files import make_xlsx, ole, zipped


@pytest.fixture(scope="module")
def reader():
    with DocumentReader() as opened:
        yield opened


def changed(content: bytes, parts: dict[str, bytes]) -> bytes:
    """The same package with some parts put in or replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return made.getvalue()


def pdf(text: str = "", *, password: str = "") -> bytes:
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]  # fmt: skip
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, part)
    start = len(made)
    made += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % each for each in places)
    made += b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start
    if password:
        writer = PdfWriter(io.BytesIO(made))
        writer.encrypt(password, algorithm="RC4-128")
        locked = io.BytesIO()
        writer.write(locked)
        return locked.getvalue()
    return made


def test_a_word_document_gives_its_text_and_its_pictures_cleaned(reader):
    content = make_docx("一、背景", "正文。", heading="题目", picture=make_picture(2400, 1800, with_place=True))
    paper = reader.read("a.docx", content).paper
    assert paper.paragraphs == (Paragraph("题目", 1), Paragraph("一、背景"), Paragraph("正文。"))
    (picture,) = paper.pictures
    assert (picture.width, picture.height, picture.full_width) == (1600, 1200, 2400)
    assert [picture.had_metadata, picture.had_place] == [True, True]
    assert dict(Image.open(io.BytesIO(picture.content)).getexif()) == {}


def test_a_pdf_gives_its_text_and_a_scan_gives_none(reader):
    paper = reader.read("a.pdf", pdf("three meetings were held")).paper
    assert [paper.text, paper.pages] == ["three meetings were held", 1]
    assert reader.read("a.pdf", pdf()).paper.has_text is False


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tif")])
def test_pictures_are_known_by_their_bytes_and_made_anew_without_metadata(reader, kind, name):
    paper = reader.read("photo", make_picture(with_place=True, kind=kind)).paper
    assert paper.format == name
    assert paper.pictures[0].had_place
    assert b"Exif" not in paper.pictures[0].content


def test_a_phones_own_format_is_read(reader):
    made = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (640, 480), "red")).save(made)
    paper = reader.read("IMG_1.HEIC", made.getvalue()).paper
    assert (paper.format, paper.pictures[0].width) == ("heic", 640)
    assert paper.red_share == 1.0


BOMB = b"<w:p>" + b" " * (12 * 2**20) + b"</w:p>"
DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(("content", "rule"), [
    (b"", "DC-101"),
    (b"a" * (25 * 2**20 + 1), "DC-102"),
    (changed(make_docx("x"), {"word/extra.xml": BOMB}), "DC-103"),
    (changed(make_docx("x"), {"word/document.xml": DTD}), "DC-104"),
    (changed(make_docx("x"), {"word/vbaProject.bin": b"x"}), "DC-105"),
    (ole(("EncryptedPackage", b"x")), "DC-106"),
    (pdf("x", password="p"), "DC-106"),
    (make_docx("x")[:2000], "DC-108"),
    (b"%PDF-1.4 nothing", "DC-108"),
    (make_picture()[:600], "DC-108"),
    (make_picture(9000, 8000, kind="PNG"), "DC-109"),
    (make_docx("长" * 300_001), "DC-110"),
    (zipped({"a.docx": "x"}), "DC-112"),
    (b"Rar!\x1a\x07\x00 and more", "DC-112"),
    (make_xlsx(), "DC-121"),
    ("文字".encode(), "DC-121"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_has_the_rule_that_says_why(reader, content, rule):
    file = reader.read("a", content)
    assert (file.paper, file.fault) == (None, rule)


def test_a_file_that_takes_too_long_is_a_fault_and_its_process_is_ended():
    with DocumentReader(timeout_seconds=0.3) as reader:
        assert reader.read("a.png", make_picture(7000, 7000, kind="PNG")).fault == "DC-109"
        assert reader._child is None


def test_the_processes_have_no_network_and_no_rights(reader):
    """The same limits as the workbooks' child; tried there."""
    from oneledger.adapters import document_child, reader_limits

    assert document_child.confine is reader_limits.confine
