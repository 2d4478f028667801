"""One answer from start to finish: the mail that was received is opened, its workbooks filled in, a reply written."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.forms import Form
from rehearsal.behaviours import IN_THE_XML, VERDICTS, Fault, Verdict
from rehearsal.beside import misprinted
from rehearsal.counting import Figures, figures_of
from rehearsal.filler import CannotFillError, Habit, Meant, Values, fill, open_book
from rehearsal.letter_box import headers_of
from rehearsal.obligations import Definitions, asks_known_rows, has_problem_rows
from rehearsal.opening import opened_rows
from rehearsal.papers import Paper, written
from rehearsal.problem_book import ProblemBook, after_ledger, after_opening, after_progress, open_in
from rehearsal.received import misprints, with_printed_keys, workbook_for, workbooks_in
from rehearsal.replies import CLIENTS, Answer, Enclosure, compose_reply, recipient_of
from rehearsal.spoiling import spoil, with_twins
from rehearsal.truth import Occasion, Truth

OPENPYXL_SHARE, MOST_WITH_OPENPYXL = 0.1, 1500
"""Of the units, those that fill in with openpyxl instead of the rehearsal's own code; of very many, so many in all: it
takes many times as long, and what it would find it has found by then."""
_TEXTS = (
    "您好，材料已填好，请查收。",
    "附件为我单位填报的表格，请审阅。",
    "已按要求填报，请查收，谢谢。",
    "请查收附件。",
)


def openpyxl_share(units: int) -> float:
    return min(OPENPYXL_SHARE, MOST_WITH_OPENPYXL / units)


@dataclass(frozen=True, slots=True)
class Piece:
    """One workbook of an answer. ``history``: the unit's accepted answers whose problems this workbook asks about;
    ``selfcheck``: the answer with the self-check that is printed in it."""

    deliverable: str
    unit: CampaignUnit  # about whom
    due_on: date
    today: date
    variant: int = 0
    fault: Fault = Fault.NONE
    is_zero: bool = False
    history: "tuple[Piece, ...]" = ()
    selfcheck: "Piece | None" = None

    @property
    def key(self) -> tuple[str, str]:
        return self.deliverable, self.unit.code

    @property
    def verdict(self) -> Verdict:
        return VERDICTS[self.fault]


@dataclass(frozen=True)
class Job:
    """A reply to be written. ``source``: the mail whose workbooks are filled in; ``answers``: the one replied to."""

    at: datetime
    sender: CampaignUnit
    source: str
    spare: str  # where to look for a workbook that is not in ``source``
    answers: str
    pieces: tuple[Piece, ...]
    papers: tuple[Paper, ...] = ()  # that go with it


@dataclass
class Notes:
    """What is known of an answer besides its bytes."""

    told: dict[tuple[str, str], str] = field(default_factory=dict)  # what each workbook says, as JSON
    complaints: list[str] = field(default_factory=list)  # what a careful reader finds wrong with what was sent to it


@dataclass(frozen=True)
class Written:
    sender: str
    recipient: str
    content: bytes
    notes: Notes


class Author:
    """Works from the definitions and the seed alone, so that any process may do it."""

    def __init__(self, definitions: Definitions, seed: int, directory: Path, openpyxl_share: float) -> None:
        self.truth = Truth(definitions, seed)
        self._definitions = definitions
        self._seed = seed
        self._directory = directory
        self._openpyxl_share = openpyxl_share
        self._open: dict[tuple[Piece, ...], int] = {}

    def forms_of(self, piece: Piece) -> tuple[Form, ...]:
        return self._definitions.forms_of(piece.deliverable, piece.unit.level)

    def meant(self, piece: Piece) -> Meant:
        book = self._problems(piece.history)
        known = [book[number].shown for number in open_in(book)]
        occasion = Occasion(
            piece.deliverable, piece.unit, piece.today, piece.due_on, piece.variant, piece.is_zero, known,
            self._selfcheck(piece),
        )  # fmt: skip
        meant = self.truth.meant(occasion)
        return with_twins(self.forms_of(piece), meant) if piece.fault is Fault.MERGED_CELLS else meant

    def open_problems(self, history: tuple[Piece, ...]) -> int:
        """How many are open after all these answers."""
        if history not in self._open:
            self._open[history] = len(open_in(self._problems(history)))
        return self._open[history]

    def _problems(self, history: Sequence[Piece]) -> ProblemBook:
        book: ProblemBook = {}
        for piece in history:
            meant = self.meant(piece)
            for form in self.forms_of(piece):
                rows = meant.rows.get(form.form, ())
                if has_problem_rows(form):
                    book = after_ledger(book, rows)
                elif form.opens is not None:
                    book = after_opening(book, form.form, opened_rows(form, meant, piece.today))
                elif asks_known_rows(form):
                    book = after_progress(book, open_in(self._problems(piece.history)), rows)
        return book

    def _selfcheck(self, piece: Piece) -> Sequence[Values]:
        own = piece.selfcheck
        asked = next((form.agreement.form for form in self.forms_of(piece) if form.agreement), "")
        return self.meant(own).rows.get(asked, ()) if own else ()

    def figures(self, piece: Piece) -> Figures:
        return figures_of(self.forms_of(piece), self.meant(piece))

    def write(self, job: Job) -> Written:
        notes = Notes()
        attached = [book for mail in dict.fromkeys((job.source, job.spare)) for book in self._workbooks(mail)]
        filled = [self._enclosure(piece, attached, notes) for piece in job.pieces]
        papers = [written(paper, job.sender, self._rng(job.sender, paper.title)) for paper in job.papers]
        rng = self._rng(job.sender, "mail")
        headers = headers_of((self._directory / job.answers).read_bytes())
        answer = Answer(
            answered=headers,
            sender_name=job.sender.name,
            sender=_address(job.sender, rng),
            at=job.at,
            text=rng.choice(_TEXTS),
            enclosures=[*(each for each in filled if each), *papers],
        )
        content = compose_reply(rng.choice(CLIENTS), answer)
        return Written(answer.sender, recipient_of(headers), content, notes)

    def _workbooks(self, mail: str) -> list[Enclosure]:
        return list(workbooks_in((self._directory / mail).read_bytes()))

    def _rng(self, unit: CampaignUnit, purpose: str) -> random.Random:
        return random.Random(f"{self._seed}:{unit.code}:{purpose}")

    def _enclosure(self, piece: Piece, attached: Sequence[Enclosure], notes: Notes) -> Enclosure | None:
        forms = self.forms_of(piece)
        wanted = None if piece.fault is Fault.COLLEAGUES_FILE else piece.unit.code
        received = workbook_for(wanted, forms, attached)
        if received is None:
            notes.complaints.append(f"{piece.unit.code} {piece.deliverable}: there is no workbook for it")
            return None
        meant = self.meant(piece)
        try:
            content = self._filled(piece, forms, meant, received.content, notes)
        except (CannotFillError, LookupError) as fault:
            notes.complaints.append(f"{piece.unit.code} {piece.deliverable}: {fault!r}")
            return None
        notes.told[piece.key] = _as_json(forms, meant, piece)
        return Enclosure(_file_name(received.filename, piece.unit, self._rng(piece.unit, "name")), content)

    def _filled(self, piece: Piece, forms: Sequence[Form], meant: Meant, content: bytes, notes: Notes) -> bytes:
        habit = self._habit(piece)
        book = open_book(content, habit)
        meant, amiss = with_printed_keys(book, forms, meant)
        if piece.fault is not Fault.COLLEAGUES_FILE:
            amiss += [*misprints(book, forms, piece.unit), *misprinted(book, forms, meant)]
            notes.complaints += [f"{piece.unit.code} {each}" for each in amiss]
        fill(book, forms, meant, habit)
        if piece.fault:
            spoil(book, forms, meant, piece.fault, self._rng(piece.unit, f"{piece.deliverable}-fault"))
        return book.saved()

    def _habit(self, piece: Piece) -> Habit:
        """The same person types alike in every workbook."""
        rng = self._rng(piece.unit, "habit")
        days = rng.choices(("", "%Y-%m-%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y/%m/%d"), (80, 8, 4, 4, 4))[0]
        as_text = rng.random() < 0.06
        other = rng.random() < self._openpyxl_share and piece.fault not in IN_THE_XML
        return Habit(days, as_text, other)


def _as_json(forms: Sequence[Form], meant: Meant, piece: Piece) -> str:
    """Figures by roll-up key, and what the unit wrote: printed and blank cells left out."""
    told: dict[str, object] = {}
    if piece.verdict == "accepted":
        told["figures"] = figures_of(forms, meant)
    written = {form.form: {field.key for field in (*form.facts, *form.columns) if not field.locked} for form in forms}
    for form in forms:
        keys = written[form.form] | ({form.table.key} if form.table else set())
        told[form.form] = {
            "facts": _kept(meant.facts.get(form.form, {}), keys),
            "rows": [_kept(row, keys) for row in meant.rows.get(form.form, ())],
        }
    return json.dumps(told, ensure_ascii=False, default=str, separators=(",", ":"))


def _kept(values: Values, keys: set[str]) -> Values:
    return {key: value for key, value in values.items() if key in keys and value is not None}


def _address(unit: CampaignUnit, rng: random.Random) -> str:
    """Mostly the first it is registered with."""
    return rng.choice(unit.contacts).email if rng.random() < 0.1 else unit.address


def _file_name(received: str, unit: CampaignUnit, rng: random.Random) -> str:
    """Most leave the name as it is; some put their own before it, and some make up another."""
    pick = rng.random()
    if pick < 0.7:
        return received
    return f"{unit.name}{received}" if pick < 0.9 else f"{unit.name}报送表（定稿）.xlsx"
