"""What schools write into single cells, as data: the kind of answer, what is written, what must become of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from oneledger.domain.forms import Field
from tests.bent_book import Cell, Value, error, formula, rich, serial, truth_value, written
from tests.bent_compare import Deformation, Outcome, Told
from tests.bent_specimens import Bent, some, with_kind

Make = Callable[[Any, Field], Value]
SAME = object()


def cell(
    name: str, kind: str, outcome: Outcome, make: Make, *, means: Any = SAME, rule: str = "", not_in: str = ""
) -> Deformation:
    """``make``: from the value and its field, what is written. ``rule``: told instead of the field's own."""

    def bend(bent: Bent) -> list[Told]:
        key, row = bent.specimen.picks[kind]
        value = bent.value(key, row)
        bent.write(key, row, make(value, bent.field(key)))
        if means is not SAME:
            bent.means(key, row, means(value) if callable(means) else means)
        return [Told(rule or bent.rule(key), bent.at(key, row))] if outcome != "equal" else []

    sample = {"int": 12, "big": 12, "date": date(2021, 3, 8)}.get(kind, "文字")
    forms = _some(name, kind, not_in)
    return Deformation(name, f"{_KINDS[kind]}: {_shown(make, sample)}", forms, outcome, bend)


_KINDS = {
    "int": "number", "big": "number", "date": "date", "text": "text", "choice": "choice", "yesno": "yes or no", "multi": "choices",
    "phone": "phone", "required": "required answer", "optional": "optional answer",
}  # fmt: skip


def _shown(make: Make, sample: Any) -> str:
    field = Field(no=1, key="a", title="题目", unit="起", max_len=9)
    made = make(sample, field)
    return made.inside if isinstance(made, Cell) else f"“{made}”" if isinstance(made, str) else str(made)


def _some(name: str, kind: str, not_in: str) -> tuple[str, ...]:
    return some(name, [form for form in with_kind(kind) if form not in not_in.split()], 4)


def wide(text: str) -> str:
    return text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def _dated(bent: Bent) -> str:
    """The style of a cell for dates: every workbook has one on its cover."""
    grid = bent.book.sheet("封面").grid
    assert grid
    row, _ = grid.find("填报日期*")
    return grid.cells[row, 3].style


def _styled(
    name: str,
    what: str,
    kind: str,
    outcome: Outcome,
    make: Callable[[Any, str], Cell],
    means: Any = SAME,
    not_in: str = "",
) -> Deformation:
    """Where the format of the cell matters: ``make`` gets a style for dates."""

    def bend(bent: Bent) -> list[Told]:
        key, row = bent.specimen.picks[kind]
        value = bent.value(key, row)
        bent.grid.cells[bent.answers[key, row]] = make(value, _dated(bent))
        if means is not SAME:
            bent.means(key, row, means)
        return [Told(bent.rule(key), bent.at(key, row))] if outcome != "equal" else []

    return Deformation(
        name,
        f"{_KINDS[kind]}: {what}",
        _some(name, kind, not_in),
        outcome,
        bend,
    )


def _dates_from_1904(bent: Bent) -> list[Told]:
    """Every date of the workbook, as a Mac counts it."""
    bent.book.epoch = date(1904, 1, 1)
    dated = {at for (key, _), at in bent.answers.items() if bent.field(key).type == "date"}
    styles = {_dated(bent)} | {bent.grid.cells[at].style for at in dated}
    for sheet in bent.book.sheets:
        for at, here in (sheet.grid.cells if sheet.grid else {}).items():
            if here.style in styles and here.inside.startswith("<v>"):
                sheet.grid.cells[at] = here._replace(inside=f"<v>{float(here.text) - 1462:g}</v>")
    return []


def _bare_serial_from_1904(bent: Bent) -> list[Told]:
    _dates_from_1904(bent)
    key, row = bent.specimen.picks["date"]
    bent.grid.cells[bent.answers[key, row]] = written(serial(bent.value(key, row), date(1904, 1, 1)))
    return [Told(bent.rule(key), bent.at(key, row))]


def _as_shared(*cut: int) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        key, row = bent.specimen.picks["text"]
        value = bent.value(key, row)
        bent.write(key, row, bent.book.shared(*(value[a:b] for a, b in zip((0, *cut), (*cut, None), strict=True))))
        return []

    return bend


def _with_pinyin(bent: Bent) -> list[Told]:
    key, row = bent.specimen.picks["text"]
    shared = bent.book.shared(bent.value(key, row))
    bent.book.strings[-1] = bent.book.strings[-1].replace(
        "</si>", '<rPh sb="0" eb="1"><t>pin yin</t></rPh><phoneticPr fontId="1"/></si>'
    )
    bent.write(key, row, shared)
    return []


def _day(pattern: str) -> Make:
    return lambda day, _: pattern.format(y=day.year, m=day.month, d=day.day, day=day)


_HAN = "〇一二三四五六七八九"


def _in_words(day: date, _: Field) -> str:
    year = "".join(_HAN[int(digit)] for digit in str(day.year))
    tens, ones = divmod(day.day, 10)
    return f"{year}年{_HAN[day.month]}月{('', '十', '二十', '三十')[tens]}{_HAN[ones] if ones else ''}日"


_WITH_TEXT = with_kind("text")
RARE = "𬭎㛃喆😀䶮"

VALUES = (
    # numbers
    cell("number-as-text", "int", "equal", lambda v, f: str(v)),
    cell("number-full-width", "int", "normalised", lambda v, f: wide(str(v))),
    cell("number-with-its-unit", "int", "normalised", lambda v, f: f"{v}{f.unit}"),
    cell("number-with-its-unit-apart", "int", "normalised", lambda v, f: f"{v} {f.unit}。"),
    cell("number-with-another-unit", "int", "returned", lambda v, f: f"{v}元"),
    cell("number-about", "int", "returned", lambda v, f: "约5"),
    cell("number-more-or-less", "int", "returned", lambda v, f: f"{v}左右"),
    cell("number-some", "int", "returned", lambda v, f: "若干"),
    cell("number-range-tilde", "int", "returned", lambda v, f: "3~5"),
    cell("number-range-dash", "int", "returned", lambda v, f: "3—5"),
    cell("number-none-in-words", "int", "returned", lambda v, f: "无"),
    cell("number-slash", "required", "returned", lambda v, f: "/"),
    cell("number-zero-with-unit", "int", "normalised", lambda v, f: f"0{f.unit}", means=0, not_in="inspection"),
    cell("number-negative", "int", "returned", lambda v, f: -3),
    cell("number-negative-as-text", "int", "returned", lambda v, f: "－3"),
    cell("number-decimal", "int", "returned", lambda v, f: 3.5, not_in="inspection"),
    cell("number-decimal-of-zero", "int", "normalised", lambda v, f: f"{v}.0"),
    cell("number-percent-as-text", "int", "returned", lambda v, f: "85%"),
    cell("number-percent-as-excel-keeps-it", "int", "returned", lambda v, f: 0.85, not_in="inspection"),
    cell("number-thousands", "big", "normalised", lambda v, f: "1,200", means=1200),
    cell("number-thousands-full-width", "big", "normalised", lambda v, f: "１，２００", means=1200),
    cell("number-thousands-misplaced", "big", "returned", lambda v, f: "12,00"),
    cell("number-in-wan", "big", "normalised", lambda v, f: "1.2万", means=12000),
    cell("number-in-wan-too-many", "big", "returned", lambda v, f: "2000万"),
    cell("number-scientific", "big", "equal", lambda v, f: Cell(inside="<v>1.2E3</v>"), means=1200),
    cell("number-scientific-as-text", "big", "returned", lambda v, f: "1.2E+03"),
    cell("number-too-long", "big", "returned", lambda v, f: 1e16),
    cell("number-apostrophe", "int", "returned", lambda v, f: f"'{v}"),
    cell("number-leading-zeros", "int", "normalised", lambda v, f: f"00{v}"),
    cell("number-plus", "int", "normalised", lambda v, f: f"+{v}"),
    cell("number-trailing-blanks", "int", "equal", lambda v, f: f" {v}  "),
    cell("number-newline-behind", "int", "equal", lambda v, f: f"{v}\n"),
    cell("number-nbsp", "int", "equal", lambda v, f: f"\u00a0{v}\u00a0"),
    cell("number-zero-width", "int", "normalised", lambda v, f: f"\u200b{v}\ufeff"),
    cell("number-blank-inside", "int", "returned", lambda v, f: "1 2"),
    cell("number-with-a-remark", "int", "returned", lambda v, f: f"{v}（含住校生2人）"),
    cell("number-in-words", "int", "normalised", lambda v, f: "五", means=5, not_in="inspection"),
    cell("number-in-vague-words", "int", "returned", lambda v, f: "十几"),
    cell("number-circled", "int", "returned", lambda v, f: "③"),
    cell("number-arabic-indic", "int", "returned", lambda v, f: "٣"),
    cell("number-tick", "int", "returned", lambda v, f: "√"),
    cell("number-true", "int", "returned", lambda v, f: truth_value(True)),
    cell("number-ref-error", "int", "returned", lambda v, f: error("#REF!")),
    cell("number-na-error", "int", "returned", lambda v, f: error("#N/A")),
    cell("number-error-as-text", "int", "returned", lambda v, f: "#DIV/0!"),
    cell("number-formula", "int", "equal", lambda v, f: formula(f"{v}*1", v)),
    cell("number-formula-as-text", "int", "equal", lambda v, f: formula(f'"{v}"', str(v))),
    cell("number-formula-without-result", "int", "returned", lambda v, f: formula("SUM(A1:A2)"), rule="WB-041"),
    cell("number-formula-typed", "int", "returned", lambda v, f: "=1+2"),
    cell("number-rich-text", "int", "equal", lambda v, f: rich(*str(v))),
    _styled("number-in-a-date-cell", "12, the cell formatted as a date", "int", "returned", written),
    _styled("number-turned-into-a-date", "3-5, which Excel made 2021-03-05", "int", "returned", lambda v, style: written(date(2021, 3, 5), style)),
    # blank and not
    cell("required-blank", "required", "returned", lambda v, f: None),
    cell("required-only-blanks", "required", "returned", lambda v, f: " \u3000\n"),
    cell("optional-dash", "optional", "normalised", lambda v, f: "—", means=None),
    cell("optional-slash", "optional", "normalised", lambda v, f: "/", means=None),
    cell("optional-only-blanks", "optional", "equal", lambda v, f: " \u3000", means=None),
    # dates
    cell("date-hyphens", "date", "equal", _day("{y}-{m}-{d}")),
    cell("date-slashes", "date", "equal", _day("{y}/{m:02}/{d:02}")),
    cell("date-dots", "date", "equal", _day("{y}.{m}.{d}")),
    cell("date-chinese", "date", "equal", _day("{y}年{m}月{d}日")),
    cell("date-chinese-hao", "date", "equal", _day("{y}年{m}月{d}号")),
    cell("date-with-blanks", "date", "equal", _day("{y} 年 {m} 月 {d} 日")),
    cell("date-full-width", "date", "equal", lambda v, f: wide(f"{v.year}-{v.month}-{v.day}")),
    cell("date-in-words", "date", "normalised", _in_words),
    cell("date-packed", "date", "normalised", _day("{day:%Y%m%d}")),
    cell("date-packed-number", "date", "normalised", lambda v, f: Cell(inside=f"<v>{v:%Y%m%d}</v>")),
    cell("date-with-weekday", "date", "equal", _day("{y}年{m}月{d}日（星期一）")),
    cell("date-with-midnight", "date", "normalised", _day("{y}-{m}-{d} 00:00:00")),
    cell("date-impossible-month", "date", "returned", lambda v, f: "2021.13.5"),
    cell("date-impossible-day", "date", "returned", lambda v, f: "2021年2月30日"),
    cell("date-two-digit-year", "date", "returned", _day("21.{m}.{d}")),
    cell("date-without-year", "date", "returned", _day("{m}月{d}日")),
    cell("date-without-day", "date", "returned", _day("{y}年{m}月")),
    cell("date-end-of-month", "date", "returned", _day("{y}年{m}月底")),
    cell("date-day-first", "date", "returned", _day("{d}/{m}/{y}")),
    cell("date-words", "date", "returned", lambda v, f: "长期坚持"),
    cell("date-two-in-one", "date", "returned", _day("{y}.{m}.1-{y}.{m}.{d}")),
    cell("date-serial-as-text", "date", "returned", lambda v, f: "44260"),
    cell("date-true", "date", "returned", lambda v, f: truth_value(True)),
    cell("date-na-error", "date", "returned", lambda v, f: error("#N/A")),
    cell("date-formula-without-result", "date", "returned", lambda v, f: formula("TODAY()"), rule="WB-041"),
    _styled("date-serial-without-format", "44260 in a plain cell", "date", "normalised", lambda v, _: written(serial(v))),
    _styled("date-decimal-typed", "3.5 for the fifth of March", "date", "returned", lambda v, _: written(3.5)),
    _styled("date-with-an-hour", "44260.5", "date", "normalised", lambda v, style: written(serial(v) + 0.5, style)),
    _styled("date-negative-serial", "-1 in a date cell", "date", "returned", lambda v, style: written(-1, style)),
    _styled("date-far-serial", "3000000 in a date cell", "date", "returned", lambda v, style: written(3_000_000, style)),
    Deformation("dates-from-1904", "date: a workbook that counts from 1904", with_kind("date"), "equal", _dates_from_1904),
    Deformation("date-serial-from-1904-without-format", "date: the same, in a plain cell", with_kind("date"), "normalised", _bare_serial_from_1904),
    # text
    cell("text-blanks-around", "text", "equal", lambda v, f: f"  {v}\u3000\n"),
    cell("text-line-breaks", "text", "equal", lambda v, f: f"{v[:1]}\r\n  {v[1:]}", means=lambda v: f"{v[:1]}\n{v[1:]}"),
    cell("text-carriage-returns-of-excel", "text", "equal", lambda v, f: f"{v[:1]}_x000D_\n{v[1:]}", means=lambda v: f"{v[:1]}\n{v[1:]}"),
    cell("text-zero-width", "text", "normalised", lambda v, f: f"{v[:2]}\u200b{v[2:]}\ufeff"),
    cell("text-rare-characters", "text", "equal", lambda v, f: f"{v}{RARE}", means=lambda v: f"{v}{RARE}"),
    cell("text-formula-injection", "text", "equal", lambda v, f: f"=A0&{v}", means=lambda v: f"=A0&{v}"),
    cell("text-over-the-limit", "text", "returned", lambda v, f: "长" * (f.max_len + 1)),
    cell("text-of-a-whole-document", "text", "returned", lambda v, f: "长" * 32767),
    cell("text-id-turned-into-a-float", "text", "returned", lambda v, f: Cell(inside="<v>1.1010519491231E+17</v>")),
    cell("text-true", "text", "returned", lambda v, f: truth_value(True)),
    cell("text-name-error", "text", "returned", lambda v, f: error("#NAME?")),
    cell("text-formula", "text", "equal", lambda v, f: formula('A1&""', v)),
    cell("text-formula-without-result", "text", "returned", lambda v, f: formula('A1&""'), rule="WB-041"),
    cell("text-rich", "text", "equal", lambda v, f: rich(v[:3], v[3:])),
    Deformation("text-shared", "text: among the workbook's shared strings", _WITH_TEXT, "equal", _as_shared()),
    Deformation("text-shared-rich", "text: shared, in several fonts", _WITH_TEXT, "equal", _as_shared(1, 3)),
    Deformation("text-with-pinyin", "text: with a reading above it (拼音指南)", _WITH_TEXT, "equal", _with_pinyin),
    # choices
    cell("choice-blanks-inside", "choice", "normalised", lambda v, f: f"{v[:1]} {v[1:]}"),
    cell("choice-full-stop", "choice", "normalised", lambda v, f: f"{v}。"),
    cell("choice-zero-width", "choice", "normalised", lambda v, f: f"{v}\u200b"),
    cell("choice-quoted", "choice", "normalised", lambda v, f: f"“{v}”"),
    cell("choice-trailing-blank", "choice", "equal", lambda v, f: f"{v} \u3000"),
    cell("choice-unknown", "choice", "returned", lambda v, f: "基本可以"),
    cell("choice-part-of-one", "choice", "returned", lambda v, f: v[:1]),
    cell("choice-two", "choice", "returned", lambda v, f: f"{v}、其他"),
    cell("choice-by-number", "choice", "returned", lambda v, f: 1),
    cell("choice-true", "choice", "returned", lambda v, f: truth_value(True)),
    cell("yesno-tick", "yesno", "normalised", lambda v, f: "√" if v == "是" else "×"),
    cell("yesno-boolean", "yesno", "normalised", lambda v, f: truth_value(v == "是")),
    cell("yesno-words", "yesno", "normalised", lambda v, f: "是的" if v == "是" else "不是"),
    cell("yesno-have", "yesno", "returned", lambda v, f: "有"),
    cell("yesno-both", "yesno", "returned", lambda v, f: "是/否"),
    cell("yesno-by-number", "yesno", "returned", lambda v, f: 1),
    cell("choices-full-width-commas", "multi", "equal", lambda v, f: "，".join(v)),
    cell("choices-commas", "multi", "equal", lambda v, f: ", ".join(v)),
    cell("choices-semicolons", "multi", "equal", lambda v, f: "；".join(v)),
    cell("choices-blanks", "multi", "equal", lambda v, f: " ".join(v)),
    cell("choices-lines", "multi", "equal", lambda v, f: "\n".join(v)),
    cell("choices-slashes", "multi", "equal", lambda v, f: "/".join(v)),
    cell("choices-given-twice", "multi", "normalised", lambda v, f: "、".join([*v, v[0]]) if isinstance(v, list) else v),
    cell("choices-one-unknown", "multi", "returned", lambda v, f: "、".join([*v, "别的办法"])),
    cell("choices-run-together", "multi", "returned", lambda v, f: "".join(v)),
    cell("choices-with-and", "multi", "returned", lambda v, f: "和".join(v)),
    # telephone numbers
    cell("phone-as-a-number", "phone", "equal", lambda v, f: 13912345678, means="13912345678"),
    cell("phone-as-a-float", "phone", "equal", lambda v, f: Cell(inside="<v>1.3912345678E10</v>"), means="13912345678"),
    cell("phone-blanks", "phone", "normalised", lambda v, f: "139 1234 5678", means="13912345678"),
    cell("phone-dashes", "phone", "normalised", lambda v, f: "139-1234-5678", means="13912345678"),
    cell("phone-full-width", "phone", "normalised", lambda v, f: wide("024-86891234"), means="024-86891234"),
    cell("phone-two", "phone", "normalised", lambda v, f: "024-86891234/13912345678", means="024-86891234、13912345678"),
    cell("phone-lost-zero", "phone", "returned", lambda v, f: 2486891234),
    cell("phone-digit-missing", "phone", "returned", lambda v, f: "1391234567"),
    cell("phone-words", "phone", "returned", lambda v, f: "见通讯录"),
)  # fmt: skip
