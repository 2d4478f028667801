"""Figures of one ledger, keyed as the roll-up documents them, and their Chinese names."""

import pytest

from oneledger.domain.figures import Share, figure_title, figures_of, share
from oneledger.domain.forms import FieldRollup
from oneledger.domain.returns import Ledger, LedgerRow
from tests.make_returns import COVER, FORMS, LEDGER, SELFCHECK

ROWS = [
    LedgerRow(8, {"risk": "重大", "methods": ["巡查", "问卷"], "n_pupils": 3}),
    LedgerRow(9, {"risk": "一般", "methods": None, "n_pupils": None}),
    LedgerRow(10, {"risk": "重大", "methods": ["巡查"], "n_pupils": 4}),
]


def test_facts_are_summed_or_counted_by_choice():
    cover = Ledger("cover", 1, "封面", {"pupils": 860, "filler": "张老师"})
    assert figures_of(COVER, cover) == {"cover.pupils": 860}
    assert figures_of(LEDGER, Ledger("ledger", 2, "台账", {"zero_flag": "是"})) == {
        "ledger.zero_flag=是": 1,
        "ledger.rows": 0,
        "ledger.n_pupils": 0,
    }


def test_rows_are_counted_by_each_combination_and_never_also_as_rows():
    assert figures_of(LEDGER, Ledger("ledger", 2, "台账", {"zero_flag": "否"}, ROWS)) == {
        "ledger.zero_flag=否": 1,
        "ledger.rows": 3,
        "ledger.rows[risk=重大]": 2,
        "ledger.rows[risk=一般]": 1,
        "ledger.rows[risk=重大,methods=巡查]": 2,  # a row with two methods counts under each
        "ledger.rows[risk=重大,methods=问卷]": 1,
        "ledger.rows[risk=一般,methods=未填]": 1,
        "ledger.n_pupils": 7,
    }


def test_a_blank_fact_adds_nothing_and_a_personal_one_never_counts():
    personal = COVER.facts[4].model_copy(update={"personal": True})
    form = COVER.model_copy(update={"facts": (personal,)})
    assert figures_of(form, Ledger("cover", 1, "封面", {"pupils": 860})) == {}
    assert figures_of(COVER, Ledger("cover", 1, "封面", {"pupils": None})) == {}


def test_a_personal_column_is_neither_summed_nor_counted():
    columns = tuple(
        column.model_copy(update={"personal": column.key in ("risk", "n_pupils")}) for column in LEDGER.columns
    )
    form = LEDGER.model_copy(update={"table": LEDGER.table.model_copy(update={"columns": columns})})
    assert figures_of(form, Ledger("ledger", 2, "台账", {}, ROWS)) == {"ledger.rows": 3}


def test_several_choices_of_a_counted_fact_count_each():
    fact = COVER.facts[4].model_copy(update={"key": "bodies", "rollup": FieldRollup.COUNT})
    form = COVER.model_copy(update={"facts": (fact,)})
    assert figures_of(form, Ledger("cover", 1, "封面", {"bodies": ["公安", "检察"]})) == {
        "cover.bodies=公安": 1,
        "cover.bodies=检察": 1,
    }


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("cover.pupils", "学生数（人）"),
        ("ledger.n_pupils", "涉及学生数（人）"),
        ("ledger.zero_flag=是", "是否零报告为“是”的单位数"),
        ("ledger.rows", "问题排查台账：条数"),
        ("ledger.rows[risk=重大]", "问题排查台账：风险等级为“重大”的条数"),
        ("ledger.rows[risk=重大,methods=a,b]", "问题排查台账：风险等级为“重大”、排查方式为“a,b”的条数"),
        ("selfcheck.rows[no=8,conclusion=已落实]", "政策清单自查表：序号为“8”、自查结论为“已落实”的条数"),
        ("ledger.unheard_of", "ledger.unheard_of"),
        ("coverage", "coverage"),
    ],
)
def test_every_figure_has_a_chinese_name(key, title):
    assert figure_title(key, FORMS) == title


def test_the_denominator_of_a_share_is_who_answered_the_form():
    answered = {"ledger": 3}
    assert share({"ledger.zero_flag=是": 2}, answered, "ledger.zero_flag=是") == Share(2, 3)
    assert share({}, answered, "ledger.zero_flag=是") == Share(0, 3)


@pytest.mark.parametrize(
    ("part", "pct"),
    [
        (Share(2, 3), 66.6),
        (Share(9999, 10000), 99.9),
        (Share(3, 3), 100.0),
        (Share(0, 3), 0.0),
        (Share(0, 0), None),
    ],
)
def test_a_share_is_never_rounded_up_to_all(part, pct):
    assert part.pct == pct


def test_printed_rows_are_counted_like_any_others():
    rows = [LedgerRow(5, {"no": 1, "conclusion": "已落实"})]
    assert figures_of(SELFCHECK, Ledger("selfcheck", 1, "自查", {}, rows)) == {"selfcheck.rows": 1}
