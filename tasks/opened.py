"""One mail on its way through a review: what was found in it and what will be answered. Nothing is written yet."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from oneledger.adapters.mail_parse import MailPart, ParsedMail
from oneledger.domain.assignments import Assignment
from oneledger.domain.incoming import Bounce, MailClass
from oneledger.domain.returns import Review
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.confirming import Doubt, Word
from tasks.contact_changes import ContactMail
from tasks.documents import File
from tasks.incident_intake import Reported
from tasks.sign_intake import SignTaken


@dataclass
class ReviewTally:
    accepted: int = 0
    returned: int = 0
    refused: int = 0
    automatic: int = 0
    bounced: int = 0
    for_a_person: int = 0
    incidents: int = 0  # reports of them
    passed_on: int = 0  # mails that belong to another campaign
    failed_counties: list[str] = field(default_factory=list)

    @classmethod
    def summed(cls, tallies: Iterable["ReviewTally"]) -> "ReviewTally":
        total = cls()
        for each in tallies:
            for name in (
                "accepted",
                "returned",
                "refused",
                "automatic",
                "bounced",
                "for_a_person",
                "incidents",
                "passed_on",
            ):
                setattr(total, name, getattr(total, name) + getattr(each, name))
        return total


@dataclass
class Judgement:
    """One workbook (or document) of one mail, judged; not yet written."""

    assignment: Assignment  # as it stands after this version
    version: int
    part: MailPart
    review: Review
    is_late: bool
    letter: OutboxRow
    files: Sequence[File] = ()  # where it is a document


@dataclass
class SealTaken:
    """A 盖章件: a status beside the return's. ``letter`` where nothing else of the mail is answered for it."""

    assignment: int
    files: Sequence[File]
    letter: OutboxRow | None = None


@dataclass
class Opened:
    """One mail, worked through."""

    row: InboxRow
    mail: ParsedMail
    kind: MailClass
    judgements: list[Judgement] = field(default_factory=list)
    seals: list[SealTaken] = field(default_factory=list)
    bounce: Bounce | None = None
    reasons: list[str] = field(default_factory=list)  # why a person must look
    reports: list[Reported] = field(default_factory=list)  # of incidents
    belongs_to: str | None = None  # another armed campaign, which will find it new
    contacts: ContactMail | None = None
    letters: list[OutboxRow] = field(default_factory=list)  # answers to what is no return
    exposed: Counter[str] = field(default_factory=Counter)  # what in it names pupils: rule -> how often
    standings: dict[int, str] = field(default_factory=dict)  # of questions to registered addresses, by assignment
    doubts: list[Doubt] = field(default_factory=list)  # what waits for their word
    is_trial: bool = False  # nothing of it will be written
    word: Word | None = None  # their word, in this mail
    signing: SignTaken | None = None  # an office's answer to a request for its signature

    unused: list[str] = field(default_factory=list)  # files of it that count for nothing, and why; not told yet

    @property
    def is_plain_return(self) -> bool:
        """Or nothing at all: what is to be written of it concerns nothing else that is read in the same transaction."""
        others = (self.seals, self.reports, self.contacts, self.letters, self.doubts, self.word, self.signing)
        return not any(others) and self.bounce is None

    def take_unused(self) -> list[str]:
        """For the first letter that answers the mail."""
        told, self.unused = self.unused, []
        return told

    def is_vouched(self, assignment: int) -> bool:
        """By a person, or by the unit's registered address."""
        return bool(self.row.approved_by) or self.standings.get(assignment) == "agreed"

    @property
    def was_vouched(self) -> bool:
        return bool(self.row.approved_by) or "agreed" in self.standings.values()
