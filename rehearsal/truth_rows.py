"""What schools would say in the rows of the tables we know: each cell agreeing with its neighbours."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rehearsal import wording
from rehearsal.case import WAS, Case, SuggestRow, always
from rehearsal.drawing import Suggestion, day_between
from rehearsal.filler import Values
from rehearsal.problem_book import may_follow

EVENT, HAZARD, SIGN, LACK = "已发生或正在发生的事件", "隐患点", "苗头迹象", "工作短板"
_ASPECTS = ("工作机制", "制度措施", "队伍建设", "责任落实", "宣传引导", "教育惩戒", "条件保障")
_ASPECTS_OF = {HAZARD: ("条件保障", "责任落实"), SIGN: ("教育惩戒", "宣传引导"), EVENT: ("教育惩戒", "责任落实")}
_PLACES = ("教室", "走廊楼梯", "厕所", "宿舍", "操场", "监控盲区", "校门口", "上下学路段", "校园周边", "网络空间")
_GRADES = {
    "小学": ("三年级", "四年级", "五年级", "六年级"),
    "初中": ("七年级", "八年级", "九年级"),
    "高中": ("高一", "高二"),
    "中职": ("中职一年级", "中职二年级"),
}
_NOT_EVERYWHERE = frozenset({20, 23, *range(25, 31), 32, *range(34, 47)})  # measures a unit may have no occasion for


def ledger_row(case: Case, number: int, _printed: Values, before: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    kind = rng.choices((LACK, SIGN, HAZARD, EVENT), (45, 25, 22, 8))[0]
    aspect = rng.choice(_ASPECTS_OF.get(kind, _ASPECTS))
    place = rng.choice(_PLACES) if kind != LACK or rng.random() < 0.2 else None
    is_event, is_urgent = kind == EVENT, kind != LACK
    fix_mode = rng.choices(("立行立改", "限期整改", "长期坚持"), (35, 50, 15))[0]
    severity = _degree(case)
    return {
        "seq": always(number),
        "found_on": lambda _: day_between(rng, case.opens_on, case.today),
        "item_type": always(kind),
        "aspect7": always(aspect),
        "description": lambda _: _unlike(before, lambda: wording.problem(rng, kind, aspect, place), number),
        "place": always(place),
        "time_slot": always(rng.choice(("上学", "课间", "午休", "放学后", "全时段")) if place else None),
        "grade": always([rng.choice(_GRADES.get(case.unit.stage, ("全校",)))] if is_urgent else None),
        "n_pupils": always(rng.randrange(2, 7) if is_event else rng.randrange(1, 4) if kind == SIGN else None),
        "risk": always(rng.choices(("一般", "较大", "重大"), (70, 25, 5))[0]),
        "severity": always(severity if is_event else None),
        "measures": lambda _: rng.choice(wording.MEASURES),
        "resp_dept": lambda _: rng.choice(wording.DEPARTMENTS),
        "resp_person": lambda _: rng.choice(wording.JOBS),
        "fix_mode": always(fix_mode),
        "due_on": lambda values: _deadline(case, values["found_on"], fix_mode),
        "reported_up": always("是" if is_urgent else None),
        "reported_on": lambda values: day_between(rng, values["found_on"], case.today) if is_urgent else None,
        "remark": always(None),
    }


def _degree(case: Case) -> str | None:
    """One of the campaign's own degrees, seldom a grave one, never a crime: those are reported and not listed."""
    weights = {code: weight for code, weight in {0: 40, 1: 45, 2: 12, 3: 3}.items() if code in case.degrees}
    return case.degrees[case.rng.choices(list(weights), list(weights.values()))[0]] if weights else None


def _unlike(before: Sequence[Values], draw: Callable[[], str], number: int) -> str:
    """A ledger does not tell the same problem twice: its rows are known again by their words."""
    told = {row["description"] for row in before}
    tries = (draw() for _ in range(8))
    return next((text for text in tries if text not in told), f"{draw()}（第{number}处）")


def _deadline(case: Case, found: date, fix_mode: str) -> date:
    end = case.rectify_ends_on
    if fix_mode == "长期坚持" or end is None:
        return date(found.year, 12, 31)
    if fix_mode == "立行立改":
        return min(end, found + timedelta(days=case.rng.randrange(2, 20)))
    return min(end, max(found, end - timedelta(days=case.rng.randrange(80))))


def selfcheck_row(case: Case, _number: int, printed: Values, _before: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    verdict = rng.choices(("已落实", "部分落实", "未落实"), (86, 11, 3))[0]
    if printed["no"] in _NOT_EVERYWHERE and rng.random() < 0.15:
        verdict = "不适用"
    is_lacking = verdict in ("部分落实", "未落实")

    def lacking(draw: Callable[[], Any]) -> Suggestion:
        return always(draw() if is_lacking else None)

    brief = wording.NOT_HERE if verdict == "不适用" else wording.BRIEFS
    return {
        "conclusion": always(verdict),
        "brief": lambda _: rng.choice(brief) if verdict == "不适用" or rng.random() < 0.5 else None,
        "evidence": lambda _: rng.choice(wording.EVIDENCE) if verdict == "已落实" else None,
        "problem": lacking(lambda: rng.choice(wording.PROBLEMS["制度措施"])),
        "measures": lacking(lambda: rng.choice(wording.MEASURES)),
        "resp_person": lacking(lambda: rng.choice(wording.JOBS)),
        "due_on": lacking(lambda: case.today + timedelta(days=rng.randrange(10, 100))),
        "remark": always(None),
    }


def inspection_row(case: Case, _number: int, printed: Values, _before: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    lost = rng.choices((0, 0.5, 1, 2, 3), (58, 12, 15, 10, 5))[0]
    score = max(0, printed["points"] - lost)
    return {
        "score": always(int(score) if score == int(score) else score),
        "deduct_reason": lambda _: rng.choice(wording.DEDUCTIONS) if lost else None,
        "problem_found": lambda _: wording.problem(rng, LACK, "责任落实", None) if lost > 1 else None,
    }


def rectify_row(case: Case, _number: int, printed: Values, _before: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    state = _state(case, printed)
    is_done, is_closed = state in ("已完成待验收", "已销号", "阶段性完成"), state == "已销号"
    start = max(printed["found_on"], case.opens_on - timedelta(days=30))
    done, verified, closed, looked = sorted(day_between(rng, start, case.today) for _ in range(4))
    is_looked_at = is_closed and rng.random() < 0.2

    def closing(value: Any) -> Suggestion:
        return always(value if is_closed else None)

    def late(value: Any) -> Suggestion:
        return always(value if state == "延期" else None)

    return {
        "state": always(state),
        "progress": always(None if state in ("未启动", "已销号") else rng.choice(wording.PROGRESS)),
        "done_on": always(done if is_done else None),
        "evidence": always(rng.choice(wording.EVIDENCE) if is_done else None),
        "evidence_count": always(rng.randint(1, 6) if is_done else None),
        "verifier": closing(rng.choice([job for job in wording.JOBS if job != printed["resp_person"]])),
        "verified_by": closing(rng.choice(wording.DEPARTMENTS)),
        "verified_on": closing(verified),
        "verdict": closing("合格"),
        "closed_by": closing("校长" if printed["resp_person"] != "校长" else "分管副局长"),
        "closed_on": closing(closed),
        "delay_reason": late(rng.choice(wording.REASONS)),
        "new_due_on": late(max(printed["due_on"], case.today) + timedelta(days=rng.randrange(20, 90))),
        "delay_approver": late("分管副局长"),
        "lookback_on": always(looked if is_looked_at else None),
        "lookback_result": always("巩固" if is_looked_at else None),
        "remark": always(None),
    }


def _state(case: Case, printed: Values) -> str:
    likely = {"已销号": 75, "已完成待验收": 10, "延期": 13, "反弹": 2}
    if printed["fix_mode"] == "长期坚持":
        likely = {"阶段性完成": 7, "整改中": 3}
    elif printed["due_on"] >= case.today or case.is_candid:
        likely = {"已销号": 50, "已完成待验收": 15, "整改中": 28, "未启动": 7}
    allowed = {state: weight for state, weight in likely.items() if may_follow(printed.get(WAS), state)}
    return case.rng.choices(list(allowed), list(allowed.values()))[0]


ROWS: Mapping[str, SuggestRow] = {
    "ledger": ledger_row,
    "selfcheck": selfcheck_row,
    "inspection": inspection_row,
    "rectify": rectify_row,
}
