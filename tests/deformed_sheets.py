"""What schools and their programs do to whole sheets and workbooks, as data."""

from collections.abc import Callable, Iterable
from datetime import date

from tests.bent_book import Grid, name, written
from tests.bent_compare import Deformation, Outcome, Told
from tests.bent_specimens import ALL, Bent, some

_WITH_COVER = tuple(title for title in ALL if title != "cover")


def _dimension(ref: str | None) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        bent.grid.dimension(ref)
        return []

    return bend


def _shifted(rows: int, columns: int) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        bent.move(lambda grid: grid.move(lambda at: (at[0] + rows, at[1] + columns)))
        return []

    return bend


def _titles_above(bent: Bent) -> list[Told]:
    bent.move(lambda grid: grid.insert_rows(1, 3))
    bent.grid.put((1, 1), "和平区教育局转发")
    bent.grid.put((2, 1), "附件3")
    bent.grid.merges.append((1, 1, 1, 6))
    return []


def _titles_deleted(bent: Bent) -> list[Told]:
    for _ in range(3):
        bent.move(lambda grid: grid.delete_row(1))
    return []


def _looks(bent: Bent) -> list[Told]:
    """Heights, widths, panes, protection, lists and colours: whatever is no cell."""
    bent.grid.rows = dict.fromkeys(bent.grid.rows, ' ht="77" customHeight="1"')
    bent.grid.replace_before(r"<sheetViews>.*</sheetViews>", "")
    bent.grid.replace_before(r"<cols>.*</cols>", '<cols><col min="1" max="30" width="3" customWidth="1"/></cols>')
    bent.grid.after = "</worksheet>"
    return []


def _frozen(bent: Bent) -> list[Told]:
    view = '<sheetViews><sheetView workbookViewId="0" zoomScale="55"><pane xSplit="3" ySplit="40" topLeftCell="D41" state="frozen"/></sheetView></sheetViews>'
    bent.grid.replace_before(r"<sheetViews>.*</sheetViews>", view)
    return []


def _unstyled(bent: Bent) -> list[Told]:
    """Pasted as values into a new sheet: dates as they are shown, no merged cells."""
    dated = {
        at: bent.value(key, row) for (key, row), at in bent.answers.items() if isinstance(bent.value(key, row), date)
    }
    for at, cell in bent.grid.cells.items():
        bent.grid.cells[at] = written(f"{dated[at]}"[:16]) if at in dated else cell._replace(style="")
    bent.grid.merges = []
    return []


def _renamed(bent: Bent) -> list[Told]:
    bent.book.sheet(bent.sheet).name = "Sheet1"
    return [Told("WB-012", sheet="Sheet1")]


def _renamed_in_width(bent: Bent) -> list[Told]:
    bent.book.sheet(bent.sheet).name = f" {bent.sheet[:2]} {bent.sheet[2:]}　"
    return []


def _hidden(bent: Bent) -> list[Told]:
    bent.book.sheet(bent.sheet).state = "hidden"
    return [Told("WB-016")]


def _reordered(bent: Bent) -> list[Told]:
    bent.book.sheets.reverse()
    return []


def _copy(bent: Bent, at: int | None = None) -> Grid:
    return bent.book.add(f"{bent.sheet} (2)", bent.grid.copy(), at).grid


def _copied(bent: Bent) -> list[Told]:
    _copy(bent)
    return []


def _copied_and_changed(bent: Bent) -> list[Told]:
    key, row = bent.specimen.picks["required"]
    _copy(bent).put(bent.answers[key, row], "另一个答案")
    return [Told("WB-013", sheet=f"{bent.sheet} (2)")]


def _copied_blank_before(bent: Bent) -> list[Told]:
    """The form as it was sent, in front of the one filled in under another name: as if two came."""
    copy = _copy(bent, 0)
    for (key, _), at in bent.answers.items():
        if not bent.field(key).locked:
            copy.put(at, None)
    return [Told("WB-013", sheet=f"{bent.sheet} (2)")]


def _added(title: str, *rows: tuple[str, ...]) -> Callable[[Bent], list[Told]]:
    def bend(bent: Bent) -> list[Told]:
        cells = {
            (row, column): written(text) for row, texts in enumerate(rows, 1) for column, text in enumerate(texts, 1)
        }
        bent.book.add(title, Grid(cells))
        return [Told("WB-014", sheet=title)] if rows else []

    return bend


def _deleted(bent: Bent) -> list[Told]:
    bent.book.sheets.remove(bent.book.sheet("封面"))
    return [Told("WB-011", sheet="")]


def _on_one_sheet(bent: Bent) -> list[Told]:
    """The cover copied above the form, and its sheet deleted."""
    cover = bent.book.sheet("封面")
    below = cover.grid.last_row + 2
    bent.move(lambda grid: grid.insert_rows(1, below))
    bent.grid.cells |= cover.grid.cells
    bent.book.sheets.remove(cover)
    if not bent.form.facts:
        return [Told("WB-011", sheet="")]
    said = [at for at in cover.grid.cells if at[1] == 3 and at[0] > 4 and cover.grid.text(at)]
    again = [row for row, column in bent.grid.find_all("项目") if row > below]
    return [
        Told("WB-011", sheet=""),
        *(Told("WB-029", name(*at)) for at in said),
        *(Told("WB-034", name(row, 2)) for row in again),
    ]


def _into_a_new_workbook(bent: Bent) -> list[Told]:
    """The sheets moved to a workbook of the school's: none of our marks."""
    bent.book.sheets = [sheet for sheet in bent.book.sheets if sheet.state != "veryHidden"]
    bent.book.parts["xl/workbook.xml"] = bent.book.parts["xl/workbook.xml"].replace(b"_oneledger_token", b"a_name")
    bent.book.parts["docProps/custom.xml"] = bent.book.parts["docProps/custom.xml"].replace(b"OneLedgerToken", b"Other")
    return [Told("WB-004", sheet="")]


def _sheet_cleared(bent: Bent) -> list[Told]:
    for at in bent.grid.cells:
        bent.grid.put(at, None)
    bent.answers = {}
    return [Told("WB-015")]


def whole(
    name_: str, what: str, outcome: Outcome, bend: Callable[[Bent], Iterable[Told]], forms: tuple[str, ...] = ALL
) -> Deformation:
    return Deformation(name_, f"sheet: {what}", some(name_, forms, 5), outcome, bend)


SHEET_DEFORMATIONS = (
    whole("dimension-a1", "the dimension that WPS writes, A1:A1", "equal", _dimension("A1:A1")),
    whole("dimension-a1-alone", "the dimension A1", "equal", _dimension("A1")),
    whole("dimension-too-small", "a dimension of a few cells in the middle", "equal", _dimension("B5:C6")),
    whole("dimension-too-large", "a dimension of the whole sheet", "equal", _dimension("A1:XFD1048576")),
    whole("dimension-missing", "no dimension", "equal", _dimension(None)),
    whole("shifted-by-a-row", "everything one row down", "equal", _shifted(1, 0)),
    whole("shifted-by-a-column", "everything one column to the right", "equal", _shifted(0, 1)),
    whole("shifted-by-both", "everything five rows down and three to the right", "equal", _shifted(5, 3)),
    whole("title-rows-above", "three rows above the title", "equal", _titles_above),
    whole("title-rows-deleted", "the rows above the answers deleted", "equal", _titles_deleted),
    whole("looks-lost", "heights, widths, panes, lists, protection gone", "equal", _looks),
    whole("panes-frozen", "other panes frozen", "equal", _frozen),
    whole("pasted-as-values", "pasted as values: no styles, no merges, dates as text", "equal", _unstyled),
    whole("sheet-renamed", "its name is Sheet1", "normalised", _renamed),
    whole("sheet-renamed-in-width", "blanks in its name", "equal", _renamed_in_width),
    whole("sheet-hidden", "hidden", "normalised", _hidden),
    whole("sheets-reordered", "the sheets in the opposite order", "equal", _reordered),
    whole("sheet-twice", "a copy of it", "equal", _copied),
    whole("sheet-twice-changed", "a copy of it with another answer", "returned", _copied_and_changed),
    whole("sheet-twice-blank-first", "the blank one in front under another name", "returned", _copied_blank_before),
    whole("sheet-of-their-own", "another table in the workbook", "normalised", _added("值班表", ("日期", "值班人"), ("周一", "周老师"))),
    whole("sheet-blank-added", "an empty Sheet3", "equal", _added("Sheet3")),
    whole("sheet-deleted", "the cover deleted", "returned", _deleted, _WITH_COVER),
    whole("sheets-on-one", "the cover copied above it, and deleted", "returned", _on_one_sheet, _WITH_COVER),
    whole("moved-to-a-new-workbook", "moved to a workbook of their own", "normalised", _into_a_new_workbook),
    whole("sheet-cleared", "everything on it deleted", "returned", _sheet_cleared, _WITH_COVER),
)  # fmt: skip
