"""What schools do to a list of facts, as data."""

from collections.abc import Callable, Iterable

from tests.bent_book import Value, name
from tests.bent_compare import Deformation, Outcome, Told
from tests.bent_specimens import Bent

OPTIONAL = {"incident": "n_others", "inspection": "about_head", "cover": "head"}
_REQUIRED = {"cover": "auditor", "basics": "talks", "office": "teaching_points", "summary": "home_visits", "incident": "cause", "setup": "discussed", "inspection": "feedback"}  # fmt: skip
_FOR_LISTS = tuple(_REQUIRED)


def _key(bent: Bent) -> str:
    return _REQUIRED[bent.specimen.name]


def _list_rows(bent: Bent) -> list[int]:
    return sorted(bent.answers[fact.key, 0][0] for fact in bent.form.facts)


def _reversed(bent: Bent) -> list[Told]:
    rows = _list_rows(bent)
    bent.move(lambda grid: grid.order_rows(rows, rows[::-1]))
    return []


def _title(bent: Bent, key: str, new: Value) -> None:
    bent.grid.put(bent.headings[key], new)


def _renamed(bent: Bent) -> list[Told]:
    _title(bent, _key(bent), "本校的说法")
    return [Told("WB-028", bent.at(_key(bent)))]


def _ornamented(bent: Bent) -> list[Told]:
    title = bent.field(_key(bent)).title
    _title(bent, _key(bent), f"　{title[:2]} {title[2:]}（必填）：")
    return []


def _unknown(keys: dict[str, str], *rules: str) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        key = keys[bent.specimen.name]
        _title(bent, key, "本校的说法")
        row, column = bent.headings[key]
        bent.grid.put((row, column - 1), None)
        return [Told(rules[0]), Told(rules[1], bent.at(key))]

    return bend


def _deleted(bent: Bent) -> list[Told]:
    row = bent.answers[_key(bent), 0][0]
    bent.move(lambda grid: grid.delete_row(row))
    return [Told("WB-027")]


def _optional_deleted(bent: Bent) -> list[Told]:
    key = OPTIONAL[bent.specimen.name]
    row = bent.answers[key, 0][0]
    bent.move(lambda grid: grid.delete_row(row))
    bent.means(key, 0, None)
    return [Told("WB-022")]


def _beside_its_place(keys: dict[str, str], right: int) -> Callable[[Bent], list[Told]]:
    """The answer stands where the unit, or the hint, was printed."""

    def bend(bent: Bent) -> list[Told]:
        key = keys[bent.specimen.name]
        row, column = bent.answers[key, 0]
        bent.grid.cells[row, column + right] = bent.grid.cells[row, column]
        bent.write(key, 0, None)
        told = [Told("WB-038", name(row, column + right))]
        return [*told, Told(bent.rule(key), bent.at(key))] if bent.field(key).required else told

    return bend


def _beside_the_list(bent: Bent) -> list[Told]:
    row, _ = bent.answers[_key(bent), 0]
    column = max(column for line, column in bent.grid.cells if line == row) + 2
    bent.grid.put((row, column), "见附件")
    return [Told("WB-029", name(row, column))]


def _column_between(bent: Bent) -> list[Told]:
    rows = range(1, bent.grid.last_row + 1)
    bent.move(lambda grid: grid.insert_column(3, rows))
    return []


def _column_of_their_own_between(bent: Bent) -> list[Told]:
    """Between title and answer, under a heading of its own."""
    heading = bent.grid.find("填写内容")[0]
    _column_between(bent)
    bent.grid.put((heading, 3), "上期数")
    bent.grid.put((bent.answers[_key(bent), 0][0], 3), 999)
    return [Told("WB-025", name(heading, 3))]


def _numbers_deleted(bent: Bent) -> list[Told]:
    rows = range(bent.grid.find("填写内容")[0], max(_list_rows(bent)) + 1)
    bent.move(lambda grid: grid.delete_column(1, rows))
    return []


def _headings_deleted(bent: Bent) -> list[Told]:
    row = bent.grid.find("填写内容")[0]
    bent.move(lambda grid: grid.delete_row(row))
    return []


def _heading_again(bent: Bent) -> list[Told]:
    heading = bent.grid.find("填写内容")[0]
    at = bent.answers[_key(bent), 0][0]
    bent.move(lambda grid: grid.insert_rows(at))
    bent.grid.copy_row(heading, at)
    return [Told("WB-034", name(at, 2))]


def _own_line(bent: Bent) -> list[Told]:
    at = bent.answers[_key(bent), 0][0]
    bent.move(lambda grid: grid.insert_rows(at))
    bent.grid.put((at, 2), "食堂从业人数")
    bent.grid.put((at, 3), 14)
    return [Told("WB-029", name(at, 3))]


def _own_line_under_a_taken_number(bent: Bent) -> list[Told]:
    at = bent.answers[_key(bent), 0][0]
    number = bent.grid.cells[at, 1]
    bent.move(lambda grid: grid.insert_rows(at))
    bent.grid.put((at, 1), number)
    bent.grid.put((at, 2), "食堂从业人数")
    bent.grid.put((at, 3), 14)
    return [Told("WB-029", name(at, 3))]


def _blank_rows(bent: Bent) -> list[Told]:
    for row in reversed(_list_rows(bent)[1::3]):
        bent.move(lambda grid, row=row: grid.insert_rows(row))
    return []


def _merged_down(bent: Bent) -> list[Told]:
    rows = _list_rows(bent)
    row = bent.answers[_key(bent), 0][0]
    row = row if row + 1 in rows else row - 1
    bent.grid.put((row + 1, 3), None)
    bent.grid.merges.append((row, 3, row + 1, 3))
    return [Told("WB-031", name(row, 3))]


def _merged_with_the_unit(bent: Bent) -> list[Told]:
    row, column = bent.answers[_key(bent), 0]
    bent.grid.cells.pop((row, column + 1))
    bent.grid.merges.append((row, column, row, column + 1))
    return []


def _twice(bent: Bent) -> list[Told]:
    """A line copied, with another answer."""
    row = bent.answers[_key(bent), 0][0]
    bent.move(lambda grid: grid.insert_rows(row + 1))
    bent.grid.copy_row(row, row + 1)
    bent.grid.put((row + 1, 3), "另一个答案")
    return [Told("WB-039", name(row + 1, 3))]


def _twice_the_same(bent: Bent) -> list[Told]:
    row = bent.answers[_key(bent), 0][0]
    bent.move(lambda grid: grid.insert_rows(row + 1))
    bent.grid.copy_row(row, row + 1)
    return []


def _hidden(bent: Bent) -> list[Told]:
    row = bent.answers[_key(bent), 0][0]
    bent.grid.rows[row] = bent.grid.rows.get(row, "") + ' hidden="1"'
    return [Told("WB-036", name(row, 3))]


def facts(
    name_: str, what: str, outcome: Outcome, bend: Callable[[Bent], Iterable[Told]], forms: tuple[str, ...] = _FOR_LISTS
) -> Deformation:
    return Deformation(name_, f"list: {what}", forms, outcome, bend)


_OPTIONAL = tuple(OPTIONAL)

LIST_DEFORMATIONS = (
    facts("facts-reversed", "its lines in the opposite order", "equal", _reversed),
    facts("fact-known-by-its-number", "a title in other words, the number kept", "normalised", _renamed),
    facts("fact-ornamented", "a title with blanks and a remark", "equal", _ornamented),
    facts("fact-unknown", "a required title in other words, the number gone", "returned", _unknown(_REQUIRED, "WB-027", "WB-029")),
    facts("fact-optional-unknown", "an optional title in other words, the number gone", "returned", _unknown(OPTIONAL, "WB-022", "WB-030"), _OPTIONAL),
    facts("fact-deleted", "a required line deleted", "returned", _deleted),
    facts("fact-optional-deleted", "an optional line deleted", "normalised", _optional_deleted, _OPTIONAL),
    facts("answer-in-the-unit-column", "an answer where the unit is printed", "returned", _beside_its_place(_REQUIRED, 1)),
    facts("answer-in-the-hint-column", "an answer where the hint is printed", "returned", _beside_its_place(_REQUIRED, 2)),
    facts("answer-optional-in-the-unit-column", "an optional answer where the unit is printed", "returned", _beside_its_place(OPTIONAL, 1), _OPTIONAL),
    facts("answer-optional-in-the-hint-column", "an optional answer where the hint is printed", "returned", _beside_its_place(OPTIONAL, 2), _OPTIONAL),
    facts("words-beside-the-list", "words to the right of the list", "normalised", _beside_the_list),
    facts("list-column-between", "a blank column before the answers", "equal", _column_between),
    facts("list-column-of-their-own", "a column of the school's own before the answers", "normalised", _column_of_their_own_between),
    facts("list-numbers-deleted", "the column of numbers deleted", "equal", _numbers_deleted),
    facts("list-headings-deleted", "the headings of the list deleted", "equal", _headings_deleted),
    facts("list-heading-again", "the headings repeated between lines", "normalised", _heading_again),
    facts("line-of-their-own", "a line of the school's own", "normalised", _own_line),
    facts("line-of-their-own-numbered", "a line of the school's own under a number of ours", "normalised", _own_line_under_a_taken_number),
    facts("list-blank-rows", "blank rows between its lines", "equal", _blank_rows),
    facts("answers-merged", "two answers in one merged cell", "returned", _merged_down),
    facts("answer-merged-with-its-unit", "an answer merged with the unit's cell", "equal", _merged_with_the_unit),
    facts("fact-twice", "a line copied, with another answer", "returned", _twice),
    facts("fact-twice-the-same", "a line copied", "equal", _twice_the_same),
    facts("fact-hidden", "a line hidden", "normalised", _hidden),
)  # fmt: skip
