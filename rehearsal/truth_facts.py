"""What units would say in the facts of the forms we know: a school's figures agree with its own ledger."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rehearsal import wording
from rehearsal.case import Case, Suggest, always
from rehearsal.drawing import Suggestion
from rehearsal.filler import Values
from rehearsal.names import person_name

_CLASSES = {"小学": (6, 36), "初中": (9, 36), "高中": (18, 54), "完全中学": (18, 54), "中职": (12, 48), "特教": (3, 12)}


def cover(case: Case, _rows: Sequence[Values]) -> Mapping[str, Suggestion]:
    return {
        "filler": lambda _: person_name(case.rng),
        "auditor": lambda _: person_name(case.rng),
        "head": lambda _: person_name(case.rng),
        "phone": lambda _: wording.telephone(case.rng),
        "fill_date": always(case.today),
    }


_COUNTED = {
    "found_mechanism": "工作机制", "found_rules": "制度措施", "found_team": "队伍建设", "found_duty": "责任落实",
    "found_publicity": "宣传引导", "found_discipline": "教育惩戒", "found_conditions": "条件保障",
}  # fmt: skip
_TIERS = {"cases_light": 1, "cases_medium": 2, "cases_serious": 3, "cases_crime": 4, "cases_not": 0}  # national codes


def basics(case: Case, _rows: Sequence[Values]) -> Mapping[str, Suggestion]:
    """A school's figures agree with its own ledger; a bureau tells only of itself."""
    ledger = [row for rows in case.rows_of.values() for row in rows if "aspect7" in row]
    return {**_size(case), **_screening(case, ledger), **_cases(case, ledger), **_bureau(case)}


def _size(case: Case) -> Mapping[str, Suggestion]:
    rng = case.rng
    low, high = _CLASSES.get(case.unit.stage, (9, 40))
    classes = rng.randint(low, high)
    pupils = classes * rng.randint(24, 48) if case.unit.stage != "特教" else classes * rng.randint(6, 12)
    boarders = 0 if rng.random() < 0.6 else int(pupils * rng.uniform(0.05, 0.8))
    full = rng.choice((0, 1, 1, 2))
    return {
        "classes": always(classes),
        "pupils": always(pupils),
        "boarders": always(boarders),
        "staff": always(int(classes * rng.uniform(2.0, 2.9)) + 4),
        "psych_full": always(full),
        "psych_part": always(rng.randint(0, 3) + (not full)),
        "class_guards": always(classes * rng.choice((0, 1, 2))),
        "law_head": always("是"),
        "law_visits": always(rng.randint(0, 3)),
        "lessons": always(rng.randint(1, classes)),
        "parents_trained": always(int(pupils * rng.uniform(0.2, 0.9))),
        "staff_trained": always(classes * rng.randint(1, 3)),
        "drills": always(rng.randint(0, 2)),
    }


def _screening(case: Case, ledger: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    missed = rng.randint(1, 20) if case.is_candid else 0
    mended = sum(row.get("fix_mode") == "立行立改" and row["due_on"] <= case.today for row in ledger)
    by_aspect = {key: sum(row["aspect7"] == aspect for row in ledger) for key, aspect in _COUNTED.items()}
    return {
        "pupils_checked": lambda values: max(0, values["pupils"] - missed),
        "parent_contacts": lambda values: int(values["pupils"] * rng.uniform(0.3, 1.0)),
        "questionnaires": lambda values: int(values["pupils"] * rng.uniform(0.5, 1.0)),
        "talks": lambda values: int(values["pupils"] * rng.uniform(0.05, 0.4)),
        "found_total": always(len(ledger)),
        "fixed": always(mended),
        **{key: always(count) for key, count in by_aspect.items()},
    }


def _cases(case: Case, ledger: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    tiers = {
        key: sum(row.get("severity") == case.degrees[code] for row in ledger) if code in case.degrees else 0
        for key, code in _TIERS.items()
    }
    found, all_cases = sum(tiers.values()) - tiers["cases_not"], sum(tiers.values())
    bullies, victims = (found * rng.randint(1, 3), found) if found else (0, 0)

    def some(low: int, high: int) -> Suggestion:
        return always(rng.randint(low, high) if all_cases else None)

    return {
        "cases": always(all_cases),
        **{key: always(count) for key, count in tiers.items()},
        "cases_pending": always(0),
        "cases_over10": always(0),
        "cases_outside": always(rng.randint(0, found)),
        "bullies": always(bullies),
        "victims": always(victims),
        "talked_to": some(bullies, bullies + 3),
        "apologies": some(0, bullies),
        "punished": some(0, tiers["cases_medium"] + tiers["cases_serious"]),
        "admonished": some(0, tiers["cases_medium"] + tiers["cases_serious"]),
        "counselled": some(victims, victims + 4),
        "psych_intervened": lambda values: values["counselled"] and values["counselled"] // 3,
        "psych_treated": always(0 if all_cases else None),
        "reported_up": some(all_cases, all_cases),
    }


def _bureau(case: Case) -> Mapping[str, Suggestion]:
    rng = case.rng
    managed, sessions = rng.randint(0, 60), rng.randint(1, 8)
    return {
        "schools_managed": always(managed),
        "schools_checked": always(max(0, managed - (rng.randint(1, 3) if case.is_candid else 0))),
        "teaching_points": always(rng.randint(0, 12)),
        "with_inspector": lambda values: values["schools_managed"],
        "bureau_trainings": always(sessions),
        "bureau_trainees": always(sessions * rng.randint(20, 120)),
        "special_school": always(0),
        "appeals": always(rng.choice((0, 0, 0, 1, 2))),
    }


def inspection(case: Case, rows: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    total, faulty = sum(row["score"] for row in rows), any(row["problem_found"] for row in rows)
    words = {"praise": rng.choice(wording.PRAISES), "lack": rng.choice(wording.LACKS)}
    return {
        "members": lambda _: f"{person_name(rng)}、{person_name(rng)}",
        "total_score": always(total if rng.random() < 0.5 else None),
        "grade": always("优秀" if total >= 90 else "合格" if total >= 60 else "不合格"),
        "feedback": always(wording.FEEDBACK.format(**words)),
        "rectify_by": always(case.today + timedelta(days=30) if total < 90 or faulty else None),
    }


def summary(case: Case, _rows: Sequence[Values]) -> Mapping[str, Suggestion]:
    rng = case.rng
    trainings, earlier = rng.randint(1, 9), rng.randint(1, 3) if case.unit.has_incidents else 0
    recurred = 1 if earlier and rng.random() < 0.1 else 0
    gap = "否" if case.is_candid else "是"
    return {
        "trainings": always(trainings),
        "trainees": always(trainings * rng.randint(10, 150)),
        "earlier_cases": always(earlier),
        "earlier_fixed": always(earlier - recurred),
        "recurred": always(recurred),
        "followed_up": always("是" if earlier else None),
        "expelled": always(0),
        "lookback_result": always("反弹" if recurred else "巩固"),
        **{key: always("是") for key in ("report_rule", "joint_rule", "assess_rule")},
        "circular_rule": always(gap),
    }


FACTS: Mapping[str, Suggest] = {"cover": cover, "basics": basics, "inspection": inspection, "summary": summary}
