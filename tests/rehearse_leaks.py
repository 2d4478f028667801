"""Run as a program: a small rehearsal whose schools give away people wherever they can write (reliability.md E22).

python -m tests.rehearse_leaks DIR [without-seal]

Every unit writes names and phones of its own staff into the personal fields; every other school names pupils in the free
texts of its first returns, in its mail, in its file names. DIR/planted.json tells which words which unit wrote where.
"""

import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from desk.window import window, without_heartbeats
from oneledger.domain.forms import FieldType, Form
from oneledger.domain.name_signs import words
from oneledger.domain.pupil_data import source_of
from oneledger.domain.pupil_numbers import checksum
from oneledger.domain.units import Level, Unit
from rehearsal import authoring, posting
from rehearsal.filler import Meant
from rehearsal.plan import Rehearsal
from rehearsal.province import PROVINCE, make_province
from rehearsal.run import rehearse

SEED, CITY, SCHOOLS_OF_A_COUNTY = 5, "210100", 6
_FAMILY = words(
    "欧阳 司马 上官 诸葛 司徒 夏侯 皇甫 尉迟 公孙 慕容 令狐 端木 长孙 宇文 轩辕"
)  # two signs: found nowhere by chance
_GIVEN = words("晓婷 子涵 雨桐 浩宇 欣怡 嘉豪 文博 思远 佳琪 俊杰 梦瑶 志强 丽娟 海燕 春梅 建军 秀英 国庆 玉兰 晨曦")


class Planter:
    """Words that stand nowhere else, with the unit that wrote them."""

    def __init__(self) -> None:
        self._names = [family + given for family in _FAMILY for given in _GIVEN]
        random.Random(SEED).shuffle(self._names)
        self._serial = 0
        self.staff: dict[str, str] = {}
        self.pupils: dict[str, str] = {}
        self._posts: dict[tuple[str, str], str] = {}

    def member_of_staff(self, unit: str, post: str) -> str:
        return self._posts.setdefault((unit, post), "") or self._hire(unit, post, self._names.pop())

    def staff_phone(self, unit: str, post: str) -> str:
        self._serial += 1
        return self._posts.setdefault((unit, post), "") or self._hire(unit, post, f"024-2{self._serial:07d}")

    def _hire(self, unit: str, post: str, word: str) -> str:
        self._posts[unit, post] = self._kept(self.staff, word, unit)
        return word

    def pupil(self, unit: str) -> str:
        return self._kept(self.pupils, self._names.pop(), unit)

    def sentence(self, unit: str) -> str:
        """A pupil's name, ID card, 学籍号 and a parent's mobile."""
        self._serial += 1
        card, mobile, name = f"21010220120305{self._serial:03d}", f"1390000{self._serial:04d}", self.pupil(unit)
        card, roll = card + checksum(card), f"G2101022012030{self._serial % 10}{1000 + self._serial:04d}"
        for word in (card, mobile, roll):
            self._kept(self.pupils, word, unit)
        return f"学生{name}，身份证{card}，学籍号{roll}，家长{mobile}"

    @staticmethod
    def _kept(told: dict[str, str], word: str, unit: str) -> str:
        told[word] = unit
        return word


def plant(planter: Planter) -> None:
    """Into the rehearsal's own authors, in this process alone."""
    posting._ENOUGH_FOR_A_POOL = 10**9
    filled, composed, write = authoring.Author._filled, authoring.compose_reply, authoring.Author.write
    writer = [""]

    def written(self: authoring.Author, job: Any) -> Any:
        writer[0] = job.sender.code
        return write(self, job)

    begun: set[tuple[str, str]] = set()

    def filled_with_plants(self: authoring.Author, piece: Any, forms: Any, meant: Meant, *rest: Any) -> bytes:
        unit, is_first = writer[0], piece.key not in begun
        begun.add(piece.key)
        exposes = is_first and int(unit) % 2 == 0 and piece.unit.level == "school"
        return filled(self, piece, forms, _planted(planter, forms, meant, unit, exposes=exposes), *rest)

    def composed_with_plants(client: Any, answer: Any) -> bytes:
        unit = writer[0]
        if int(unit) % 3 == 0:
            answer = replace(answer, text=f"{answer.text}另：{planter.sentence(unit)}。")
            first = answer.enclosures[0]
            named = replace(first, filename=f"{planter.pupil(unit)}同学_{first.filename}")
            answer = replace(answer, enclosures=[named, *answer.enclosures[1:]])
        return composed(client, answer)

    authoring.Author.write = written  # type: ignore[method-assign]
    authoring.Author._filled = filled_with_plants  # type: ignore[method-assign]
    authoring.compose_reply = composed_with_plants


def _planted(planter: Planter, forms: tuple[Form, ...], meant: Meant, unit: str, *, exposes: bool) -> Meant:
    facts, rows = {}, {}
    for form in forms:
        known = dict(meant.facts.get(form.form, {}))
        facts[form.form] = {key: _value(planter, form, key, value, unit, exposes) for key, value in known.items()}
        table = meant.rows.get(form.form, ())
        rows[form.form] = [
            {key: _value(planter, form, key, value, unit, exposes and number == 0) for key, value in row.items()}
            for number, row in enumerate(table)
        ]
    return Meant(facts, rows)


def _value(planter: Planter, form: Form, key: str, value: Any, unit: str, exposes: bool) -> Any:
    field = next((each for each in (*form.facts, *form.columns) if each.key == key), None)
    if field is None or value is None:
        return value
    if field.personal and field.type is FieldType.TEXT:
        return planter.member_of_staff(unit, key)
    if field.personal and field.type is FieldType.PHONE:
        return planter.staff_phone(unit, key)
    if exposes and source_of(field) == "field" and (field.max_len or 300) >= 200:
        return f"{value}。{planter.sentence(unit)}"
    return value


def few_units() -> list[Unit]:
    """Province, city, two counties with some schools each, and the city's own schools."""
    everyone = make_province(900, SEED)
    counties = [unit.code for unit in everyone if unit.level == Level.COUNTY and unit.reports_to == CITY][:2]
    kept = [unit for unit in everyone if unit.code in {PROVINCE, CITY, *counties}]
    for above in (CITY, *counties):
        below = [unit for unit in everyone if unit.level == Level.SCHOOL and unit.reports_to == above]
        kept += below[:SCHOOLS_OF_A_COUNTY]
    return kept


def main(directory: str, *options: str) -> int:
    out = Path(directory)
    (out.with_name(f"{out.name}-tmp")).mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(out.with_name(f"{out.name}-tmp"))
    planter = Planter()
    plant(planter)
    if "without-seal" in options:
        _take_off_the_seal()
    plan = Rehearsal("liaoning-2021", 0, SEED, out, units=few_units(), most_looks=3)
    with window(out / "prefect") as address, without_heartbeats():
        told = rehearse(plan, address, lambda *_: None)
    planted = {"staff": planter.staff, "pupils": planter.pupils, "phases": told["phases"]}
    out.with_name(f"{out.name}-planted.json").write_text(json.dumps(planted, ensure_ascii=False), encoding="utf-8")
    return 0


def _take_off_the_seal() -> None:
    """The planted fault of the negative control."""
    from tasks import judging, reviewing

    judging.told = lambda _here, _opened, verdict: verdict
    reviewing.seal = lambda _here, _opened: None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
