"""Many rows of the same columns: what is remembered of a column changes nothing that is written."""

import re

import pytest

from oneledger.adapters import report_looks as looks
from oneledger.adapters.cell_text import EXCEL_LIMIT, element_text, element_texts
from oneledger.adapters.xlsx_rows import REMEMBERED, Contents, Rows, columns, height_of, row_text

WHERE, ROOM = columns([looks.CELL, looks.FIGURE, looks.NAME]), [6, 6, 6]


def both(lines):
    """Each row as one of many, and as a row of its own."""
    many, alone = Contents(), Contents()
    rows = Rows(WHERE, ROOM, many)
    return (
        [rows.text(number, line) for number, line in enumerate(lines, 1)],
        [row_text(number, WHERE, line, alone, height_of(line, ROOM)) for number, line in enumerate(lines, 1)],
        (many.shared_strings(), alone.shared_strings()),
    )


def test_a_column_of_more_values_than_are_remembered_is_written_as_others_are():
    names = [f"第{number}小学校名很长" for number in range(REMEMBERED + 50)]
    lines = [[number, number % 7, name] for number, name in enumerate([*names, *names[-60:], *names[:3]])]
    many, alone, texts = both(lines)
    assert many == alone
    assert texts[0] == texts[1]
    assert 'ht="29"' in many[-1]


@pytest.mark.parametrize("numbers", [(9, 9.0, 9.5), (9.0, 9, 9.5)])
def test_a_whole_number_and_its_fraction_keep_the_look_of_each(numbers):
    many, alone, _ = both([["", number, None] for number in numbers])
    styles = [[re.findall(r's="(\d+)"', row)[1] for row in rows] for rows in (many, alone)]
    assert styles[0] == styles[1]
    assert len(set(styles[0])) == 2


def test_a_row_with_too_few_cells_is_not_written():
    with pytest.raises(ValueError, match="2 values for 3 columns"):
        Rows(WHERE, ROOM, Contents()).text(1, ["", 1])


@pytest.mark.parametrize("odd", ["a&b", "_x0041_", "\x01", "字" * (EXCEL_LIMIT + 1)])
def test_one_odd_text_among_hundreds_is_escaped_as_it_would_be_alone(odd):
    texts = [*map(str, range(450)), odd, *map(str, range(450))]
    assert element_texts(texts) == [*map(element_text, texts)]
    assert element_texts(texts)[450] != odd
