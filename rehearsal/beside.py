"""An inspection beside the self-check, worked out by the rehearsal itself: what must be printed, and who was right."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from oneledger.domain.forms import Form
from rehearsal.books import Book
from rehearsal.filler import Meant, Values, find_table, rows_of

UNKNOWN = "无自查可比"


def concluded(form: Form, selfcheck: Sequence[Values], item: Values) -> str | None:
    """The unit's own conclusions on the measures of one item, as they must stand beside it."""
    asked = form.agreement
    if asked is None or not selfcheck:
        return None
    own = {str(row["no"]): row[asked.conclusion] for row in selfcheck}
    return "、".join(f"{no}{own[no]}" for no in str(item[asked.measures]).split("、") if no in own)


def agrees(form: Form, selfcheck: Sequence[Values], row: Values) -> str | None:
    """By the measures themselves, not by what is printed of them."""
    asked, scoring = form.agreement, form.scoring
    if asked is None or scoring is None:
        return None
    numbers = str(row[asked.measures]).split("、")
    said = [each[asked.conclusion] for each in selfcheck if str(each["no"]) in numbers]
    worth = [Fraction(str(asked.shares[word])) for word in said if word in asked.shares]
    if not worth:
        return UNKNOWN
    gap = sum(worth, Fraction(0)) / len(worth) - Fraction(str(row[scoring.score])) / Fraction(str(row[scoring.points]))
    if abs(gap) <= Fraction(str(asked.tolerance)):
        return "一致"
    return "自查偏高" if gap > 0 else "自查偏低"


def misprinted(book: Book, forms: Sequence[Form], meant: Meant) -> Iterator[str]:
    """An inspector who has the unit's self-check at hand notices when another is printed."""
    for form in forms:
        if form.agreement and form.table:
            texts = book.sheet(form.sheet).texts()
            table = find_table(form, texts)
            lines = rows_of(form, texts, table)
            column, told = table.columns[form.agreement.told], form.agreement.told
            for row in meant.rows.get(form.form, ()):
                found = texts.get((lines[str(row[form.table.key])], column), "")
                if found != (row[told] or ""):
                    yield f"{form.sheet}: beside {row[form.table.key]} stands {found!r}, not {row[told]!r}"


def with_agreement(form: Form, selfcheck: Sequence[Values], row: Values) -> Mapping[str, object]:
    return {**row, form.agreement.column: agrees(form, selfcheck, row)} if form.agreement else row
