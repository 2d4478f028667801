"""Measures that units name in their own words: how many units name each. Never whose words, never a pupil's.

A form's texts with ``names_measures`` are cut into clauses; only plain words that several units wrote are told, so that
nothing can point at one of them. Source: issue 5, part E; domain.md 3.6.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from oneledger.domain.forms import Form
from oneledger.domain.pupil_data import pupil_data_in

MOST, LEAST_UNITS = 5, 3
_CLAUSE = re.compile(r"(?<!\w)[\u4e00-\u9fff]{4,20}(?!\w)")  # what stands between marks
_MASKED = "某"


@dataclass(frozen=True)
class NamedMeasure:
    words: str
    units: int


def clauses(text: str) -> frozenset[str]:
    return frozenset(each for each in _CLAUSE.findall(text) if _MASKED not in each)


def measures_in(forms: Iterable[Form], ledgers: Mapping[str, Any]) -> frozenset[str]:
    """What one return names, each once."""
    return frozenset(clause for form in forms if form.form in ledgers for text in _texts(form, ledgers[form.form])
                     for clause in clauses(text))  # fmt: skip


def _texts(form: Form, kept: Mapping[str, Any]) -> Iterator[str]:
    facts = [fact.key for fact in form.facts if fact.names_measures]
    columns = [column.key for column in form.columns if column.names_measures]
    values = [kept["facts"].get(key) for key in facts] if facts else []
    values += [row["values"].get(key) for row in kept["rows"] for key in columns] if columns else []
    return (value for value in values if isinstance(value, str))


def naming_forms(forms: Iterable[Form]) -> list[Form]:
    return [form for form in forms if any(each.names_measures for each in (*form.facts, *form.columns))]


def most_named(by_unit: Mapping[str, frozenset[str]]) -> tuple[NamedMeasure, ...]:
    """``by_unit``: what each unit names. The most named first; equal ones by their words."""
    counts = Counter(words for named in by_unit.values() for words in named)
    told = (each for each in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if each[1] >= LEAST_UNITS)
    found: list[NamedMeasure] = []
    for words, units in told:
        if len(found) == MOST:
            break
        if not pupil_data_in(words):
            found.append(NamedMeasure(words, units))
    return tuple(found)
