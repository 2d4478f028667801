"""Head, number, note and imprint of papers (GB/T 9704, 7.2 and 7.4; domain.md 2.1): data says which kinds have them."""

from datetime import date
from pathlib import Path

from oneledger.domain.gaps import gaps_in
from oneledger.domain.official_parts import NO_PARTS, document_number
from oneledger.domain.report_figures import UnitBrief
from oneledger.settings import load_campaign, load_papers
from tasks.papers import TITLES

CONFIG = Path(__file__).parent.parent / "config"
DAY = date(2021, 3, 19)
PROVINCE = UnitBrief("210000", "辽宁省教育厅", "province")
COUNTY = UnitBrief("210102", "和平区教育局", "county")


def parts(kind, issuer=PROVINCE, code="辽教"):
    return load_papers(CONFIG).parts(kind, issuer, code, DAY)


def test_a_number_has_the_offices_code_and_year_and_leaves_the_serial_to_a_person():
    """2.1: 机关代字〔年份〕序号号, six-angle brackets, the whole year, no 第."""
    assert document_number("辽教", 2021) == "辽教〔2021〕〔请补充：序号〕号"
    assert gaps_in(document_number("", 2021)) == ["机关代字", "序号"]


def test_the_code_stands_in_the_campaign():
    assert load_campaign(CONFIG, "liaoning-2021").office_codes["210000"] == "辽教"


def test_a_paper_that_goes_up_has_a_signer_and_one_that_goes_down_has_none():
    """2.1: 签发人 only in 上行文."""
    assert {kind: bool(parts(kind)["signer"]) for kind in ("special", "overall", "circular", "order")} == {
        "special": True, "overall": True, "circular": False, "order": False,
    }  # fmt: skip


def test_a_countys_phase_report_stays_inside_and_has_neither_head_nor_imprint():
    assert parts("phase", COUNTY) == NO_PARTS


def test_only_public_copies_say_that_they_are_public():
    """2.1 附注, 001, 004: （此件公开发布）."""
    assert {kind for kind in (*TITLES, "phase") if parts(kind)["note"] == "此件公开发布"} == {"public"}


def test_what_only_people_know_of_an_imprint_is_left_open():
    imprint = parts("order")["imprint"]
    assert imprint["office"] == "辽宁省教育厅办公室"
    assert gaps_in(imprint["copied_to"] + imprint["day"]) == ["抄送机关，没有的删去本行", "印发日期"]


def test_every_kind_of_paper_is_in_the_data():
    assert set(load_papers(CONFIG).kinds) == {*TITLES, "phase"}
