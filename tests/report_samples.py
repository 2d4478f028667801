"""A small campaign, its forms and one county's figures, as tables that tests of reports read."""

from datetime import UTC, datetime
from typing import Any

from oneledger.domain.campaigns import Campaign
from oneledger.domain.forms import Form
from oneledger.domain.report import SnapshotView, UnitBrief
from oneledger.domain.rollup import Coverage, Rollup, added

ASPECTS = ["工作机制", "制度措施", "队伍建设", "责任落实", "宣传引导", "教育惩戒", "条件保障"]
RISKS = ["一般", "较大", "重大"]
SCHOOL, COUNTY = ["school"], ["school", "county"]


def column(no: int, key: str, title: str, **more: Any) -> dict[str, Any]:
    return {"no": no, "key": key, "title": title, **more}


def choice(no: int, key: str, title: str, choices: list[str], **more: Any) -> dict[str, Any]:
    return column(no, key, title, type="choice", choices=choices, **more)


LEDGER = Form.model_validate(
    {
        "form": "ledger", "version": 1, "code": "QL-01", "title": "问题排查台账", "prefix": "LG",
        "sheet": "问题排查台账", "role": "problems", "zero_fact": "zero_flag",
        "facts": [column(31, "zero_flag", "是否零报告", type="yesno", rollup="count")],
        "table": {
            "rows": "open", "key": "problem_no",
            "columns": [
                column(1, "problem_no", "问题编号"),
                column(2, "found_on", "排查日期", type="date"),
                column(3, "description", "问题表现"),
                choice(4, "aspect7", "所属方面", ASPECTS),
                choice(5, "risk", "风险等级", RISKS),
                choice(6, "fix_mode", "整改类型", ["限期整改", "长期坚持"]),
                column(7, "n_pupils", "涉及学生数", type="int", unit="人"),
                column(8, "method", "排查方式", type="multi", choices=["巡查", "问卷"]),
                column(9, "informant", "反映人", personal=True),
            ],
            "rollup": {
                "count_by": [["aspect7"], ["risk"], ["fix_mode"], ["aspect7", "risk"]], "sum": ["n_pupils"],
                "union_up_to": "city",
            },
        },
    }
)  # fmt: skip

RECTIFY = Form.model_validate(
    {
        "form": "rectify", "version": 1, "code": "QL-02", "title": "整改销号台账", "prefix": "RC",
        "sheet": "整改销号台账", "role": "progress",
        "table": {
            "rows": "prefilled", "key": "problem_no",
            "columns": [
                column(1, "problem_no", "问题编号"),
                column(2, "aspect7", "所属方面"),
                column(3, "risk", "风险等级"),
                column(4, "fix_mode", "整改类型"),
                choice(5, "state", "整改状态", ["整改中", "已销号", "阶段性完成", "反弹"]),
            ],
            "rollup": {
                "count_by": [["state"], ["fix_mode", "state"], ["aspect7", "state"], ["risk", "state"]],
                "union_up_to": "city",
            },
        },
    }
)  # fmt: skip

BASICS = Form.model_validate(
    {
        "form": "basics", "version": 1, "code": "QL-03", "title": "基本情况统计表", "prefix": "BS",
        "sheet": "基本情况统计表",
        "facts": [
            column(1, "pupils", "学生数", group="A 规模", type="int", unit="人", rollup="sum", levels=SCHOOL),
            column(2, "boarders", "其中寄宿生数", group="A 规模", type="int", unit="人", rollup="sum", levels=SCHOOL),
            column(3, "committee", "是否成立治理委员会", group="B 机构", type="yesno", rollup="count", levels=SCHOOL),
            column(4, "office", "是否明确工作机构", group="B 机构", type="yesno", rollup="count", levels=["county"]),
            column(5, "to_ministry", "上报教育部", group="C 上报", type="int", rollup="sum", levels=["province"]),
            column(6, "head", "负责人", group="B 机构", personal=True),
        ],
    }
)  # fmt: skip

SELFCHECK = Form.model_validate(
    {
        "form": "selfcheck", "version": 1, "code": "QL-05", "title": "政策清单自查表", "prefix": "SC",
        "sheet": "政策清单自查",
        "table": {
            "rows": "fixed", "key": "no",
            "columns": [
                column(1, "no", "序号", type="int"),
                column(2, "title", "工作措施"),
                choice(3, "conclusion", "自查结论", ["已落实", "部分落实", "未落实", "不适用"]),
            ],
            "items": [
                {"no": no, "values": {"no": no, "title": title}}
                for no, title in [(8, "讲校规"), (9, "每学期集中教育"), (17, "值班巡查")]
            ],
            "rollup": {"count_by": [["conclusion"], ["no", "conclusion"]], "union_up_to": "city"},
        },
    }
)  # fmt: skip

INSPECTION = Form.model_validate(
    {
        "form": "inspection", "version": 1, "code": "QL-06", "title": "督导检查记录表", "prefix": "IN",
        "sheet": "督导检查记录",
        "facts": [choice(8, "grade", "等次", ["优秀", "合格", "不合格"], rollup="count")],
        "table": {
            "rows": "fixed", "key": "no",
            "columns": [
                column(1, "no", "序号", type="int"),
                column(2, "topic", "二级指标"),
                column(3, "score", "得分", type="number", unit="分"),
                choice(4, "agrees_with_selfcheck", "与自查是否一致", ["一致", "自查偏高", "自查偏低"]),
            ],
            "items": [{"no": no, "values": {"no": no, "topic": topic}} for no, topic in [(1, "委员会"), (2, "报告制度")]],
            "rollup": {
                "count_by": [["agrees_with_selfcheck"], ["no", "agrees_with_selfcheck"]], "sum": ["score"],
                "union_up_to": "city",
            },
        },
    }
)  # fmt: skip

FORMS = {form.form: form for form in (LEDGER, RECTIFY, BASICS, SELFCHECK, INSPECTION)}

CAMPAIGN = Campaign.model_validate(
    {
        "campaign": "sample", "title": "2021年虚拟省防范中小学生欺凌专项治理行动", "document_no": "虚教函〔2021〕5号",
        "issuer": "虚拟省教育厅", "root": "210000", "purpose": "治理", "legal_basis": "职责",
        "lead_days": {"school": 4}, "reminders": {"rungs": []},
        "phases": [
            {"phase": "deploy", "kind": "deploy", "title": "部署摸底", "opens_on": "2021-02-24"},
            {"phase": "rectify", "kind": "rectify", "title": "集中整治", "opens_on": "2021-05-24", "ends_on": "2021-06-30"},
            {"phase": "inspect", "kind": "inspect", "title": "督导检查"},
        ],
        "duties": [{"duty": 1, "phase": "deploy", "text": "排查", "actors": ["school"], "report_by": "2021-03-20"}],
        "deliverables": [
            {"deliverable": "d", "title": "台账", "phase": "deploy", "duty": 1, "respondents": {"levels": COUNTY},
             "forms": ["ledger-v1", "basics-v1", "selfcheck-v1"]},
            {"deliverable": "r", "title": "整改", "phase": "rectify", "duty": 1, "respondents": {"levels": SCHOOL},
             "forms": ["rectify-v1"]},
            {"deliverable": "i", "title": "检查", "phase": "inspect", "duty": 1, "respondents": {"levels": SCHOOL},
             "forms": ["inspection-v1"]},
        ],
    }
)  # fmt: skip

AS_OF = datetime(2021, 3, 19, 9, 0, tzinfo=UTC)  # 17:00 in Shenyang
COUNTY_UNIT = UnitBrief("210102", "和平区教育局", "county")

FIRST = Rollup(
    {
        "ledger.rows": 8, "ledger.n_pupils": 3,
        "ledger.rows[aspect7=工作机制]": 5, "ledger.rows[aspect7=责任落实]": 3,
        "ledger.rows[risk=一般]": 6, "ledger.rows[risk=重大]": 2, "ledger.rows[aspect7=责任落实,risk=重大]": 2,
        "ledger.rows[fix_mode=限期整改]": 7, "ledger.rows[fix_mode=未填]": 1,
        "basics.pupils": 1200, "basics.boarders": 0, "basics.committee=是": 1,
        "selfcheck.rows": 3, "selfcheck.rows[conclusion=已落实]": 2, "selfcheck.rows[conclusion=未落实]": 1,
        "selfcheck.rows[no=8,conclusion=已落实]": 1, "selfcheck.rows[no=9,conclusion=已落实]": 1,
        "selfcheck.rows[no=17,conclusion=未落实]": 1,
    },
    {"ledger": 1, "basics": 1, "selfcheck": 1},
    Coverage(returned=1, late=1),
)  # fmt: skip
SECOND = Rollup(
    {
        "ledger.rows": 0, "basics.pupils": 800, "basics.boarders": 40, "basics.committee=否": 1,
        "selfcheck.rows": 3, "selfcheck.rows[conclusion=部分落实]": 1, "selfcheck.rows[conclusion=不适用]": 1,
        "selfcheck.rows[conclusion=已落实]": 1, "selfcheck.rows[no=8,conclusion=已落实]": 1,
        "selfcheck.rows[no=9,conclusion=部分落实]": 1, "selfcheck.rows[no=17,conclusion=不适用]": 1,
    },
    {"ledger": 1, "basics": 1, "selfcheck": 1},
    Coverage(zero=1),
)  # fmt: skip
THIRD = Rollup(coverage=Coverage(missing=1, in_correction=1), missing_units=(("2103", "第三小学"),))
FOURTH = Rollup(coverage=Coverage(exempt=1))
OWN = Rollup({"basics.office=是": 1}, {"basics": 1}, Coverage(returned=1))

SCHOOLS = (
    (UnitBrief("2101", "第一小学", "school"), FIRST),
    (UnitBrief("2102", "第二小学", "school"), SECOND),
    (UnitBrief("2103", "第三小学", "school"), THIRD),
    (UnitBrief("2104", "第四小学", "school"), FOURTH),
)

MENDED = Rollup(
    {
        "rectify.rows": 2000,
        "rectify.rows[state=已销号]": 1898, "rectify.rows[state=整改中]": 1, "rectify.rows[state=阶段性完成]": 101,
        "rectify.rows[fix_mode=限期整改,state=已销号]": 1898, "rectify.rows[fix_mode=限期整改,state=整改中]": 1,
        "rectify.rows[fix_mode=长期坚持,state=阶段性完成]": 101,
        "rectify.rows[aspect7=工作机制,state=已销号]": 1898, "rectify.rows[aspect7=工作机制,state=阶段性完成]": 101,
        "rectify.rows[aspect7=责任落实,state=整改中]": 1,
        "rectify.rows[risk=一般,state=已销号]": 1898, "rectify.rows[risk=一般,state=阶段性完成]": 101,
        "rectify.rows[risk=重大,state=整改中]": 1,
    },
    {"rectify": 1500},
    Coverage(returned=1500),
)  # fmt: skip

INSPECTED = Rollup(
    {
        "inspection.score": 263, "inspection.rows": 6, "inspection.grade=优秀": 1, "inspection.grade=合格": 2,
        "inspection.rows[agrees_with_selfcheck=一致]": 4, "inspection.rows[agrees_with_selfcheck=自查偏高]": 2,
        "inspection.rows[no=1,agrees_with_selfcheck=一致]": 3, "inspection.rows[no=2,agrees_with_selfcheck=一致]": 1,
        "inspection.rows[no=2,agrees_with_selfcheck=自查偏高]": 2,
    },
    {"inspection": 3},
    Coverage(returned=3),
)  # fmt: skip


def view(phase: str = "deploy", **changed: Any) -> SnapshotView:
    children = changed.pop("children", SCHOOLS)
    rollup = changed.pop("rollup", None) or added([OWN, *(each for _, each in children)])
    given = {
        "campaign": CAMPAIGN, "phase": CAMPAIGN.phase(phase), "label": "定稿（2021-03-19 17:00）", "as_of": AS_OF,
        "unit": COUNTY_UNIT, "rollup": rollup, "children": children, "previous": None, "forms": FORMS,
        "snapshot_id": "sample/deploy-0319", "digest": "9f2c" * 16,
    }  # fmt: skip
    return SnapshotView(**{**given, **changed})


def rectify_view(**changed: Any) -> SnapshotView:
    return view("rectify", rollup=MENDED, children=(), **changed)
