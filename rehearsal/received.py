"""What a unit finds in a mail it received: its workbooks, and whether what is printed in them is true."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.forms import Form
from rehearsal.books import Book, XmlBook, day_of
from rehearsal.filler import Meant, TablePlace, Values, find_facts, find_table, rows_of
from rehearsal.obligations import asks_known_rows
from rehearsal.replies import Enclosure
from rehearsal.sheet_cells import Place


def workbooks_in(mail: bytes) -> Iterator[Enclosure]:
    for part in message_from_bytes(mail).walk():
        name = _name_of(part)
        if name.lower().endswith(".xlsx"):
            content = part.get_payload(decode=True)
            yield Enclosure(name, content if isinstance(content, bytes) else b"")


def _name_of(part: Message) -> str:
    name = part.get_filename() or ""
    return str(make_header(decode_header(name))) if "=?" in name else name


def workbook_for(unit: str | None, forms: Sequence[Form], attached: Sequence[Enclosure]) -> Enclosure | None:
    """The attachment with all the sheets, about this unit; about any unit where None is asked for.

    A name with the unit's code in it is looked at first: an office may get a hundred workbooks in one mail.
    """
    for enclosure in sorted(attached, key=lambda each: (unit or "") not in each.filename):
        book = XmlBook(enclosure.content)
        if all(form.sheet in book.names for form in forms) and unit in (None, _code_on(book, forms[0])):
            return enclosure
    return None


def _code_on(book: Book, cover: Form) -> str:
    return _printed_facts(book, cover).get("unit.code", "")


def _printed_facts(book: Book, form: Form) -> dict[str, str]:
    """Where the value comes from -> what is printed."""
    texts = book.sheet(form.sheet).texts()
    places = find_facts(form, texts)
    return {fact.prefill: texts.get(places[fact.key], "") for fact in form.facts if fact.prefill}


def misprints(book: Book, forms: Sequence[Form], unit: CampaignUnit) -> Iterator[str]:
    """A unit notices when another's name is on its workbook."""
    ours = {"unit.code": unit.code, "unit.name": unit.name, "about.code": unit.code, "about.name": unit.name}
    for form in forms:
        for source, text in _printed_facts(book, form).items():
            if source in ours and text != ours[source]:
                yield f"{form.sheet}: {source} is printed as {text!r}"


def with_printed_keys(book: Book, forms: Sequence[Form], meant: Meant) -> tuple[Meant, list[str]]:
    """Rows printed for the unit are known by their words: the other side gave them their numbers. And what is amiss."""
    complaints: list[str] = []
    for form in forms:
        if asks_known_rows(form):
            rows = _keyed(book, form, meant.rows.get(form.form, ()), complaints)
            meant = replace(meant, rows={**meant.rows, form.form: rows})
    return meant, complaints


def _keyed(book: Book, form: Form, rows: Sequence[Values], complaints: list[str]) -> list[Values]:
    assert form.table is not None
    texts = book.sheet(form.sheet).texts()
    table = find_table(form, texts)
    free = rows_of(form, texts, table)
    keyed: list[Values] = []
    for row in rows:
        key = next((key for key, line in free.items() if _is_printed(form, texts, table, line, row)), None)
        if key is None:
            complaints.append(f"{form.sheet}: not printed as reported: {row}")
        else:
            keyed.append({**row, form.table.key: key})
            free.pop(key)
    complaints += [f"{form.sheet}: printed, but nobody reported it: {key}" for key in free]
    return keyed


def _is_printed(form: Form, texts: Mapping[Place, str], table: TablePlace, line: int, row: Values) -> bool:
    assert form.table is not None
    for column in form.columns:
        if column.locked and column.key != form.table.key:
            text, meant = texts.get((line, table.columns[column.key]), ""), row.get(column.key)
            shown = day_of(text) if isinstance(meant, date) else text
            if shown != (meant if meant is not None else ""):
                return False
    return True
