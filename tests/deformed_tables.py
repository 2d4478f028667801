"""What schools do to the columns and rows of a table, as data."""

from collections.abc import Callable, Iterable

from tests.bent_book import Cell, Place, Value, letters, name
from tests.bent_compare import Deformation, Outcome, Told
from tests.bent_specimens import PRINTED_ROWS, TABLES, Bent

REQUIRED = {"ledger": "measures", "rectify": "state", "selfcheck": "conclusion", "inspection": "score"}
OPTIONAL = {"ledger": "remark", "rectify": "remark", "selfcheck": "remark", "inspection": "deduct_reason"}
ALIASES = {
    "ledger": ("description", "存在问题"), "rectify": ("state", "状态"), "selfcheck": ("conclusion", "结论"),
    "inspection": ("agrees_with_selfcheck", "是否与自查一致"),
}  # fmt: skip
SPLIT = {"ledger": "cause", "rectify": "delay_reason", "selfcheck": "problem", "inspection": "deduct_reason"}
LOCKED = {"rectify": "description", "selfcheck": "title", "inspection": "topic"}
TWINS = {
    "ledger": ("resp_person", 2),
    "rectify": ("progress", 1),
    "selfcheck": ("remark", 1),
}  # two rows that say the same
COUNTS = {"ledger": "n_pupils", "rectify": "evidence_count", "inspection": "score"}


def _of(bent: Bent, told: dict[str, str]) -> str:
    return told[bent.specimen.name]


def _line(bent: Bent, number: int) -> int:
    """Row of the sheet of an answer's row; -1 is the last."""
    return bent.lines()[number]


def _shuffle(new_order: Callable[[list[int]], list[int]]) -> Callable[[Bent], list[Told]]:
    """Of the columns, heading and rows."""

    def bend(bent: Bent) -> list[Told]:
        columns = sorted(bent.headings[column.key][1] for column in bent.form.columns)
        rows = bent.table
        bent.move(lambda grid: grid.order_columns(columns, new_order(columns), rows))
        return [Told("WB-024")]

    return bend


def _rename(bent: Bent, key: str, new: str) -> str:
    bent.grid.put(bent.headings[key], new)
    return name(*bent.headings[key])


def _alias(bent: Bent) -> list[Told]:
    key, new = ALIASES[bent.specimen.name]
    return [Told("WB-023", _rename(bent, key, new))]


def _ornamented(bent: Bent) -> list[Told]:
    title = bent.field(_of(bent, REQUIRED)).title
    _rename(bent, _of(bent, REQUIRED), f" {title[:1]}　{title[1:]}\n（请如实填写） ＊：")
    return []


def _renamed_required(bent: Bent) -> list[Told]:
    return [Told("WB-021"), Told("WB-025", _rename(bent, _of(bent, REQUIRED), "本校情况"))]


def _renamed_optional(bent: Bent) -> list[Told]:
    return [Told("WB-022"), Told("WB-030", _rename(bent, _of(bent, OPTIONAL), "本校情况"))]


def _heading_cleared(keys: dict[str, str], *rules: str) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        key = _of(bent, keys)
        bent.grid.put(bent.headings[key], None)
        first = next(row for row in range(len(bent.rows)) if bent.value(key, row) is not None)
        return [Told(rules[0]), Told(rules[1], bent.at(key, first))]

    return bend


def _delete(bent: Bent, key: str) -> None:
    column, rows = bent.headings[key][1], bent.table
    bent.move(lambda grid: grid.delete_column(column, rows))


def _deleted_required(bent: Bent) -> list[Told]:
    _delete(bent, _of(bent, REQUIRED))
    return [Told("WB-021")]


def _deleted_optional(bent: Bent) -> list[Told]:
    key = _of(bent, OPTIONAL)
    _delete(bent, key)
    for row in range(len(bent.rows)):
        bent.means(key, row, None)
    return [Told("WB-022")]


def _insert(bent: Bent, title: Value, answer: Value) -> Place:
    at, rows = bent.headings[_of(bent, REQUIRED)][1], bent.table
    bent.move(lambda grid: grid.insert_column(at, rows))
    bent.grid.put((bent.heading_row, at), title)
    bent.grid.put((_line(bent, 1), at), answer)
    return bent.heading_row, at


def _own_column(bent: Bent) -> list[Told]:
    return [Told("WB-025", name(*_insert(bent, "年级组意见", "已核对")))]


def _column_without_heading(bent: Bent) -> list[Told]:
    _, column = _insert(bent, None, "已核对")
    return [Told("WB-029", name(_line(bent, 1), column))]


def _blank_column(bent: Bent) -> list[Told]:
    _insert(bent, None, None)
    return []


def _beside(bent: Bent) -> list[Told]:
    at = (_line(bent, 1), max(column for _, column in bent.headings.values()) + 3)
    bent.grid.put(at, "见附件")
    return [Told("WB-029", name(*at))]


def _twice(answer: Value, *rules: str) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        key = _of(bent, REQUIRED)
        at = (bent.heading_row, max(column for _, column in bent.headings.values()) + 1)
        bent.grid.put(at, bent.field(key).title)
        bent.grid.put((_line(bent, 0), at[1]), answer)
        return [Told(rule, name(*at)) for rule in rules]

    return bend


def _group_rows(count: int) -> Callable[[Bent], list[Told]]:
    """Rows of group headings above ours, merged over several columns."""

    def bend(bent: Bent) -> list[Told]:
        for _ in range(count):
            row = bent.heading_row
            columns = sorted(bent.headings[column.key][1] for column in bent.form.columns)
            bent.move(lambda grid, row=row: grid.insert_rows(row))
            for number, first in enumerate(columns[::4]):
                bent.grid.put((row, first), f"第{'一二三四五六七八'[number]}部分")
                bent.grid.merges.append((row, first, row, min(first + 3, columns[-1])))
        return []

    return bend


def _split_heading(bent: Bent) -> list[Told]:
    """原因 over 分析; the other headings are merged over both rows."""
    row, keys = bent.heading_row, [column.key for column in bent.form.columns]
    bent.move(lambda grid: grid.insert_rows(row + 1))
    split = SPLIT[bent.specimen.name]
    for key in keys:
        column = bent.headings[key][1]
        if key == split:
            title = bent.field(key).title
            bent.grid.put((row, column), title[:2])
            bent.grid.put((row + 1, column), title[2:])
        else:
            bent.grid.merges.append((row, column, row + 1, column))
    return []


def _numbered_columns(bent: Bent) -> list[Told]:
    """A row of column numbers below the heading, as printed forms have."""
    row = bent.heading_row
    bent.move(lambda grid: grid.insert_rows(row + 1))
    for number, column in enumerate(bent.form.columns, 1):
        bent.grid.put((row + 1, bent.headings[column.key][1]), f"（{number}）")
    return [Told("WB-034", name(row + 1, 1))]


def _heading_again(bent: Bent) -> list[Told]:
    row, below = bent.heading_row, _line(bent, 2)
    bent.move(lambda grid: grid.insert_rows(below))
    bent.grid.copy_row(row, below)
    return [Told("WB-034", name(below, 1))]


def _heading_and_titles_again(bent: Bent) -> list[Told]:
    """As on every printed page: a blank row, then the heading."""
    row, below = bent.heading_row, _line(bent, 2)
    bent.move(lambda grid: grid.insert_rows(below, 2))
    bent.grid.copy_row(row, below + 1)
    return [Told("WB-034", name(below + 1, 1))]


def _no_heading(bent: Bent) -> list[Told]:
    row = bent.heading_row
    bent.move(lambda grid: grid.delete_row(row))
    return [Told("WB-015")]


def _insert_row(bent: Bent, at: int, cells: dict[int, Value], styled_as: int | None = None) -> int:
    bent.move(lambda grid: grid.insert_rows(at))
    for column, cell in bent.grid.cells.items():
        if column[0] == styled_as:
            cells.setdefault(column[1], Cell(cell.style))
    for column, value in cells.items():
        bent.grid.put((at, column), value)
    return at


def _total(word: str, place: Callable[[Bent], int]) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        at = _insert_row(bent, place(bent), {1: word, 3: 12, 5: 34})
        return [Told("WB-033", name(at, 1))]

    return bend


def _below(bent: Bent) -> int:
    return _line(bent, -1) + 1


def _blank_rows_between(bent: Bent) -> list[Told]:
    for number in (3, 2, 1):
        at = _line(bent, number)
        bent.move(lambda grid, at=at: grid.insert_rows(at, 2))
    return []


def _notes_below(bent: Bent) -> list[Told]:
    at = _below(bent)
    for words in (
        "单位负责人：王校长",
        "填报人：周老师　　联系电话：024-86891234",
        "注：以上情况属实",
        "说明：数据截至三月",
    ):
        _insert_row(bent, at, {1: words})
    return []


def _remark_below(bent: Bent) -> list[Told]:
    at = _insert_row(bent, bent.table.stop, {1: "以上情况属实，没有遗漏"})
    return [Told("WB-029", name(at, 1))]


def _formatted_blank_rows(bent: Bent) -> list[Told]:
    """The last row Excel has carries a format; a thousand blank ones between."""
    style = bent.grid.cells[_line(bent, 0), 1].style
    last = bent.grid.last_row
    for row in (*range(last + 1, last + 1000), 1_048_576):
        bent.grid.cells |= {(row, column): Cell(style) for column in range(1, 9)}
    return []


def _two_hundred_blank_rows(bent: Bent) -> list[Told]:
    at = bent.table.stop
    bent.move(lambda grid: grid.insert_rows(at, 200))
    return []


def _hide_row(bent: Bent) -> list[Told]:
    row = _line(bent, 1)
    bent.grid.rows[row] = bent.grid.rows.get(row, "") + ' hidden="1"'
    return [Told("WB-036", name(row, 1))]


def _hide_column(bent: Bent) -> list[Told]:
    column = bent.headings[_of(bent, REQUIRED)][1]
    bent.grid.replace_before(rf'(<col )([^>]*min="{column}" max="{column}"/>)', r'\1hidden="1" \2')
    return [Told("WB-037", name(bent.heading_row, column))]


def _filter(bent: Bent) -> list[Told]:
    """A filter that hides what does not fit, as it is left behind."""
    row, last = bent.heading_row, bent.table.stop - 1
    width = letters(max(column for _, column in bent.headings.values()))
    bent.grid.after = f'<autoFilter ref="A{row}:{width}{last}"><filterColumn colId="0"><filters><filter val="1"/></filters></filterColumn></autoFilter>{bent.grid.after}'
    for number in (1, 2):
        line = _line(bent, number)
        bent.grid.rows[line] = bent.grid.rows.get(line, "") + ' hidden="1"'
    return [Told("WB-036", name(_line(bent, 1), 1))]


def _reverse_rows(bent: Bent) -> list[Told]:
    lines = bent.lines()
    bent.move(lambda grid: grid.order_rows(lines, lines[::-1]))
    if bent.form.table.rows == "open":
        bent.rows.reverse()
        bent.answers = {(key, len(lines) - 1 - number): at for (key, number), at in bent.answers.items()} | {
            (fact.key, 0): bent.answers[fact.key, 0] for fact in bent.form.facts
        }
    return []


def _row_deleted(bent: Bent) -> list[Told]:
    row = _line(bent, 1)
    bent.move(lambda grid: grid.delete_row(row))
    return [Told("WB-052")]


def _row_emptied(bent: Bent) -> list[Told]:
    row = _line(bent, 1)
    for at in [at for at in bent.grid.cells if at[0] == row]:
        bent.grid.put(at, None)
    return [Told("WB-052")]


def _row_twice(bent: Bent) -> list[Told]:
    """With another answer in it, or nobody could tell that two rows came."""
    at, key = bent.table.stop, bent.headings[bent.form.table.key][1]
    _insert_row(bent, at, {})
    bent.grid.copy_row(_line(bent, 1), at)
    return [Told("WB-054", name(at, key))]


def _row_of_another_key(bent: Bent) -> list[Told]:
    at, key = bent.table.stop, bent.headings[bent.form.table.key][1]
    _insert_row(bent, at, {})
    bent.grid.copy_row(_line(bent, 1), at)
    bent.grid.put((at, key), 999)
    return [Told("WB-053", name(at, key))]


def _row_without_key(bent: Bent) -> list[Told]:
    at, key = bent.table.stop, bent.headings[bent.form.table.key][1]
    _insert_row(bent, at, {})
    bent.grid.copy_row(_line(bent, 1), at)
    bent.grid.put((at, key), None)
    return [Told("WB-053", name(at, key))]


def _key_changed(bent: Bent) -> list[Told]:
    bent.write(bent.form.table.key, 1, "777")
    return [Told("WB-053", bent.at(bent.form.table.key, 1)), Told("WB-052")]


def _keys_as_text(bent: Bent) -> list[Told]:
    key = bent.form.table.key
    for row in range(len(bent.rows)):
        bent.write(key, row, f" {bent.value(key, row)} ")
    return []


def _locked_changed(bent: Bent) -> list[Told]:
    bent.write(_of(bent, LOCKED), 1, "改写过的内容")
    return [Told("WB-051", bent.at(_of(bent, LOCKED), 1))]


def _locked_cleared(bent: Bent) -> list[Told]:
    for row in range(len(bent.rows)):
        bent.write(_of(bent, LOCKED), row, None)
    return []


def _merge(bent: Bent, key: str, first: int, last: int, across: int = 0) -> str:
    """What stood in the other cells is gone, as in Excel."""
    row, column = bent.answers[key, first]
    bottom = bent.answers[key, last][0]
    for line in range(row, bottom + 1):
        for here in range(column, column + across + 1):
            if (line, here) != (row, column):
                bent.grid.cells.pop((line, here), None)
    bent.grid.merges.append((row, column, bottom, column + across))
    return name(row, column)


def _merged_text(bent: Bent) -> list[Told]:
    key, first = TWINS[bent.specimen.name]
    return [Told("WB-032", _merge(bent, key, first, first + 1))]


def _merged_numbers(bent: Bent) -> list[Told]:
    return [Told("WB-031", _merge(bent, _of(bent, COUNTS), 1, 2))]


def _merged_key(bent: Bent) -> list[Told]:
    return [Told("WB-031", _merge(bent, bent.form.table.key, 1, 2)), Told("WB-052"), Told("WB-052")]


def _merged_across(bent: Bent) -> list[Told]:
    return [Told("WB-031", _merge(bent, _of(bent, REQUIRED), 1, 1, across=1))]


def _merged_block(bent: Bent) -> list[Told]:
    return [Told("WB-031", _merge(bent, _of(bent, REQUIRED), 1, 2, across=1))]


def _merged_locked(bent: Bent) -> list[Told]:
    """As the policy list itself is printed: what belongs together stands in one cell."""
    key = {"rectify": "aspect7", "selfcheck": "category", "inspection": "area"}[bent.specimen.name]
    _merge(bent, key, 0, 2)
    return []


def _merged_blanks(bent: Bent) -> list[Told]:
    at = bent.table.stop - 1
    bent.grid.merges.append((at + 1, 1, at + 1, 4))
    column = max(column for _, column in bent.headings.values()) + 2
    bent.grid.merges.append((_line(bent, 0), column, _line(bent, 2), column))
    return []


def _transposed(bent: Bent) -> list[Told]:
    """Headings down the side, rows as columns."""
    rows = bent.table
    old = {at: cell for at, cell in bent.grid.cells.items() if at[0] in rows}
    for at in old:
        del bent.grid.cells[at]
    bent.grid.merges = []
    bent.grid.cells |= {(rows.start + column - 1, row - rows.start + 1): cell for (row, column), cell in old.items()}
    bent.answers = {key: at for key, at in bent.answers.items() if key[0] in {fact.key for fact in bent.form.facts}}
    bent.headings = {}
    return []


def _copied_again_below(bent: Bent) -> list[Told]:
    """Two people's sheets in one: the second one's heading and rows below the first one's."""
    at, heading = bent.table.stop, bent.heading_row
    lines = bent.lines()
    bent.move(lambda grid: grid.insert_rows(at, len(lines) + 1))
    bent.grid.copy_row(heading, at)
    for number, line in enumerate(lines, 1):
        bent.grid.copy_row(line, at + number)
    key = bent.headings[bent.form.table.key][1]
    return [
        Told("WB-034", name(at, 1)),
        *(Told("WB-054", name(at + number, key)) for number in range(1, len(lines) + 1)),
    ]


def table(
    name_: str, what: str, outcome: Outcome, bend: Callable[[Bent], Iterable[Told]], forms: tuple[str, ...] = TABLES
) -> Deformation:
    return Deformation(name_, f"table: {what}", forms, outcome, bend)


_THREE = ("ledger", "rectify", "selfcheck")

TABLE_DEFORMATIONS = (
    table("columns-reversed", "all columns in the opposite order", "normalised", _shuffle(lambda columns: columns[::-1])),
    table("columns-swapped", "the last column moved to the front", "normalised", _shuffle(lambda columns: [*columns[1:], columns[0]])),
    table("column-by-an-alias", "a heading in another word that the form knows", "normalised", _alias),
    table("column-heading-ornamented", "a heading with blanks, stars and a remark", "equal", _ornamented),
    table("column-required-renamed", "a required column under a name nobody knows", "returned", _renamed_required),
    table("column-optional-renamed", "an optional column under a name nobody knows", "returned", _renamed_optional),
    table("column-required-heading-cleared", "a required column without its heading", "returned", _heading_cleared(REQUIRED, "WB-021", "WB-029")),
    table("column-optional-heading-cleared", "an optional column without its heading", "returned", _heading_cleared(OPTIONAL, "WB-022", "WB-030")),
    table("column-required-deleted", "a required column deleted", "returned", _deleted_required),
    table("column-optional-deleted", "an optional column deleted", "normalised", _deleted_optional),
    table("column-of-their-own", "a column of the school's own inserted", "normalised", _own_column),
    table("column-without-heading", "words in a column inserted without a heading", "normalised", _column_without_heading),
    table("column-blank", "a blank column inserted", "equal", _blank_column),
    table("values-beside", "words to the right of the table", "normalised", _beside),
    table("column-twice", "a heading twice, both columns filled in", "returned", _twice("另一个答案", "WB-026")),
    table("column-twice-blank", "a heading twice, the second column blank", "equal", _twice(None)),
    table("heading-of-two-rows", "a row of group headings above ours, merged", "equal", _group_rows(1)),
    table("heading-of-three-rows", "two rows of group headings above ours", "equal", _group_rows(2)),
    table("heading-split", "one heading over two rows, the others merged down", "equal", _split_heading),
    table("heading-with-numbers-below", "a row of column numbers under the heading", "normalised", _numbered_columns),
    table("heading-again", "the heading repeated between rows", "normalised", _heading_again),
    table("heading-again-after-a-page", "a blank row and the heading repeated", "normalised", _heading_and_titles_again),
    table("heading-deleted", "no heading at all", "returned", _no_heading, _THREE),
    table("table-transposed", "headings down the side, rows as columns", "returned", lambda bent: [*_transposed(bent), Told("WB-015")], _THREE),
    table("total-at-the-end", "a row 合计", "normalised", _total("合计", _below)),
    table("total-of-the-page", "本页小计 in the middle", "normalised", _total("本页小计", lambda bent: _line(bent, 2))),
    table("subtotal-in-between", "小计： in the middle", "normalised", _total("小 计：", lambda bent: _line(bent, 3))),
    table("blank-rows-between", "blank rows between the rows", "equal", _blank_rows_between),
    table("notes-and-signatures-below", "signatures and notes under the rows", "equal", _notes_below),
    table("remark-below", "a sentence under the rows", "normalised", _remark_below),
    table("formatted-blank-rows", "formats down to the last row of Excel", "equal", _formatted_blank_rows),
    table("blank-rows-below", "200 blank rows before the notes", "equal", _two_hundred_blank_rows),
    table("row-hidden", "a row hidden", "normalised", _hide_row),
    table("column-hidden", "a column hidden", "normalised", _hide_column),
    table("rows-filtered", "rows hidden by a filter", "normalised", _filter),
    table("rows-reversed", "the rows in the opposite order", "equal", _reverse_rows),
    table("printed-row-deleted", "a printed row deleted", "returned", _row_deleted, PRINTED_ROWS),
    table("printed-row-emptied", "a printed row emptied", "returned", _row_emptied, PRINTED_ROWS),
    table("printed-row-twice", "a printed row copied", "returned", _row_twice, PRINTED_ROWS),
    table("row-of-another-key", "a row added among printed ones", "returned", _row_of_another_key, PRINTED_ROWS),
    table("row-without-key", "a row added without its number", "returned", _row_without_key, PRINTED_ROWS),
    table("printed-key-changed", "the number of a printed row changed", "returned", _key_changed, PRINTED_ROWS),
    table("keys-as-text", "the numbers of rows retyped as text", "equal", _keys_as_text, ("ledger", *PRINTED_ROWS)),
    table("printed-text-changed", "a locked cell rewritten", "normalised", _locked_changed, PRINTED_ROWS),
    table("printed-text-cleared", "a locked column emptied", "equal", _locked_cleared, PRINTED_ROWS),
    table("merged-text", "one text over two rows", "normalised", _merged_text, _THREE),
    table("merged-numbers", "one number over two rows", "returned", _merged_numbers, ("ledger", "rectify", "inspection")),
    table("merged-keys", "the numbers of two rows merged", "returned", _merged_key, PRINTED_ROWS),
    table("merged-across", "two columns of a row merged", "returned", _merged_across),
    table("merged-block", "two columns of two rows merged", "returned", _merged_block),
    table("merged-printed-cells", "locked cells merged downward, as the policy list has them", "equal", _merged_locked, PRINTED_ROWS),
    table("merged-blanks", "blank cells merged beside and below", "equal", _merged_blanks),
    table("copied-again-below", "heading and rows copied once more below", "returned", _copied_again_below, PRINTED_ROWS),
)  # fmt: skip
