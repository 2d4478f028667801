"""Documents as deliverables, from a school's reply to both statuses. Issue 3 F; 002-16, 001-22, domain.md 1.8, 1.9."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from oneledger.domain.errors import RefusedError
from oneledger.store import assignments
from tasks.office import office
from tasks.publishing import freeze_due, reported, units_to_report
from tasks.reminding import digest, remind
from tasks.status import campaign_status
from tests.document_office import FIRST, NAME, NAMES, OPENED, SECOND, THIRD, DocumentOffice, make_docx, make_picture
from tests.make_files import zipped
from tests.make_mails import tnef


@pytest.fixture(scope="module")
def armed(tmp_path_factory) -> Iterator[Path]:
    """Armed and asked once; each test goes on in a copy of its own."""
    folder = tmp_path_factory.mktemp("armed")
    with pytest.MonkeyPatch.context() as patch:
        DocumentOffice(folder, patch)
        office().store.close()
        yield folder


@pytest.fixture
def here(armed, tmp_path, monkeypatch) -> Iterator[DocumentOffice]:
    yield DocumentOffice(tmp_path, monkeypatch, armed=armed)
    office().store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path, monkeypatch, armed) -> Iterator[DocumentOffice]:
    """On both databases."""
    if request.param == "sqlite":
        yield DocumentOffice(tmp_path, monkeypatch, armed=armed)
    else:
        from tests.postgres import fresh_database

        yield DocumentOffice(tmp_path, monkeypatch, fresh_database(request.getfixturevalue("postgres_url")))
    office().store.close()


def test_the_seal_and_the_file_are_two_statuses_and_need_not_come_together(here):
    """Issue 3 F: 电子版已收, 盖章件未收."""
    assert here.standing(FIRST, "summary") == ("missing", "missing")
    (letter,) = here.receive(FIRST, ("工作总结.docx", make_docx("一年来的做法。", heading="工作总结")))
    assert letter["kind"] == "plan-received"
    assert "电子版已收，盖章件未收" in letter["text"]
    assert here.standing(FIRST, "summary") == ("returned", "missing")
    (letter,) = here.receive(FIRST, ("工作总结盖章扫描件.jpg", make_picture(seal=True)))
    assert "电子版和盖章件都已收到" in letter["text"]
    assert here.standing(FIRST, "summary") == ("returned", "received")
    assert here.standing(FIRST, "basics") == ("missing", "missing")


def test_a_seal_that_comes_first_leaves_the_file_missing(here):
    (letter,) = here.receive(SECOND, ("工作总结（盖章）.jpg", make_picture(seal=True)))
    assert here.standing(SECOND, "summary") == ("missing", "received")
    assert "盖章件已收，电子版未收" in letter["text"]


def test_reminder_status_and_digest_ask_only_for_what_is_missing(either):
    summary = ("工作总结.docx", make_docx("一年来的做法。", heading="工作总结"))
    either.receive(FIRST, summary, ("学生活动.jpg", make_picture()), ("学生活动2.jpg", make_picture()))
    either.receive(SECOND, ("工作总结盖章.jpg", make_picture(seal=True)))
    remind(NAME, "improve", OPENED.replace(day=14))
    reminders = {each["unit"]: each["text"] for each in either.letters() if each["kind"] == "remind"}
    assert "工作总结（只缺盖章扫描件，电子版已收到）" in reminders[FIRST]
    assert "开展活动的图片" not in reminders[FIRST]
    assert "工作总结（只缺电子版，盖章扫描件已收到）" in reminders[SECOND]
    assert "工作总结（电子版和盖章扫描件）" in reminders[THIRD]
    told = campaign_status(NAME)["phases"]["improve"]
    assert [told["seal_received"], told["seal_missing"], told["copy_only"]] == [1, 5, 1]
    digest(NAME, "improve", OPENED.replace(day=17))
    (listed,) = [each["text"] for each in either.letters() if each["kind"] == "digest"]
    assert "另有 1 份电子版已收、盖章件未收" in listed
    assert "测试县城关第一小学（3164000001）电子版已收，盖章件未收" in listed
    assert "测试县河东第二小学（3164000002）盖章件已收，电子版未收" in listed


def test_who_lacks_only_seals_is_asked_only_for_seals(here):
    with office().store.write() as connection:
        for each in assignments.of_phase(connection, NAME, "improve"):
            if each.unit == FIRST:
                assignments.record_returns(connection, [replace(each, status="returned", versions=1)])
    remind(NAME, "improve", OPENED.replace(day=14))
    (letter,) = [each for each in here.letters() if each["kind"] == "remind" and each["unit"] == FIRST]
    assert "电子版已收到，还没有收到盖章扫描件" in letter["text"]
    assert "表格不必重发" in letter["text"]


def test_three_documents_of_one_mail_find_their_places(here):
    """002-16: one duty, several documents of different kinds in one answer."""
    letters = here.receive(
        THIRD,
        ("附件1.docx", make_docx("本校的做法。", heading="南门中学经验材料")),
        ("附件2.docx", make_docx("本学期工作。", heading="防范欺凌工作总结")),
        ("IMG_0001.jpg", make_picture()),
        ("IMG_0002.jpg", make_picture()),
    )
    assert sorted(each["subject"].split(" ")[0] for each in letters) == [
        "已收到：测试县南门初级中学工作总结",
        "已收到：测试县南门初级中学开展活动的图片",
        "已收到：测试县南门初级中学经验材料",
    ]
    assert here.standing(THIRD, "articles")[0] == "returned"


def test_a_file_that_could_be_two_documents_goes_to_a_person(here):
    letters = here.receive(THIRD, ("附件.docx", make_docx("没有题目的文字。")))
    assert letters == []
    assert here.rows("SELECT state, reason FROM inbox") == [("person", "分不清是哪一份材料：附件.docx")]


def test_pictures_lose_their_metadata_and_the_original_stays(here):
    """002-16, domain.md 3.5: EXIF and GPS go nowhere but into the archive."""
    taken = make_picture(with_place=True)
    assert b"Exif" in taken
    (letter,) = here.receive(FIRST, ("活动1.jpg", taken), ("活动2.jpg", make_picture()))
    assert "带有拍摄地点、时间或设备信息" in letter["text"]
    (kept, mail) = here.rows(
        "SELECT d.pictures, i.sha256 FROM document d JOIN inbox i ON i.id = d.inbox ORDER BY d.part"
    )[0]
    import json

    clean = office().archive.get(json.loads(kept)[0]["sha256"])
    assert b"Exif" not in clean
    assert b"GPS" not in clean
    from oneledger.adapters.mail_parse import parse_mail

    assert taken in [part.content for part in parse_mail(office().archive.get(mail)).parts]


@pytest.mark.parametrize(("files", "rule"), [
    ([("1.jpg", make_picture()) for _ in range(5)], "DC-133"),
    ([("1.jpg", make_picture()[:500])], "DC-108"),
    ([("1.txt", b"words")], None),
])  # fmt: skip
def test_pictures_beyond_the_limits_come_back(here, files, rule):
    letters = here.receive(FIRST, *files)
    if rule:
        assert [each["kind"] for each in letters] == ["document-returned"]
        assert f"（{rule}）" in letters[0]["text"]
    assert here.standing(FIRST, "pictures")[0] == "missing"


def test_documents_in_a_zip_and_in_winmail_dat_are_taken_as_if_attached(here):
    """Issue 4, A: and what nobody asked for is named in the answer."""
    summary = ("总结/工作总结.docx", make_docx("开展了三次班会。", heading="工作总结"))
    pack = zipped(dict([summary, ("总结/旧稿.rar", b"Rar!\x1a\x07\x01\x00abc")]))
    (letter,) = here.receive(FIRST, ("总结.zip", pack))
    assert (letter["kind"], here.standing(FIRST, "summary")[0]) == ("plan-received", "returned")
    assert "旧稿.rar（WB-122）" in letter["text"]
    pictures = tnef(*((None, f"活动{n}.jpg", make_picture(1200 + n)) for n in range(2)))
    (letter,) = here.receive(SECOND, ("winmail.dat", pictures))
    assert (letter["kind"], here.standing(SECOND, "pictures")[0]) == ("plan-received", "returned")


def test_two_pictures_are_wanted_and_one_is_a_question_not_a_refusal(here):
    (letter,) = here.receive(FIRST, ("活动.jpg", make_picture(400, 300)))
    assert "照片至少要 2 张，现有 1 张" in letter["text"]
    assert "照片太小（400×300）" in letter["text"]
    assert here.standing(FIRST, "pictures")[0] == "returned"


def test_an_article_copied_from_another_school_is_asked_about(either):
    """003-13."""
    story = "".join(f"第{n}次班会讲了怎样求助和怎样劝阻，家长也来听；" for n in range(40))
    (first,) = either.receive(FIRST, ("经验材料.docx", make_docx(story, heading="我们的班会")))
    assert "DC-205" not in first["text"]
    (second,) = either.receive(SECOND, ("经验材料.docx", make_docx(story, heading="班会的做法")))
    assert "与“测试县城关第一小学”的材料有" in second["text"]
    assert second["kind"] == "plan-received"


def test_an_answer_taken_twice_is_kept_once(here):
    """Everything can be run twice: the same mail, judged again after a person gave it back, writes nothing twice."""
    here.receive(
        FIRST, ("工作总结.docx", make_docx("做法。", heading="工作总结")), ("附件.docx", make_docx("没有题目。"))
    )
    before = here.rows("SELECT count(*) FROM document")
    from oneledger.store import inbox
    from tasks.intake import take_in_mail
    from tasks.reviewing import reviewed

    with office().store.write() as connection:
        inbox.decide(connection, 1, "主任", accept=True)
    at = OPENED + timedelta(days=2)
    reviewed(NAME, take_in_mail.fn(NAME, at), at)
    assert here.rows("SELECT count(*) FROM document") == before


STORY = "".join(f"第{n}周班会讲一件小事，请学生说说当时怎么想、后来怎么做；" for n in range(12))


def test_the_articles_make_one_volume_by_stage_and_unit(here, tmp_path):
    """001-22: compiled into one book with a table of contents, ordered by stage and unit."""
    here.receive(THIRD, ("经验.docx", make_docx("一、背景", STORY, "（一）做法", heading="初中的经验")))
    here.receive(
        FIRST,
        (
            "经验.docx",
            make_docx(
                "一、背景", "校门口常有等人的学生。", heading="小学的经验", picture=make_picture(with_place=True)
            ),
        ),
    )
    here.receive(FIRST, ("经验二.docx", make_docx("二、成效", "来访的家长多了。", heading="小学的第二篇")))
    from desk.volumes import write_volume

    told = write_volume(NAME, "", tmp_path / "volume.docx", OPENED + timedelta(days=9))
    assert [told["articles"], told["units"]] == [3, 2]
    assert told["without"] == [{"unit": SECOND, "name": NAMES[SECOND]}]
    assert [each["rule"] for each in told["questions"] if each["unit"] == SECOND] == ["DC-206"]
    document = Document(str(tmp_path / "volume.docx"))
    outline = [
        paragraph.text
        for paragraph in document.paragraphs
        if paragraph._p.pPr is not None and paragraph._p.pPr.find(qn("w:outlineLvl")) is not None
    ]
    assert outline == ["小学", "小学的经验", "小学的第二篇", "初中", "初中的经验"]
    contents = [paragraph.text.split("\t")[0] for paragraph in document.paragraphs if "\t" in paragraph.text]
    assert contents == [
        "小学的经验（测试县城关第一小学）",
        "小学的第二篇（测试县城关第一小学）",
        "初中的经验（测试县南门初级中学）",
    ]
    (picture,) = [
        part.blob for part in document.part.package.iter_parts() if str(part.partname).startswith("/word/media")
    ]
    assert b"Exif" not in picture


def test_a_second_version_of_an_article_takes_the_place_of_the_first(here, tmp_path):
    here.receive(FIRST, ("经验.docx", make_docx("第一稿。", heading="门岗的经验")))
    here.receive(FIRST, ("经验改.docx", make_docx("第二稿。", heading="门岗的经验")))
    from desk.volumes import write_volume

    assert write_volume(NAME, FIRST, tmp_path / "one.docx", OPENED + timedelta(days=9))["articles"] == 1
    assert "第二稿。" in [paragraph.text for paragraph in Document(str(tmp_path / "one.docx")).paragraphs]


def test_a_volume_of_nothing_is_refused(here, tmp_path):
    from desk.volumes import write_volume

    with pytest.raises(RefusedError, match="no article of"):
        write_volume(NAME, "", tmp_path / "none.docx", OPENED)


def test_who_sends_no_article_is_asked_and_not_named_as_late(here):
    """001-22: 原则上不少于1篇."""
    digest(NAME, "improve", OPENED.replace(day=17))
    (listed,) = [each["text"] for each in here.letters() if each["kind"] == "digest"]
    head, asked = listed.split("【原则上应报、还没有报来】（不作为逾期，确实没有的请单位说明）")
    assert asked.count(NAMES[FIRST]) == 1  # the article
    assert head.count(NAMES[FIRST]) == 3  # its table, its summary, its pictures


def test_the_phases_report_goes_out_with_the_volume(here):
    """001-22: 汇编成册, at the phase's report."""
    here.receive(FIRST, ("经验.docx", make_docx("一、背景", "校门口的事。", heading="小学的经验")))
    at = OPENED.replace(day=15, hour=17)
    (milestone,) = freeze_due(NAME, "improve", at)
    for packed in units_to_report.fn(NAME, milestone).values():
        reported(NAME, milestone, {packed[0]: packed}, at)
    (path,) = [row[0] for row in here.rows("SELECT path FROM report WHERE kind = 'volume'")]
    assert path.endswith("_深化提高汇编.docx")
    (letter,) = [each for each in here.letters() if each["kind"] == "report"]
    assert "640122_深化提高汇编.docx" in letter["text"]


def test_the_first_mail_says_what_is_wanted_of_each_document(here):
    """002-16, 001-22: seal, number and size of pictures, at least one article."""
    (letter,) = [each for each in here.letters() if each["kind"] == "ask" and each["unit"] == FIRST]
    for words in (
        "“基本情况统计表”盖章页的扫描件或照片（可以随后发来）",
        "工作总结（电子版，另附盖章页的扫描件或照片，可以随后发来）",
        "经验材料（原则上不少于1份）",
        "开展活动的图片（2至4张，每张不超过2MB，请勿拍学生正面）",
    ):
        assert words in letter["text"]
