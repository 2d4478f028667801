"""Earlier returns judged anew by the rules and waivers that hold now, from the mails as they came; no school is asked.

One assignment after the other, each in a transaction of its own: what was judged before is kept beside, the mail about
a verdict that changed is planned with it, and a second run finds nothing to do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.archive import ArchiveDamagedError
from oneledger.adapters.mail_parse import MailPart, parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.amendments import rule_ids
from oneledger.domain.assignments import Assignment
from oneledger.domain.earlier_versions import Earlier
from oneledger.domain.errors import RefusedError
from oneledger.domain.findings import Finding
from oneledger.domain.incoming import MailClass
from oneledger.domain.returns import Review
from oneledger.domain.rules import STRUCTURAL
from oneledger.domain.standing import Version, differs, standing_after
from oneledger.store import assignments, outbox, snapshots, verdicts
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from oneledger.store.verdicts import Judged
from tasks.answering import Again, answer
from tasks.files import open_files
from tasks.judging import review_return
from tasks.known_before import as_earlier
from tasks.office import Running, running
from tasks.opened import Opened
from tasks.quarantine import told
from tasks.readers import borrowed_reader
from tasks.recording import judged_row
from tasks.recording_problems import Problems, record_problems


@dataclass(frozen=True)
class Scope:
    unit: str = ""
    phase: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Changed:
    """One version of a return that is judged otherwise now. ``mail``: what its unit is told, or nothing."""

    assignment: int
    unit: str
    name: str
    deliverable: str
    version: int
    before: str
    after: str
    rules: tuple[str, ...]  # of the errors that came or went
    mail: str = ""


@dataclass
class Outcome:
    returns: int  # judged again
    unread: list[str]  # whose file cannot be read any more, with the reason
    changed: list[Changed]


def review_again(
    name: str, scope: Scope, *, by: str, reason: str, as_of: datetime, is_dry: bool = False
) -> Outcome:  # fmt: skip
    """Raises RefusedError without a name and a reason, or for a scope that is not in the campaign."""
    here = running(name)
    if faults := _scope_faults(here, scope, by, reason):
        raise RefusedError(faults)
    outcome = Outcome(0, [], [])
    with here.office.store.read() as connection:
        numbers = verdicts.assignments_with_versions(connection, name, scope.unit, scope.phase)
    with borrowed_reader() as reader:
        for number in numbers:
            _again(here, reader, number, scope, Reason(by, reason, as_of, is_dry), outcome)
    return outcome


@dataclass(frozen=True)
class Reason:
    by: str
    words: str
    at: datetime
    is_dry: bool


def _scope_faults(here: Running, scope: Scope, by: str, reason: str) -> list[str]:
    faults = []
    if not by.strip() or not reason.strip():
        faults.append("--by and --reason: write who decides and why; both are recorded for ever")
    if scope.unit and scope.unit not in here.units:
        faults.append(f"no unit {scope.unit} in the campaign")
    if scope.phase and scope.phase not in {each.phase for each in here.campaign.phases}:
        faults.append(f"no phase {scope.phase} in the campaign")
    if scope.rule and not _forms_with(here, scope.rule) and scope.rule not in STRUCTURAL:
        faults.append(f"no rule {scope.rule} in the forms of this campaign")
    return faults


def _forms_with(here: Running, rule: str) -> set[str]:
    return {reference for reference, form in here.forms.items() if rule in rule_ids(form)}


def _is_wanted(here: Running, assignment: Assignment, rule: str) -> bool:
    deliverable = here.campaign.deliverable(assignment.deliverable)
    if deliverable.kind != "workbook":
        return False
    forms = _forms_with(here, rule)
    return not rule or rule in STRUCTURAL or "cover-v1" in forms or bool(forms & set(deliverable.forms))


@dataclass(frozen=True)
class _Anew:
    """One version with its new judgement; None where its file cannot be read any more."""

    kept: Judged
    part: MailPart | None = None
    mail: Opened | None = None
    review: Review | None = None
    row: dict[str, Any] = field(default_factory=dict)  # as it is to be kept
    is_new: bool = False  # anything of it differs from what is kept

    def as_version(self) -> Version:
        verdict = self.review.verdict if self.review else self.kept.verdict
        is_zero = self.review.is_zero if self.review else self.kept.is_zero
        return Version(self.kept.id, self.kept.version, verdict == "accepted", is_zero, self.kept.is_late)


def _again(
    here: Running, reader: WorkbookReader, number: int, scope: Scope, why: Reason, outcome: Outcome
) -> None:  # fmt: skip
    with here.office.store.read() as connection:
        before = assignments.by_ids(connection, [number])[number]
        if not _is_wanted(here, before, scope.rule):
            return
        kept = verdicts.versions(connection, number)
    anew = list(_all_anew(here, reader, before, kept))
    outcome.returns += sum(each.review is not None for each in anew)
    outcome.unread += [
        f"{before.unit} {before.deliverable} v{each.kept.version}"
        for each in anew
        if each.review is None and each.kept.verdict != "refused"
    ]
    if not any(each.is_new for each in anew):
        return
    changed = _written(here, before, anew, why) if not why.is_dry else _changed(here, before, anew, None)
    outcome.changed += changed


def _all_anew(here: Running, reader: WorkbookReader, assignment: Assignment, kept: Sequence[Judged]) -> Iterator[_Anew]:
    """Each version beside those before it, as they are judged now."""
    with here.office.store.read() as connection:
        mails = verdicts.mails(connection, {each.inbox for each in kept})
    earlier: list[Earlier] = []
    for each in kept:
        anew = _judged_anew(here, reader, assignment, each, mails[each.inbox], tuple(earlier))
        earlier.append(as_earlier(each._replace(**_told(anew))))
        yield anew


def _told(anew: _Anew) -> dict[str, Any]:
    """What the next version is judged beside."""
    if anew.review is None:
        return {}
    findings = [Finding(**each) for each in anew.row["findings"]]
    return {"findings": findings, "ledgers": anew.row["ledgers"]}


def _judged_anew(
    here: Running, reader: WorkbookReader, assignment: Assignment, kept: Judged, sha: str, earlier: tuple[Earlier, ...]
) -> _Anew:
    try:
        mail = parse_mail(here.office.archive.get(sha))
    except ArchiveDamagedError:  # deleted, when its time under seal was over
        return _Anew(kept)
    files = open_files(reader, mail, ())
    came = InboxRow(kept.inbox, sha, kept.received_at, here.name, None, "done")
    opened = Opened(came, files.mail, MailClass.ANSWER_CANDIDATE)
    found = next(((part, cells) for part, cells in files.workbooks if part.path == kept.part), None)
    if found is None:
        return _Anew(kept)
    part, cells = found
    review = told(here, opened, review_return(here, assignment, cells, kept.received_at, earlier))
    row = judged_row(here, assignment, review)
    return _Anew(kept, part, opened, review, row, differs(kept, row, here.office.sealer.open_value))


def _written(here: Running, before: Assignment, anew: list[_Anew], why: Reason) -> list[Changed]:
    """In one transaction; nothing where the assignment moved meanwhile: the next run sees it as it is then."""
    with here.office.store.write() as connection:
        if assignments.by_ids(connection, [before.id])[before.id] != before:
            return []
        turns = _replace_all(here, connection, anew, why)
        after = _stand(connection, before, anew)
        _record_problems(here, connection, after, anew, turns)
        letter = _letter(here, before, anew, turns, why)
        if letter is not None:
            outbox.plan(connection, [letter])
        changed = _changed(here, before, anew, letter)
        snapshots.record_event(
            connection, why.at, why.by, "reviewed again", campaign=here.name, unit=before.unit,
            reason=why.words, versions=[each.version for each in changed],
        )  # fmt: skip
    return changed


def _replace_all(here: Running, connection: Connection, anew: list[_Anew], why: Reason) -> dict[int, int]:
    """Submission -> which turn its new judgement is."""
    turns = {}
    for each in anew:
        if each.is_new:
            turns[each.kept.id] = verdicts.replace(
                connection, here.name, each.kept.id, each.row, reason=why.words, by=why.by, at=why.at
            )
    return turns


def _stand(connection: Connection, before: Assignment, anew: list[_Anew]) -> Assignment:
    after = standing_after(before, [each.as_version() for each in anew])
    names = ("status", "is_late", "in_correction", "accepted")
    verdicts.stand(connection, before.id, {name: getattr(after, name) for name in names})
    return after


def _record_problems(
    here: Running, connection: Connection, after: Assignment, anew: list[_Anew], turns: Mapping[int, int]
) -> None:
    """Of the version that counts now. Numbers once given stay, whatever becomes of the version that opened them."""
    problems = Problems(connection, here.name)
    for each in anew:
        if each.kept.id == after.accepted and each.kept.id in turns and each.review:
            record_problems(here, problems, after, each.review, each.kept.id, each.kept.received_at)
    problems.write()


def _letter(
    here: Running, before: Assignment, anew: list[_Anew], turns: Mapping[int, int], why: Reason
) -> OutboxRow | None:
    told_of = _told_of(anew)
    if told_of is None or told_of.review is None or told_of.mail is None or told_of.part is None:
        return None
    kept = told_of.kept
    return answer(
        here, before, told_of.review, told_of.mail.mail, told_of.part.content,
        version=kept.version, received_at=kept.received_at, as_of=why.at,
        again=Again(why.words, f"{kept.version}-{turns[kept.id]}"),
    )  # fmt: skip


def _told_of(anew: list[_Anew]) -> _Anew | None:
    """The last version whose verdict changed, unless a later one counted before and counts still."""
    last = next((each for each in reversed(anew) if each.review and each.review.verdict != each.kept.verdict), None)
    if last is None:
        return None
    later = [each for each in anew if each.kept.version > last.kept.version]
    return None if any(each.as_version().is_accepted for each in later) else last


def _changed(here: Running, before: Assignment, anew: list[_Anew], letter: OutboxRow | None) -> list[Changed]:
    told_of = _told_of(anew)
    return [
        _change(here, before, each, "" if each is not told_of else letter.kind if letter else "planned")
        for each in anew
        if each.is_new
    ]


def _change(here: Running, before: Assignment, each: _Anew, mail: str) -> Changed:
    assert each.review is not None
    return Changed(
        before.id, before.unit, here.units[before.unit].name, before.deliverable, each.kept.version,
        each.kept.verdict, each.review.verdict,
        tuple(sorted(_errors(each.kept.findings) ^ _errors(each.review.findings))), mail,
    )  # fmt: skip


def _errors(findings: list[Any]) -> set[str]:
    return {finding.rule for finding in findings if finding.level == "error"}
