"""A plain office for tests of the village: it asks, judges with the pipeline's review, and answers; no store, no flows."""

import asyncio
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

from aiosmtplib import SMTP

from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.workbook_markup import mark_up
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.figures import figures_of
from oneledger.domain.problem_opening import opened
from oneledger.domain.problems import Problem, numbered, numbers, printed_row
from oneledger.domain.returns import Review, WorkbookCells
from oneledger.domain.review import ReviewContext, review
from oneledger.domain.workbooks import Fill
from rehearsal.obligations import Owing, World, owings
from rehearsal.post_office_client import PostOffice
from tests.rehearsal_world import CHINA, stamped

ADDRESS = "collect+token@ledger.invalid"
_NOTICES = {"accepted": "receipt", "returned": "correction", "refused": "refusal"}


@dataclass
class Taken:
    """The last return that counted."""

    at: datetime
    is_zero: bool
    figures: dict


@dataclass
class PlainOffice:
    world: World
    post: PostOffice
    reader: WorkbookReader
    taken: dict[tuple[str, str], Taken] = field(default_factory=dict)
    verdicts: Counter = field(default_factory=Counter)
    strangers: int = 0  # workbooks from somebody who may not answer for the unit
    owed: dict[tuple[str, str], Owing] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    _fills: dict[tuple[str, str], Fill] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _versions: Counter = field(default_factory=Counter)
    _phases: set[str] = field(default_factory=set)

    def look(self, at: datetime, *, reminds: bool = False) -> None:
        """Everything that came is judged and answered; phases that begin are opened."""
        self.post.set_clock(at)
        letters = [letter for name in sorted(self._new()) for letter in self._judge(name)]
        for phase in self.world.campaign.phases:
            if phase.opens_on and phase.opens_on <= at.date() and phase.phase not in self._phases:
                self._phases.add(phase.phase)
                letters += self._open(phase.phase)
        if reminds:
            letters += self._remind()
        asyncio.run(self._send(letters))

    def _new(self) -> set[str]:
        found = {path.name for path in (self.post.collect / "new").iterdir()} - self._seen
        self._seen |= found
        return found

    def _open(self, phase: str) -> list[bytes]:
        troubled = {code for code, known in self.problems.items() if any(each.is_open for each in known)}
        by_respondent: dict[str, list[Owing]] = {}
        for owing in owings(self.world, phase, troubled):
            self.owed[owing.key] = owing
            by_respondent.setdefault(owing.respondent, []).append(owing)
        return [
            self._letter(
                code, f"ask/{phase}/{phase}/1", [self._workbook(each) for each in owed if not each.is_document]
            )
            for code, owed in by_respondent.items()
        ]

    def _workbook(self, owing: Owing) -> tuple[str, bytes]:
        known = [printed_row(each) for each in self.problems.get(owing.unit, []) if each.is_open]
        rows = {"rectify": known} if owing.deliverable.endswith("-rectify") else {}
        content, self._fills[owing.key] = stamped(owing.deliverable, self.world.units[owing.unit], rows)
        return f"{owing.unit}.xlsx", content

    def _remind(self) -> list[bytes]:
        late = {owing.respondent: owing.phase for key, owing in self.owed.items() if key not in self.taken}
        return [self._letter(code, f"remind/{phase}/{phase}@0315/T-3", []) for code, phase in sorted(late.items())]

    def _judge(self, name: str) -> Iterable[bytes]:
        path = self.post.collect / "new" / name
        mail = parse_mail(path.read_bytes())
        received_at = datetime.fromtimestamp(path.stat().st_mtime, CHINA)
        for part in mail.parts:
            if (part.filename or "").endswith(".xlsx"):
                cells = self.reader.read(part.content)
                assert isinstance(cells, WorkbookCells), cells
                owing = self._owing(cells)
                sender = {contact.email for contact in self.world.units[owing.respondent].contacts}
                if mail.sender_address not in sender:
                    self.strangers += 1
                    continue
                yield self._answer(owing, self._review(owing, cells, received_at), part.content, received_at)

    def _owing(self, cells: WorkbookCells) -> Owing:
        names = {form.partition("-")[0] for form in cells.marks.forms}
        return next(
            owing
            for owing in self.owed.values()
            if (owing.unit, owing.phase) == (cells.marks.unit_code, cells.marks.phase)
            and names == {form.form for form in self._forms(owing)}
        )

    def _forms(self, owing: Owing):
        return self.world.definitions.forms_of(owing.deliverable, self.world.units[owing.unit].level)

    def _review(self, owing: Owing, cells: WorkbookCells, received_at: datetime) -> Review:
        unit, phase = self.world.units[owing.unit], self.world.campaign.phase(owing.phase)
        context = ReviewContext(
            self.world.campaign.campaign, owing.phase, unit.code, unit.name, unit.level, unit.stage,
            phase.opens_on, phase.ends_on, self.world.campaign.phase("rectify").ends_on, received_at.date(),
            owing.due_at.date(), tuple(f"{form.form}-v{form.version}" for form in self._forms(owing)),
            self._fills[owing.key],
        )  # fmt: skip
        return review(cells, self._forms(owing), context)

    def _answer(self, owing: Owing, verdict: Review, content: bytes, received_at: datetime) -> bytes:
        self.verdicts[verdict.verdict] += 1
        self._versions[owing.key] += 1
        files = [("marked.xlsx", mark_up(content, verdict.findings))] if verdict.verdict == "returned" else []
        if verdict.verdict == "accepted":
            self._take(owing, verdict, received_at)
        kind = f"{_NOTICES[verdict.verdict]}/{owing.phase}/{owing.deliverable}/{owing.unit}/{self._versions[owing.key]}"
        return self._letter(owing.respondent, kind, files)

    def _take(self, owing: Owing, verdict: Review, received_at: datetime) -> None:
        figures = {}
        for form in self._forms(owing)[1:]:
            ledger = verdict.ledgers[form.form]
            figures |= figures_of(form, ledger)
            if form.role == "problems":
                known = self.problems.get(owing.unit, [])
                self._keep(owing.unit, numbered(owing.unit, 2021, 1, ledger.rows, known))
            elif form.opens:
                known = self.problems.get(owing.unit, [])
                day = verdict.ledgers["cover"].facts["fill_date"]
                self._keep(owing.unit, opened(form, ledger, 1, known, numbers(owing.unit, 2021, known), day))
        self.taken[owing.key] = Taken(received_at, verdict.is_zero, figures)

    def _keep(self, unit: str, told: list[Problem]) -> None:
        kept = {each.problem_no: each for each in (*self.problems.get(unit, ()), *told)}
        self.problems[unit] = list(kept.values())

    def _letter(self, code: str, kind: str, files: Iterable[tuple[str, bytes]]) -> bytes:
        letter = EmailMessage(policy=SMTP_POLICY)
        letter["From"] = "专项行动办公室 <collect@ledger.invalid>"
        letter["To"] = self.world.units[code].address
        letter["Reply-To"] = ADDRESS
        letter["Subject"] = "请报送：部署摸底材料"
        letter["Message-ID"] = f"<{kind.replace('/', '.')}.{code}@ledger.invalid>"
        letter["X-OneLedger-Kind"] = kind
        letter.set_content("请按表填报。")
        for name, content in files:
            letter.add_attachment(
                io.BytesIO(content).getvalue(), maintype="application", filename=name,
                subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )  # fmt: skip
        return bytes(letter)

    async def _send(self, letters: Iterable[bytes]) -> None:
        async with SMTP(hostname=self.post.host, port=self.post.port, use_tls=False, start_tls=False) as line:
            for letter in letters:
                to = letter.partition(b"To: ")[2].partition(b"\r\n")[0].decode()
                await line.sendmail("collect@ledger.invalid", [to], letter)
