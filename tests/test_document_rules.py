"""What is said of returned documents: files, pictures, and texts. Issue 3 F; domain.md 1.8, 1.9, 7.4."""

from pathlib import Path

import pytest

from oneledger.adapters.likeness import bands, share_copied
from oneledger.domain.campaigns import Deliverable, PictureLimits, TextCheck
from oneledger.domain.document_numbers import normalised, numbers_in, wrong_numbers
from oneledger.domain.document_review import review_files, review_seal
from oneledger.domain.document_rules import DOCUMENT, document_rule_of
from oneledger.domain.document_sorting import sort_files
from oneledger.domain.document_text import NameIndex, SaidFigure, TextContext, review_text
from oneledger.domain.documents import Paper, Paragraph, Picture, ReceivedFile
from oneledger.domain.volume import body_lines
from oneledger.settings import load_documents
from tests.conftest import CONFIG

KNOWN = ["教基一〔2016〕6号", "教督〔2017〕10号", "贺教发〔2024〕7号"]


def context(*checks: TextCheck, **changes: object) -> TextContext:
    figures = (SaidFigure(fact="basics.pupils", what="学生数", words=("在校学生", "全校学生"), units=("人", "名")),)
    names = NameIndex.of(["望湖县河东小学", "望湖县河东第二小学", "望湖县教育局", "河东小学"])
    own = {"望湖县河东第二小学", "望湖县教育局"}
    return TextContext(checks, KNOWN, figures, {"basics.pupils": 860}, own, names, **changes)  # type: ignore[arg-type]


def told(text: str, *checks: TextCheck) -> list[tuple[str, str, str]]:
    found = review_text("总结.docx", [Paragraph("题目"), Paragraph(text)], context(*checks))
    return [(each.rule, each.sheet, each.found) for each in found]


@pytest.mark.parametrize(("text", "found"), [
    ("开展培训X次，播放XX次，XXX多名教师参加", "X"),
    ("×月×日召开大会", "×"),
    ("根据〔 〕号文件", "〔 〕"),
    ("共有______名教师", "______"),
    ("某某学校开展活动", "某某"),
    ("〔请补充：培训次数〕", "〔请补充：培训次数〕"),
    ("处理＊＊起", "＊＊"),
    ("开展培训3次，三名教师参加", None),
    ("请学生李××谈了经过", None),  # a name that is hidden, as it should be
    ("买了一台X光机，型号XXL", None),
    ("4×100米接力", None),
    ("教基一〔2016〕6号", None),
])  # fmt: skip
def test_a_blank_that_was_not_filled_is_asked_about(text, found):
    """003-3."""
    expected = [("DC-201", "总结.docx 第2段", found)] if found else []
    assert told(text, TextCheck.PLACEHOLDERS) == expected


@pytest.mark.parametrize(("text", "found"), [
    ("望湖县河东小学成立了领导小组", ["望湖县河东小学"]),
    ("向河东小学学习", ["河东小学"]),
    ("望湖县河东第二小学在望湖县教育局指导下开展", []),
    ("望湖县河东小学和望湖县河东小学", ["望湖县河东小学"]),
])  # fmt: skip
def test_another_units_name_is_asked_about_and_ones_own_is_not(text, found):
    """003-4; of names that end together only the longest counts."""
    assert told(text, TextCheck.NAMES) == [("DC-202", "总结.docx 第2段", each) for each in found]


@pytest.mark.parametrize(("text", "written", "right"), [
    ("根据教基(2016)6号文件", "教基(2016)6号", "教基一〔2016〕6号"),
    ("按照教督(2017)10号", "教督(2017)10号", "教督〔2017〕10号"),
    ("贺教发[2024]07号", "贺教发[2024]07号", "贺教发〔2024〕7号"),
    ("贺教发〔2024〕第7号", "贺教发〔2024〕第7号", "贺教发〔2024〕7号"),
    ("某校发（2020）3号", "（2020）3号", "〔2020〕3号"),
])  # fmt: skip
def test_a_wrong_number_of_a_paper_is_told_with_the_right_one(text, written, right):
    """003-1: 教基(2016)6号 is 教基一〔2016〕6号."""
    (wrong,) = wrong_numbers(text, KNOWN)
    assert (wrong.written, wrong.right) == (written, right)
    assert told(text, TextCheck.DOCUMENT_NUMBERS) == [("DC-203", "总结.docx 第2段", written)]


@pytest.mark.parametrize("text", ["教基一〔2016〕6号", "根据贺教发〔2024〕7号要求", "2016年6号楼", "第6号"])
def test_a_right_number_is_left_alone(text):
    assert wrong_numbers(text, KNOWN) == []


def test_numbers_are_normalised_and_found():
    """002-2."""
    assert normalised("国教督办函﹝2018﹞028号") == "国教督办函〔2018〕28号"
    assert numbers_in("意见（教基一〔2016〕6号）和方案（教督[2017]10号）") == ["教基一〔2016〕6号", "教督〔2017〕10号"]


@pytest.mark.parametrize(("text", "found"), [
    ("全校学生共有1200人", ["1200"]),
    ("现有1,200名在校学生", ["1,200"]),
    ("全校学生860人", []),
    ("全校学生近900人", []),
    ("全校学生800余人", []),
    ("在校学生中有30%走读", []),
    ("家长1200人", []),
])  # fmt: skip
def test_a_number_that_differs_from_the_units_own_return_is_asked_about(text, found):
    """domain.md 1.9."""
    assert told(text, TextCheck.FIGURES) == [("DC-204", "总结.docx 第2段", each) for each in found]


def test_pupils_data_in_a_text_is_an_error_whatever_is_checked():
    """000-13."""
    found = review_text("总结.docx", [Paragraph("学生身份证210102200801011234")], context())
    assert [(each.rule, each.level) for each in found] == [("PD-001", "error")]


def test_a_text_is_only_looked_through_for_what_the_campaign_says():
    assert told("望湖县河东小学开展培训XX次，教基(2016)6号，全校学生1200人") == []


def make_file(name: str, paper: Paper | None = None, size: int = 1000, fault: str = "") -> ReceivedFile:
    return ReceivedFile(name, size, paper, fault)


def make_deliverable(**changes: object) -> Deliverable:
    words = {
        "deliverable": "d",
        "title": "工作总结",
        "phase": "p",
        "duty": 1,
        "kind": "document",
        "respondents": {},
        "formats": ("docx", "pdf"),
    }
    return Deliverable(**{**words, **changes})  # type: ignore[arg-type]


def picture(wide: int = 1200, high: int = 900, **changes: object) -> Picture:
    return Picture(b"jpeg", wide, high, wide, high, **changes)  # type: ignore[arg-type]


PHOTOS = make_deliverable(formats=("jpg",), pictures=PictureLimits(at_least=2, at_most=3, most_mb=1, least_side=600))


@pytest.mark.parametrize(("deliverable", "files", "rules"), [
    (make_deliverable(), [make_file("a.docx", fault="DC-106")], ["DC-106"]),
    (make_deliverable(), [make_file("a.txt", fault="DC-121")], ["DC-121"]),
    (make_deliverable(), [make_file("a.doc", Paper("doc"))], ["DC-111"]),
    (make_deliverable(), [make_file("a.pdf", Paper("pdf", pages=2))], ["DC-122"]),
    (make_deliverable(), [make_file("a.docx", Paper("docx", (Paragraph("文"),)))], []),
    (PHOTOS, [make_file("a.jpg", Paper("jpg", pictures=(picture(),)), 2**21), make_file("b.jpg", Paper("jpg", pictures=(picture(),)))], ["DC-131"]),
    (PHOTOS, [make_file("a.jpg", Paper("jpg", pictures=(picture(599, 400),)))], ["DC-132", "DC-134"]),
    (PHOTOS, [make_file(f"{n}.jpg", Paper("jpg", pictures=(picture(),))) for n in range(4)], ["DC-133"]),
    (PHOTOS, [make_file(f"{n}.jpg", Paper("jpg", pictures=(picture(had_metadata=True),))) for n in range(2)], ["DC-135", "DC-135"]),
])  # fmt: skip
def test_files_and_pictures_keep_the_limits_of_the_campaign(deliverable, files, rules):
    """002-16: formats, size limits, number, metadata."""
    assert [each.rule for each in review_files(deliverable, files)] == rules


def test_a_scan_without_a_red_seal_is_asked_about():
    """domain.md 1.1: the seal is checked on the scan."""
    assert review_seal(make_file("盖章.jpg", Paper("jpg", red_share=0.01))) == []
    assert [each.rule for each in review_seal(make_file("盖章.jpg", Paper("jpg", red_share=0.0)))] == ["DC-141"]
    assert [each.rule for each in review_seal(make_file("盖章.pdf", fault="DC-108"))] == ["DC-108"]


PLAN = make_deliverable(deliverable="plan", title="具体实施方案", sealed=True)
SUMMARY = make_deliverable(deliverable="summary", title="工作总结")
PICTURES = make_deliverable(deliverable="pictures", title="开展活动的图片", formats=("jpg", "png"))


@pytest.mark.parametrize(("file", "place"), [
    (make_file("某校方案.docx", Paper("docx", (Paragraph("x"),))), ("copies", "plan")),
    (make_file("附件1.docx", Paper("docx", (Paragraph("某校2018年工作总结"),))), ("copies", "summary")),
    (make_file("总结和方案.docx", Paper("docx")), ("unclear", "")),
    (make_file("IMG_01.jpg", Paper("jpg", pictures=(picture(),))), ("copies", "pictures")),
    (make_file("方案盖章页.jpg", Paper("jpg", pictures=(picture(),))), ("seals", "plan")),
    (make_file("20180925.pdf", Paper("pdf", pages=3)), ("seals", "plan")),
    (make_file("总结.pdf", Paper("pdf", (Paragraph("文"),))), ("copies", "summary")),
    (make_file("logo盖章.jpg", Paper("jpg", pictures=(picture(120, 60),))), ("copies", "pictures")),
    (make_file("说明.zip", fault="DC-112"), ("unasked", "")),
    (make_file("总结.docx", fault="DC-108"), ("copies", "summary")),
])  # fmt: skip
def test_each_file_of_a_mail_finds_its_document(file, place):
    """002-16: one duty, three deliverables of different kinds, and a seal."""
    done = sort_files([file], [PLAN, SUMMARY, PICTURES])
    group, name = place
    assert getattr(done, group) == ({name: [0]} if name else [0])


def test_a_copy_with_a_few_words_changed_shares_a_band_and_another_text_does_not():
    """003-13: articles for copying."""
    lines = [f"第{n}周值班教师走了{n * 3}处，看见{n}起争执，都在当天说开。" for n in range(60)]
    mine, copy = (
        "".join(lines),
        "".join(line.replace("值班", "带班") if n % 4 == 0 else line for n, line in enumerate(lines)),
    )
    other = "".join(f"家长学校第{n}课讲怎样听孩子说完，{n + 9}位家长写下了自己的做法。" for n in range(60))
    assert set(bands(mine)) & set(bands(copy))
    assert share_copied(copy, mine) > 0.6
    assert not set(bands(mine)) & set(bands(other))
    assert share_copied(other, mine) < 0.2


def test_bands_are_the_same_on_every_day_and_short_texts_have_none():
    """They are kept in the database: another process must count the same. Pinned."""
    text = "".join(f"第{n}条，" for n in range(100))
    assert bands(text) == bands(text.replace("，", " 。\n"))
    assert bands(text)[:2] == PINNED
    assert bands("同上。") == []


PINNED = [-2849917951471748766, 7375757013865158871]


def test_headings_are_known_by_their_numbers_or_their_style():
    lines = body_lines("题目", [(1, "题目"), (0, "一、背景"), (0, "（一）做法"), (0, "文字。"), (2, "成效"), (0, "")])
    assert [(line.text, line.level) for line in lines] == [
        ("一、背景", 1),
        ("（一）做法", 2),
        ("文字。", 0),
        ("成效", 2),
    ]


def test_what_the_check_knows_is_written_as_it_should_be():
    """Every known number is in its normal form; every figure names a fact of a form."""
    known = load_documents(CONFIG)
    assert [each.right for each in known.numbers if normalised(each.right) != each.right] == []
    keys = {
        line.split("key: ")[1].split(",")[0]
        for line in (CONFIG / "forms" / "basics-v1.yaml").read_text(encoding="utf-8").splitlines()
        if "key: " in line
    }
    assert [each.fact for each in known.figures if each.fact.partition(".")[2] not in keys] == []


def test_every_rule_has_a_sentence_and_a_test():
    cited = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_document*.py"))
    assert [rule for rule in DOCUMENT if rule not in cited] == []
    assert [rule for rule, each in DOCUMENT.items() if not each.sentence.endswith("。")] == []
    assert document_rule_of("WB-103") == "DC-103"
