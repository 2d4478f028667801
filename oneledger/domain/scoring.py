"""What the system reckons on an inspection record: the total, the grade, and how the self-check agrees with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from oneledger.domain.forms import Agreement, Form, Scoring

AGREES, TOO_HIGH, TOO_LOW, NOT_COMPARED = "一致", "自查偏高", "自查偏低", "无自查可比"
_NUMBER = re.compile(r"\d+")
_TOLD = re.compile(r"(\d+)([^\d、]+)")

Values = Mapping[str, Any]


def total_of(scoring: Scoring, rows: Iterable[Values]) -> Decimal | None:
    """The sum of all scores. None while one is missing."""
    scores = [row.get(scoring.score) for row in rows]
    if not scores or any(score is None for score in scores):
        return None
    return sum((_exact(score) for score in scores), Decimal(0))


def grade_of(scoring: Scoring, total: Decimal) -> str:
    return next(grade.title for grade in scoring.grades if total >= _exact(grade.least))


def grades_text(scoring: Scoring) -> str:
    """90分以上优秀，60分以上合格，其余不合格"""
    *upper, last = scoring.grades
    return "，".join([*(f"{plain(grade.least)}分以上{grade.title}" for grade in upper), f"其余{last.title}"])


def plain(number: Any) -> str:
    """88, 88.5: as people write it."""
    return f"{_exact(number).normalize():f}"


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


def measure_numbers(text: Any) -> list[int]:
    """5、6、8 -> [5, 6, 8]"""
    return [int(number) for number in _NUMBER.findall(str(text or ""))]


def told_text(conclusions: Mapping[int, str], measures: Iterable[int]) -> str:
    """What a unit concluded on the measures of one row: 5已落实、6部分落实. Measures it was not asked are left out."""
    return "、".join(f"{number}{conclusions[number]}" for number in measures if conclusions.get(number))


def printed_rows(form: Form, selfcheck: Sequence[Values], key: str) -> list[dict[str, Any]]:
    """What is printed beside each row of an inspection: the unit's own conclusions. ``key``: of the self-check's rows.

    A unit that has returned no self-check gets nothing printed.
    """
    agreement, table = form.agreement, form.table
    if agreement is None or table is None or not selfcheck:
        return []
    conclusions = {int(row[key]): str(row[agreement.conclusion]) for row in selfcheck if row.get(agreement.conclusion)}
    return [
        {
            table.key: item.values.get(table.key, item.no),
            agreement.told: told_text(conclusions, measure_numbers(item.values.get(agreement.measures))),
        }
        for item in table.items
    ]


def claimed_share(agreement: Agreement, told: Any) -> Decimal | None:
    """The mean share that the printed conclusions claim. None where none of them can be compared."""
    words = [word for _, word in _TOLD.findall(str(told or ""))]
    shares = [_exact(agreement.shares[word]) for word in words if word in agreement.shares]
    return sum(shares, Decimal(0)) / len(shares) if shares else None


def agreement_of(form: Form, row: Values) -> str | None:
    """一致, 自查偏高 or 自查偏低; 无自查可比 where the unit concluded nothing. None while there is no score."""
    agreement, scoring = form.agreement, form.scoring
    if agreement is None or scoring is None or row.get(scoring.score) is None or not row.get(scoring.points):
        return None
    claimed = claimed_share(agreement, row.get(agreement.told))
    if claimed is None:
        return NOT_COMPARED
    over = claimed - _exact(row[scoring.score]) / _exact(row[scoring.points])
    if abs(over) <= _exact(agreement.tolerance):
        return AGREES
    return TOO_HIGH if over > 0 else TOO_LOW
