"""Correctly filled workbooks of the project's own forms, one form each with the cover, and what their units meant.

The master is the true one, stamped for a unit; the answers are put in by ``bent_book``, beside or below the words
printed there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.forms import Field, Form, asked_of
from oneledger.domain.review import ReviewContext
from oneledger.domain.workbooks import Fill, WorkbookSpec
from oneledger.settings import load_form
from tests.bent_book import Book, Cell, Grid, Place, Value, name, opened
from tests.conftest import CONFIG
from tests.make_returns import local

CODE, UNIT = "2121000123", "沈阳市和平区望湖路小学"
DAY = date(2021, 3, 10)  # received
Values = dict[str, Any]

COVER = {"filler": "周喆", "phone": "024-86891234", "auditor": "李㛃", "head": "王𬭎", "fill_date": date(2021, 3, 8)}
PRINTED_ON_COVER = {
    "campaign_title": "防范中小学生欺凌专项治理行动", "phase_title": "全面部署", "unit_code": CODE, "unit_name": UNIT,
    "parent_name": "和平区教育局", "period": "2021年第一阶段", "due_text": "2021年3月15日17:00前",
}  # fmt: skip

_YES = "school_office school_phone_open school_box_open committee committee_parents committee_experts law_head has_plan has_rules has_emergency has_flow has_duties has_discipline has_report_rule"
BASICS = {
    **dict.fromkeys(_YES.split(), "是"), "committee_students": "否", "has_pact": "否",
    "classes": 24, "pupils": 1063, "boarders": 0, "staff": 71, "psych_full": 1, "psych_part": 3, "class_guards": 48,
    "pupils_checked": 1063, "parent_contacts": 2150, "questionnaires": 1040, "talks": 86, "found_total": 9,
    "found_mechanism": 1, "found_rules": 2, "found_team": 1, "found_duty": 1, "found_publicity": 2, "found_discipline": 0,
    "found_conditions": 2, "fixed": 4, "cases": 3, "cases_light": 1, "cases_medium": 0, "cases_serious": 0, "cases_crime": 0,
    "cases_not": 1, "cases_pending": 1, "cases_over10": 0, "cases_outside": 0, "bullies": 2, "victims": 1, "talked_to": 5,
    "apologies": 2, "punished": 0, "admonished": 1, "counselled": 4, "reported_up": 3, "lessons": 12,
    "parents_trained": 1800, "staff_trained": 142, "drills": 2, "law_visits": 3,
}  # fmt: skip
OFFICE = {
    "schools_managed": 38, "teaching_points": 5, "bureau_office": "是", "bureau_office_name": "安全教育科", "bureau_head": "赵东",
    "bureau_contact": "钱明", "bureau_phone": "0411-84601234", "bureau_plan": "是", "office_published": "是",
    "phone_published": "是", "plan_published": "是", "published_url": "https://www.example.com/gk", "published_on": date(2021, 3, 4),
    "bureau_hotline": "是", "bureau_partners": "是", "bureau_duties": "是", "schools_checked": 38, "survey_mode": "组织学校",
    "special_school": 1, "appeals": 2, "reviews": 1, "reviews_over15": 0, "with_inspector": 38, "bureau_trainings": 6,
    "bureau_trainees": 240, "handbook": "是", "inspected": 21, "circulars": 1, "summoned": 0, "listed": 0, "held_to_account": 0,
    "experiences": 2,
}  # fmt: skip
_LEDGER_ROW = {
    "seq": 1, "problem_no": None, "found_on": date(2021, 3, 1), "method": ["巡查", "问卷调查"], "item_type": "工作短板",
    "aspect7": "制度措施", "measure_no": ["15", "21"], "description": "三楼东侧走廊课间没有人值守巡查", "place": "走廊楼梯",
    "time_slot": "课间", "grade": ["三年级", "四年级"], "n_pupils": 0, "risk": "一般", "severity": None, "cause": "值班表没有排到这一段",
    "measures": "重新排值班表，课间两人一组巡查", "resp_dept": "德育处", "resp_person": "德育副校长", "due_on": date(2021, 4, 1),
    "fix_mode": "限期整改", "reported_up": "否", "reported_on": None, "remark": "已列入周计划",
}  # fmt: skip
LEDGER = [
    _LEDGER_ROW,
    _LEDGER_ROW | {"seq": 2, "found_on": date(2021, 3, 2), "description": "教职工对欺凌和打闹的区别说法不一致", "aspect7": "队伍建设", "place": None, "time_slot": None, "grade": None, "n_pupils": 12, "risk": "较大", "measures": "组织一次全员培训并逐人问答", "measure_no": ["10"]},
    _LEDGER_ROW | {"seq": 3, "found_on": date(2021, 3, 3), "description": "操场西北角是监控盲区放学后有学生聚集", "item_type": "隐患点", "aspect7": "条件保障", "place": "操场", "time_slot": "放学后", "n_pupils": 3, "risk": "重大", "measures": "加装摄像头并安排专人值守", "resp_dept": "总务处", "resp_person": "总务主任", "reported_up": "是", "reported_on": date(2021, 3, 4), "fix_mode": "立行立改", "method": ["视频监控"]},
    _LEDGER_ROW | {"seq": 4, "found_on": date(2021, 3, 5), "description": "求助信箱设在校长室门口学生不敢投", "aspect7": "工作机制", "measures": "信箱移到图书角并公布电话", "resp_dept": "总务处", "resp_person": "总务主任", "n_pupils": 7, "cause": None, "remark": None},
]  # fmt: skip


_BY_DEFAULT = {"int": 0, "yesno": "否"}  # of what a form asks since this was written


def _problem(number: int) -> Values:
    return {
        "problem_no": f"{CODE}-2021-{number:04d}", "description": f"第{number}处隐患没有人负责巡查", "measures": f"落实第{number}处的责任人",
        "resp_person": "德育副校长", "aspect7": "责任落实", "risk": "一般", "fix_mode": "限期整改",
        "found_on": date(2021, 2, number), "due_on": date(2021, 4, number),
    }  # fmt: skip


PROBLEMS = [_problem(number) for number in range(1, 6)]
_CLOSED = {
    "state": "已销号", "progress": "已经全部做到", "done_on": date(2021, 3, 1), "evidence": "巡查记录.docx", "evidence_count": 3,
    "verifier": "副校长", "verified_by": "和平区教育局", "verified_on": date(2021, 3, 3), "verdict": "合格", "closed_by": "校长",
    "closed_on": date(2021, 3, 5),
}  # fmt: skip
_GOING_ON = {"state": "整改中", "progress": "值班表已经排好，下周开始", "evidence_count": 1, "remark": "下周再查一次"}
RECTIFY = [
    PROBLEMS[0] | _CLOSED,
    PROBLEMS[1] | _GOING_ON,
    PROBLEMS[2] | _GOING_ON | {"evidence_count": 12},
    PROBLEMS[3] | {"state": "未启动", "remark": "等待经费"},
    PROBLEMS[4] | _CLOSED | {"done_on": date(2021, 3, 2), "evidence_count": 25},
]


def _check(number: int) -> Values:
    if number % 7 == 1:
        return {
            "conclusion": "部分落实", "brief": "做了一部分", "problem": f"第{number}条还没有覆盖全部年级", "measures": "本学期内补齐",
            "resp_person": "德育副校长", "due_on": date(2021, 5, 20), "evidence": "见会议记录",
        }  # fmt: skip
    return {
        "conclusion": "已落实",
        "brief": f"第{number}条已落实到班级",
        "evidence": f"校发〔2021〕{number}号",
        "remark": "已公示",
    }


SUMMARY = {
    "meetings": 4, "trainings": 6, "trainees": 12400, "lessons": 48, "home_visits": 310, "guards": 6, "fights": 2,
    "bullying_handled": 1, "earlier_cases": 3, "earlier_fixed": 3, "recurred": 0, "followed_up": "是",
    "lookback_on": date(2021, 3, 6), "lookback_result": "巩固",
    "achievements": "学校成立了治理委员会，校长任主任，每周巡查一次，课间两人一组；开学第一课讲了怎样求助，家长会上讲了怎样发现苗头，全校教职工参加了培训。",
    "difficulties": "监控还有盲区，心理教师只有一人，个别教职工仍把欺凌当成打闹；根源是责任没有落实到人，经费没有单列，培训没有形成制度，检查流于形式。",
    "next_steps": "四月底前补齐监控，聘一名兼职心理教师；每学期培训两次，逐人问答；期末再做一次回头看。",
}  # fmt: skip
_POINTS = (6, 5, 5, 8, 5, 5, 8, 6, 6, 5, 10, 7, 6, 7, 6, 5)
INSPECTION = {
    "inspecting_unit": "沈阳市教育局", "about_name": UNIT, "about_code": CODE, "planned_bodies": "公安、检察",
    "joint_bodies": ["公安", "检察"], "members": "甲、乙、丙", "inspected_on": date(2021, 3, 9), "methods": ["听取汇报", "查阅资料"],
    "total_score": 97, "grade": "优秀", "feedback": "制度齐全，个别岗位责任没有写清楚。", "rectify_by": date(2021, 5, 20), "about_head": "王校长",
}  # fmt: skip
SCORES = [
    {"no": number, "score": points - (number in (2, 11, 13)), "deduct_reason": "记录不全" if number in (2, 11, 13) else None,
     "problem_found": "值班记录缺了两天没有补" if number == 11 else None}
    for number, points in enumerate(_POINTS, 1)
]  # fmt: skip
INCIDENT = {
    "report_kind": "首报", "found_at": local("2021-03-09T10:20"), "occurred_at": local("2021-03-09T09:50"),
    "place": "操场", "grade": ["三年级"], "n_doers": 2, "doers_sex": "男", "n_victims": 1, "victims_sex": "男", "n_others": 15,
    "cross_school": "否", "means": ["语言", "孤立排斥"], "cause": "课间争抢场地", "course": "学生甲、学生乙在课间反复嘲笑学生丙，被值班教师发现并制止。",
    "harm": ["无明显伤害"], "judgement": "疑似欺凌", "severity": "情节轻微", "attention": "无", "steps_taken": ["制止", "通知双方家长"],
    "parents_told_at": local("2021-03-09T11:30"), "police_in": "否",
}  # fmt: skip
SETUP = {
    "has_body": "是", "body_name": "学生安全办公室", "first_head": "王校长", "line_head": "李副校长", "liaison": "周老师",
    "body_phone": "024-23231234", "plan_made": "是", "plan_made_on": date(2021, 3, 2), "discussed": 14, "name_public": "是",
    "phone_public": "是", "plan_public": "否", "public_url": "https://www.example.com/jg",
}  # fmt: skip


@dataclass(frozen=True)
class Specimen:
    """``picks``: kind of answer -> the field, and which of the rows, that stands for it."""

    name: str
    forms: tuple[Form, ...]  # the cover and the form
    context: ReviewContext
    facts: Mapping[str, Values]  # form -> what was meant, blank ones as None
    rows: Sequence[Values]
    book: Book
    picks: Mapping[str, tuple[str, int]]

    @property
    def form(self) -> Form:
        return self.forms[-1]


def _typed(field_: Field, value: Any) -> Value:
    return "、".join(value) if isinstance(value, list) else value


@dataclass
class Bent:
    """One specimen under the knife: the workbook, what it now means, where everything stands now."""

    specimen: Specimen
    book: Book
    facts: dict[str, Values]
    rows: list[Values]
    answers: dict[tuple[str, int], Place] = field(default_factory=dict)  # field, number of the row
    headings: dict[str, Place] = field(default_factory=dict)  # of columns; of facts, their titles

    @property
    def form(self) -> Form:
        return self.specimen.form

    @property
    def sheet(self) -> str:
        return self.form.sheet

    @property
    def grid(self) -> Grid:
        grid = self.book.sheet(self.sheet).grid
        assert grid
        return grid

    def field(self, key: str) -> Field:
        return next(each for each in (*self.form.facts, *self.form.columns) if each.key == key)

    def rule(self, key: str) -> str:
        return self.form.rule_of(self.field(key))

    def at(self, key: str, row: int = 0) -> str:
        """The name of the cell of an answer."""
        return name(*self.answers[key, row])

    def value(self, key: str, row: int = 0) -> Any:
        is_fact = any(fact.key == key for fact in self.form.facts)
        return self.facts[self.form.form][key] if is_fact else self.rows[row][key]

    def means(self, key: str, row: int, value: Any) -> None:
        """What the unit meant is another thing now."""
        is_fact = any(fact.key == key for fact in self.form.facts)
        (self.facts[self.form.form] if is_fact else self.rows[row])[key] = value

    def write(self, key: str, row: int, value: Value | Cell) -> None:
        self.grid.put(self.answers[key, row], value)

    def answer(self, key: str, row: int, value: Any) -> None:
        """Written and meant."""
        self.means(key, row, value)
        self.write(key, row, _typed(self.field(key), value))

    @property
    def heading_row(self) -> int:
        return self.headings[self.form.columns[0].key][0]

    def lines(self) -> list[int]:
        key = self.form.columns[0].key
        return [at[0] for (other, _), at in sorted(self.answers.items(), key=lambda pair: pair[1]) if other == key]

    @property
    def table(self) -> range:
        """Heading and rows, printed blank ones counted."""
        notes = [row for (row, column) in self.grid.cells if column == 1 and row > self.heading_row and self.grid.text((row, 1)).startswith(("注：", "单位负责人："))]  # fmt: skip
        return range(self.heading_row, min(notes))

    def move(self, change: Callable[[Grid], None]) -> None:
        """Everything known of places moves with the cells."""
        grid = self.grid
        tags = {at: Cell(kind="tag", inside=str(number)) for number, at in enumerate(self._places())}
        shadow = Grid(cells=dict(tags), rows={}, merges=[])
        change(shadow)
        change(grid)
        now = {int(cell.inside): at for at, cell in shadow.cells.items()}
        places = list(self._places())
        to = {at: now.get(number) for number, at in enumerate(places)}
        self.answers = {key: new for key, at in self.answers.items() if (new := to[at])}
        self.headings = {key: new for key, at in self.headings.items() if (new := to[at])}

    def _places(self) -> list[Place]:
        return list(dict.fromkeys([*self.answers.values(), *self.headings.values()]))


def bend(specimen: Specimen) -> Bent:
    facts = {form: dict(values) for form, values in specimen.facts.items()}
    answers, headings = _places(specimen.name)
    return Bent(
        specimen, specimen.book.copy(), facts, [dict(row) for row in specimen.rows], dict(answers), dict(headings)
    )


@cache
def _places(title: str) -> tuple[dict[tuple[str, int], Place], dict[str, Place]]:
    good = specimen(title)
    bent = Bent(good, good.book, {}, list(good.rows))
    _locate(bent)
    return bent.answers, bent.headings


def _locate(bent: Bent) -> None:
    grid, form = bent.grid, bent.form
    for fact in form.facts:
        title = _title(grid, fact, is_fact=True)
        bent.headings[fact.key] = title
        bent.answers[fact.key, 0] = (title[0], 3)
    if form.table is None:
        return
    for column in form.columns:
        bent.headings[column.key] = _title(grid, column)
    top = bent.heading_row
    lines = [row for row in range(top + 1, grid.last_row) if grid.text((row, 1))][: len(bent.rows)]
    lines = lines if form.table.rows != "open" else [top + number for number in range(1, len(bent.rows) + 1)]
    for column in form.columns:
        for number, line in enumerate(lines):
            bent.answers[column.key, number] = (line, bent.headings[column.key][1])


def _title(grid: Grid, field_: Field, *, is_fact: bool = False) -> Place:
    """Facts stand in the second column, above the table."""
    words = (
        field_.title,
        f"{field_.title}*",
        f"{field_.title}\n（{field_.unit}）",
        f"{field_.title}\n（{field_.unit}）*",
    )
    found = [at for text in words for at in grid.find_all(text) if not is_fact or at[1] == 2]
    return min(found) if is_fact else max(found)


def _filled(book: Book, form: Form, facts: Values, rows: Sequence[Values]) -> None:
    """Beside the titles, below the headings: locked cells are printed already."""
    grid = book.sheet(form.sheet).grid
    bent = Bent(Specimen("", (form, form), None, {}, (), book, {}), book, {form.form: facts}, list(rows))
    _locate(bent)
    for (key, number), at in bent.answers.items():
        field_ = bent.field(key)
        value = facts.get(key) if field_ in form.facts else rows[number].get(key)
        if not field_.locked and value is not None:
            grid.put(at, _typed(field_, value))


def _specimen(
    form_name: str, facts: Values, rows: Sequence[Values], picks: str, level: str = "school", **words: Any
) -> Specimen:
    names = dict.fromkeys(("cover", form_name))
    forms = tuple(asked_of(load_form(CONFIG, f"{each}-v1"), level) for each in names)
    form = forms[-1]
    facts = {
        fact.key: _BY_DEFAULT[fact.type] for fact in form.facts if fact.required and fact.type in _BY_DEFAULT
    } | facts
    spec = WorkbookSpec("liaoning-2021", "deploy", "防范中小学生欺凌专项治理行动", "辽教函〔2021〕27号", "全面部署", level, forms[0], forms[1:], "2021年3月15日17:00前")  # fmt: skip
    printed = {
        form.form: {fact.key: facts.get(fact.key) for fact in form.facts if fact.locked},
        "cover": PRINTED_ON_COVER,
    }
    fill = Fill("token", CODE, UNIT, printed, words.pop("printed", {}))
    book = opened(stamp(prepare(build_master(spec), spec), fill))
    _filled(book, forms[0], COVER, ())
    _filled(book, form, facts, rows)
    context = ReviewContext(
        "liaoning-2021", "deploy", CODE, UNIT, level, "小学", date(2021, 2, 1), date(2021, 3, 15), date(2021, 8, 31), DAY,
        expected_forms=spec.references, printed=fill, received_at=local("2021-03-10T09:00"),
    )  # fmt: skip
    meant = {form.form: {fact.key: facts.get(fact.key) for fact in form.facts}, "cover": PRINTED_ON_COVER | COVER}
    items = [dict(item.values) for item in form.table.items] if form.table and form.table.items else [{} for _ in rows]
    whole = [
        {column.key: (item | row).get(column.key) for column in form.columns}
        for item, row in zip(items, rows, strict=True)
    ]
    at = {
        kind: (key, int(number or 0))
        for kind, _, told in (pick.partition("=") for pick in picks.split())
        for key, _, number in [told.partition(":")]
    }
    return Specimen(words.pop("title", form_name), forms, context, meant, whole, book, at)


@cache
def specimen(title: str) -> Specimen:  # noqa: C901, PLR0911  one line a specimen
    match title:
        case "cover":
            return _specimen(
                "cover", COVER, (), "text=filler optional=head date=fill_date phone=phone required=auditor"
            )
        case "basics":
            return _specimen(
                "basics",
                BASICS,
                (),
                "int=talks big=parent_contacts yesno=has_pact have=committee_parents required=staff",
            )
        case "office":
            return _specimen(
                "basics",
                OFFICE,
                (),
                "int=teaching_points text=bureau_office_name date=published_on choice=survey_mode phone=bureau_phone url=published_url yesno=bureau_partners required=teaching_points big=bureau_trainees",
                "county",
                title="office",
            )
        case "ledger":
            return _specimen(
                "ledger",
                {"zero_flag": "否"},
                LEDGER,
                "int=n_pupils:2 big=n_pupils:1 text=description:1 optional=cause:0 date=due_on:1 choice=risk:1 multi=method:0 numbers=measure_no:0 yesno=reported_up:0 required=description:2",
            )
        case "rectify":
            return _specimen(
                "rectify",
                {},
                RECTIFY,
                "int=evidence_count:2 text=progress:1 optional=remark:1 date=done_on:0 choice=state:1 required=state:2",
                printed={"rectify": PROBLEMS},
            )
        case "selfcheck":
            form = asked_of(load_form(CONFIG, "selfcheck-v1"), "school")
            rows = [_check(item.no) for item in form.table.items]
            return _specimen(
                "selfcheck",
                {},
                rows,
                "text=brief:2 optional=remark:2 date=due_on:0 choice=conclusion:2 required=conclusion:3",
            )
        case "inspection":
            rows = [row | {"agrees_with_selfcheck": "无自查可比"} for row in SCORES]
            return _specimen(
                "inspection",
                INSPECTION,
                rows,
                "int=score:3 text=deduct_reason:1 optional=problem_found:10 date=rectify_by choice=grade multi=methods required=score:4",
            )
        case "summary":
            return _specimen(
                "summary",
                SUMMARY,
                (),
                "int=home_visits big=trainees text=achievements date=lookback_on choice=lookback_result yesno=followed_up required=meetings",
            )
        case "incident":
            return _specimen(
                "incident",
                INCIDENT,
                (),
                "int=n_others text=cause optional=doers_sex moment=found_at choice=judgement multi=means yesno=cross_school required=n_victims",
            )
        case "setup":
            return _specimen(
                "setup",
                SETUP,
                (),
                "int=discussed text=body_name date=plan_made_on phone=body_phone url=public_url yesno=plan_public required=discussed",
            )
    raise LookupError(title)


ALL = ("cover", "basics", "office", "ledger", "rectify", "selfcheck", "inspection", "summary", "incident", "setup")
TABLES = ("ledger", "rectify", "selfcheck", "inspection")
PRINTED_ROWS = ("rectify", "selfcheck", "inspection")


def some(name_: str, forms: Sequence[str], most: int) -> tuple[str, ...]:
    """Not all for each, others for another name: all together every form meets everything of its kind."""
    first = sum(map(ord, name_)) % len(forms)
    return tuple([*forms[first:], *forms[:first]][:most])


def with_kind(kind: str) -> tuple[str, ...]:
    return tuple(title for title in ALL if kind in specimen(title).picks)
